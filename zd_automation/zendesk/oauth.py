"""Who we are to Zendesk: OAuth client credentials, minted anew before they end; an API token only as legacy."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from typing import Protocol

import requests

from zd_automation.config import Secret
from zd_automation.errors import NotAllowed, TryLater

SCOPES = "tickets:read tickets:write users:read hc:read read"
_LIFETIME = 1800
# Renewed this long before the end, so that no call leaves with a token that dies on the way.
_MARGIN = 120


class TokenProvider(Protocol):
    """Gives the Authorization header for the next call."""

    def header(self) -> str:
        """The header's value. Raises NotAllowed when Zendesk will not give us a token."""
        ...

    def invalidate(self) -> None:
        """Zendesk said 401: do not use the present token again."""
        ...


class ApiToken:
    """E-mail and API token: cannot be created any more since 2026-10-27, dead on 2027-04-30 (platform page, 1)."""

    def __init__(self, email: str, token: Secret) -> None:
        pair = f"{email}/token:{token.reveal()}".encode()
        self._header = "Basic " + base64.b64encode(pair).decode()

    def header(self) -> str:
        """See :class:`TokenProvider`."""
        return self._header

    def invalidate(self) -> None:
        """See :class:`TokenProvider`. There is nothing to renew."""


class ClientCredentials:
    """OAuth client credentials grant; thread-safe, one token for the process."""

    def __init__(
        self, base_url: str, client_id: str, secret: Secret, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = f"{base_url}/oauth/tokens"
        self._client_id = client_id
        self._secret = secret
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    def header(self) -> str:
        """See :class:`TokenProvider`."""
        with self._lock:
            if self._clock() >= self._ends:
                self._mint()
            return f"Bearer {self._token}"

    def invalidate(self) -> None:
        """See :class:`TokenProvider`."""
        with self._lock:
            self._ends = 0.0

    def _mint(self) -> None:
        body = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._secret.reveal(),
            "scope": SCOPES,
            "expires_in": _LIFETIME,
        }
        try:
            # A redirect would carry the secret to wherever it points.
            answer = requests.post(self._url, json=body, timeout=10, allow_redirects=False)
        except requests.RequestException as error:
            raise TryLater(f"no OAuth token: Zendesk does not answer ({type(error).__name__})", 10) from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise TryLater(f"no OAuth token: Zendesk answered {answer.status_code}", 10)
        if answer.status_code >= 300:
            raise NotAllowed(
                f"Zendesk gave no OAuth token ({answer.status_code}): check ZD_OAUTH_CLIENT_ID and ZD_OAUTH_CLIENT_SECRET,"
                " and that the client is of kind confidential"
            )
        token, lifetime = _read(answer)
        self._token, self._ends = token, self._clock() + max(lifetime - _MARGIN, lifetime / 2)


def _read(answer: requests.Response) -> tuple[str, float]:
    """Token and lifetime in seconds. ``expires_in`` is not promised (platform page, 2.2): then it is what we asked for."""
    try:
        minted = answer.json()
        return str(minted["access_token"]), float(minted.get("expires_in") or _LIFETIME)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise TryLater("no OAuth token: Zendesk answered with something that holds none", 10) from None
