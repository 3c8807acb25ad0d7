"""Vectors from a server on the desk's own network that speaks the OpenAI embeddings shape: vLLM, ollama, TEI and others.

Ticket text must not leave the building: before a text goes out, the address at the other end of the very connection is
held against the desk's networks. Proxies of the environment and redirects are not followed.
"""

from __future__ import annotations

import email.utils
import re
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from zd_automation.config import Secret
from zd_automation.errors import ModelError, TryLater
from zd_automation.models.encoder import CACHED, MOST_CHARACTERS, CachedEncoder, Languages, fingerprint
from zd_automation.models.own_network import INSIDE, GuardedAdapter, check_literal, read_networks

_PAUSES = (0.5, 1.0, 2.0)
# Asked to wait for longer, the ticket gives its place away instead.
_LONGEST_PAUSE = 10.0
_RETRY_AFTER = 30.0
_MOST_RETRY_AFTER = 300.0
_TOO_MUCH = (413, 422)


class EndpointDown(ModelError, TryLater):
    """The endpoint does not answer now: at start a model's trouble, for a ticket a reason to be tried again later."""


class EndpointEncoder(CachedEncoder):
    """POSTs texts to ``{url}/embeddings``. ``timeout`` is in seconds; ``wait`` sleeps between repeats.

    ``networks`` (CIDR) are the addresses that text may go to; ``allow_public`` opens all. ``key`` is sent as a bearer
    token. ``ca_file`` is the certificate authority of an https server. ``prefix`` stands before every text. Give another
    ``revision`` when the server's weights change under the same model name: models are then learnt anew.
    Raises ModelError for a refusal and EndpointDown when there is no answer; neither carries text or key.
    """

    def __init__(
        self, url: str, model: str, key: str | None = None, timeout: float = 10.0, *, prefix: str = "",
        languages: Languages = None, batch: int = 64, most_characters: int = MOST_CHARACTERS, cache_size: int = CACHED,
        allow_public: bool = False, networks: Sequence[str] = INSIDE, ca_file: str = "", revision: str = "",
        wait: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        host = _host(url)
        super().__init__(f"the endpoint {host}", languages, most_characters, batch, cache_size)
        if not model or timeout <= 0:
            raise ModelError(f"{self._who} needs the name of a model, and a timeout over 0 seconds")
        self._networks = None if allow_public else read_networks(networks, self._who)
        check_literal(url, self._networks, self._who)
        settings = fingerprint(prefix, most_characters, self.languages, revision)
        self.name = f"endpoint:{model}@{host}/{settings}"
        self._address = url.rstrip("/").removesuffix("/embeddings") + "/embeddings"
        self._model, self._prefix, self._timeout, self._wait = model, prefix, timeout, wait
        self._key, self._ca_file = Secret(key or ""), ca_file
        self._sessions = threading.local()

    def _raw(self, texts: list[str]) -> Any:
        answer = self._ask(texts)
        if answer.status_code in _TOO_MUCH and len(texts) > 1:
            # The server takes smaller batches than ours, which it tells nobody beforehand.
            half = len(texts) // 2
            return [*self._raw(texts[:half]), *self._raw(texts[half:])]
        if answer.status_code != 200:
            raise ModelError(self._refusal(answer))
        return _rows(answer, len(texts), self._who)

    def _ask(self, texts: list[str]) -> requests.Response:
        """The first answer that a repeat would not change. Raises EndpointDown when there is none."""
        body = {"model": self._model, "input": [self._prefix + text for text in texts], "encoding_format": "float"}
        for pause in (*_PAUSES, None):
            answer = self._send(body)
            if answer is not None and answer.status_code != 429 and answer.status_code < 500:
                return answer
            asked = retry_after(answer.headers.get("Retry-After")) if answer is not None else 0.0
            if pause is None or asked > _LONGEST_PAUSE:
                break
            self._wait(max(pause, asked))
        what = f"status {answer.status_code}" if answer is not None else "no connection"
        raise EndpointDown(
            f"{self._who} does not answer ({what}); check that it runs, and that url and firewall let us reach it",
            max(asked, _RETRY_AFTER),
        )

    def _send(self, body: dict[str, Any]) -> requests.Response | None:
        """One call; None when no connection came about or it broke."""
        try:
            return self._session().post(self._address, json=body, timeout=self._timeout, allow_redirects=False)
        except requests.Timeout:
            raise EndpointDown(
                f"{self._who} gave no answer in {self._timeout:g} seconds; raise timeout, or lower batch", _RETRY_AFTER
            ) from None
        except requests.exceptions.SSLError:
            raise ModelError(f"{self._who}: its certificate is not trusted; name its authority as ca_file") from None
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError):
            return None
        except (requests.RequestException, OSError) as error:
            raise ModelError(f"{self._who} cannot be called ({type(error).__name__}); check url and ca_file") from None

    def _session(self) -> requests.Session:
        """One for each thread: requests promises no more."""
        session: requests.Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = requests.Session()
            # The environment must not add proxies or .netrc logins: text would go to them.
            session.trust_env = False
            session.headers["User-Agent"] = "zd-automation"
            if self._key:
                session.headers["Authorization"] = f"Bearer {self._key.reveal()}"
            if self._ca_file:
                session.verify = self._ca_file
            adapter = GuardedAdapter(self._networks, self._who)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            self._sessions.session = session
        return session

    def _refusal(self, answer: requests.Response) -> str:
        status = answer.status_code
        said = f"{self._who} refuses ({status}{_code(answer)})"
        if status < 400:
            return f"{said}: it is at another address; correct url, redirects are not followed"
        if status in (401, 403):
            return f"{said}: check the key, in the variable that key_env names"
        if status in (404, 405):
            return f"{said}: check url (it mostly ends in /v1) and that it serves the model {self._model!r}"
        if status in _TOO_MUCH:
            return f"{said}: a text is too long for the model; lower most_characters, now {self._most}"
        return f"{said}: look at the server's log"


