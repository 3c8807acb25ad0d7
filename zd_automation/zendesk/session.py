"""Our own HTTP session under zenpy: limiter in front, no hidden repeats, every answer turned into one of our errors.

zenpy's own adapter sends a PUT again up to three times, which is up to four notes (platform page, 10.3): it never
gets to use it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from zd_automation.engine.limiter import RateLimiter
from zd_automation.errors import Conflict, DoubtfulWrite, GatewayError, NotAllowed, TicketGone, TryLater
from zd_automation.zendesk.oauth import TokenProvider

REQUESTS, UPDATES = "requests", "ticket_updates"
_TIMEOUT = 10.0
# Waiting this short is done here; longer, the job gives its place away.
_SHORT_WAIT = 1.0
_RETRY_AFTER = 5.0
_MOST_RETRY_AFTER = 300.0
Observe = Callable[[str, int, float], None]


class ZendeskSession(requests.Session):
    """A session for one thread. ``base_url`` is where every call goes, whatever host the caller names."""

    def __init__(
        self, base_url: str, tokens: TokenProvider, limiter: RateLimiter, observe: Observe = lambda *_: None
    ) -> None:
        super().__init__()
        self._base = urlsplit(base_url)
        self._tokens = tokens
        self._limiter = limiter
        self._observe = observe
        self.urgent = threading.local()
        adapter = HTTPAdapter(max_retries=Retry(total=0, redirect=0), pool_maxsize=4)
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self.headers["User-Agent"] = "zd-automation"
        # The environment must not add proxies or .netrc logins behind our back.
        self.trust_env = False
        self.last: requests.Response | None = None

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one call that is answered with a JSON object. Raises our errors for every other answer."""
        verb, target = str(method).upper(), self._ours(str(url))
        kwargs = {**kwargs, "timeout": _TIMEOUT, "allow_redirects": False}
        self._wait_for_room(verb, target)
        answer = self._send(verb, target, *args, **kwargs)
        if answer.status_code == 401:
            # The token may have ended early; nothing was written by a call that was not let in.
            self._tokens.invalidate()
            answer = self._send(verb, target, *args, **kwargs)
        self.last = answer
        self._check(verb, answer)
        # zenpy knows its own answers by the address that it asked for, not by the one that we called.
        answer.request.url = str(url)
        return answer

    def _ours(self, url: str) -> str:
        """The same path on our own host: a body must not be able to send our credentials elsewhere (platform, 3.4)."""
        parts = urlsplit(url)
        return parts._replace(scheme=self._base.scheme, netloc=self._base.netloc).geturl()

    def _wait_for_room(self, verb: str, url: str) -> None:
        urgent = bool(getattr(self.urgent, "on", False))
        for name in (UPDATES, REQUESTS) if verb == "PUT" and "/tickets/" in url else (REQUESTS,):
            while (wait := self._limiter.wait_for(name, urgent=urgent)) > 0:
                if wait > _SHORT_WAIT:
                    raise TryLater(f"our share of the account's {name} is used up", wait)
                time.sleep(wait)

    def _send(self, verb: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        headers = {**(kwargs.pop("headers", None) or {}), "Authorization": self._tokens.header()}
        started = time.perf_counter()
        try:
            answer = super().request(verb, url, *args, **{**kwargs, "headers": headers})
        except requests.exceptions.ConnectTimeout as error:
            raise TryLater(f"Zendesk does not answer ({type(error).__name__})", _RETRY_AFTER) from None
        except requests.RequestException as error:
            raise _no_answer(verb, type(error).__name__) from None
        self._observe(verb, answer.status_code, time.perf_counter() - started)
        return answer

    def _check(self, verb: str, answer: requests.Response) -> None:
        status = answer.status_code
        if status < 300:
            if not _is_object(answer):
                raise _no_answer(verb, "an answer that is no JSON object")
            return
        if status < 400:
            raise NotAllowed(f"the account is at another address ({status}): correct ZD_SUBDOMAIN or ZD_BASE_URL")
        if status == 429:
            seconds = retry_after(answer)
            self._limiter.penalise(REQUESTS, seconds)
            raise TryLater("Zendesk's rate limit is reached (429)", seconds)
        if status >= 500:
            raise _no_answer(verb, f"status {status}", retry_after(answer))
        kinds: dict[int, tuple[type[Exception], str]] = {
            401: (NotAllowed, "Zendesk refuses our credentials (401): check the OAuth client"),
            403: (NotAllowed, "our credentials lack a scope or role for this call (403)"),
            404: (TicketGone, f"the account has no {urlsplit(answer.url).path} (404)"),
            409: (Conflict, "changed since it was read (409)"),
        }
        kind, said = kinds.get(status, (GatewayError, f"Zendesk refused the call ({status}, {_error_code(answer)})"))
        raise kind(said)


def _no_answer(verb: str, what: str, seconds: float = _RETRY_AFTER) -> Exception:
    """A read can simply be repeated; of a write nobody knows whether it landed."""
    if verb == "GET":
        return TryLater(f"Zendesk does not answer ({what})", seconds)
    return DoubtfulWrite(f"no answer to a write ({what}): look at the audits")


def _is_object(answer: requests.Response) -> bool:
    """Whether the answer is whole: half a body or a proxy's page also comes with status 200."""
    try:
        return isinstance(answer.json(), dict)
    except ValueError:
        return False


def retry_after(answer: requests.Response) -> float:
    """Seconds that Zendesk asks us to wait: may be missing, or odd such as "1.5" (platform page, 3.3)."""
    try:
        seconds = float(answer.headers.get("Retry-After", _RETRY_AFTER))
    except ValueError:
        seconds = _RETRY_AFTER
    return min(max(seconds, 0.1), _MOST_RETRY_AFTER) if not math.isnan(seconds) else _RETRY_AFTER


def _error_code(answer: requests.Response) -> str:
    """The machine's word for what is wrong; never the description, which may quote the ticket."""
    try:
        body = answer.json()
    except ValueError:
        return "no JSON"
    error = body.get("error") if isinstance(body, dict) else None
    return str(error)[:60] if isinstance(error, str) else "unknown"