def _host(url: str) -> str:
    """Host and port. Raises ModelError for an address that is none, or that carries a password or a query."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ModelError("the endpoint's url must be like http://10.0.0.7:8000/v1")
    if parts.username or parts.password:
        raise ModelError(f"the endpoint {host}: no password in the url; put a key in the variable that key_env names")
    return f"{host}:{port}" if port else host


def retry_after(header: str | None) -> float:
    """Seconds that a ``Retry-After`` header asks for, as a number or a date: 0 for nothing sensible, at most 300."""
    if not header:
        return 0.0
    if re.fullmatch(r"\d+(\.\d+)?", header.strip()):
        return min(float(header), _MOST_RETRY_AFTER)
    try:
        at = email.utils.parsedate_to_datetime(header)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), _MOST_RETRY_AFTER)


def _rows(answer: requests.Response, count: int, who: str) -> list[Any]:
    """The embeddings by their ``index``, which need not be the order of the answer. Raises ModelError for another shape."""
    try:
        data = answer.json()["data"]
        rows = {row["index"]: row["embedding"] for row in data}
    except (ValueError, KeyError, TypeError):
        raise ModelError(f"{who} answers in another shape than OpenAI's embeddings; check url and the server") from None
    if len(data) != count or set(rows) != set(range(count)):
        raise ModelError(f"{who} answered {len(data)} vectors to {count} texts, or numbered them wrongly")
    return [rows[index] for index in range(count)]


def _code(answer: requests.Response) -> str:
    """The machine's word for what is wrong; never its sentence, which may quote the text."""
    try:
        error = answer.json()["error"]
        said = (error.get("code") or error.get("type")) if isinstance(error, dict) else None
    except (ValueError, KeyError, TypeError):
        return ""
    return f", {said}" if isinstance(said, str) and re.fullmatch(r"[a-z_]{1,40}", said) else ""
