"""Every answer that Zendesk can give becomes one of our errors, and a write never goes out twice by itself."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.engine.limiter import NoLimiter, RateLimiter
from zd_automation.errors import Conflict, DoubtfulWrite, GatewayError, NotAllowed, TicketGone, TryLater
from zd_automation.zendesk.session import ZendeskSession, retry_after

BASE = "https://desk.zendesk.com"
URL = f"{BASE}/api/v2/tickets/35436.json"
HTML = "<html><head><title>503 Service Temporarily Unavailable</title></head><body>nginx</body></html>"


class Tokens:
    """Gives a numbered token, a new number after every 401."""

    def __init__(self) -> None:
        self.number = 1

    def header(self) -> str:
        return f"Bearer token-{self.number}"

    def invalidate(self) -> None:
        self.number += 1


class TapeLimiter:
    """Answers with the waits it was given, then 0, and remembers what it was asked and told."""

    def __init__(self, *waits: float) -> None:
        self.waits = list(waits)
        self.asked: list[tuple[str, bool]] = []
        self.penalties: list[tuple[str, float]] = []

    def wait_for(self, name: str, *, urgent: bool = False) -> float:
        self.asked.append((name, urgent))
        return self.waits.pop(0) if self.waits else 0.0

    def penalise(self, name: str, seconds: float) -> None:
        self.penalties.append((name, seconds))


def a_session(limiter: RateLimiter | None = None, base: str = BASE) -> ZendeskSession:
    return ZendeskSession(base, Tokens(), limiter or NoLimiter())


@pytest.fixture
def zendesk() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def bearers(zendesk: responses.RequestsMock) -> list[str]:
    return [call.request.headers["Authorization"] for call in zendesk.calls]


# --- answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_good_answer_is_handed_on(zendesk: responses.RequestsMock, method: str) -> None:
    zendesk.add(method, URL, json={"ticket": {"id": 35436}})
    session = a_session()
    assert session.request(method, URL).json() == {"ticket": {"id": 35436}}
    assert session.last is not None
    assert session.last.status_code == 200
    assert bearers(zendesk) == ["Bearer token-1"]


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (403, {"error": "Forbidden"}, NotAllowed, "scope or role"),
        (404, {"error": "RecordNotFound", "description": "Not found"}, TicketGone, "404"),
        (409, {"error": "UpdateConflict", "description": "Safe Update prevented the update"}, Conflict, "409"),
        (409, {"error": "DatabaseConflict", "description": "Database collision"}, Conflict, "409"),
        (400, {"error": {"title": "Bad", "message": "x"}}, GatewayError, "400, unknown"),
        (413, {"error": "RequestEntityTooLarge"}, GatewayError, "413, RequestEntityTooLarge"),
        (
            422,
            {"error": "RecordInvalid", "description": "Record validation errors"},
            GatewayError,
            "422, RecordInvalid",
        ),
        (301, {}, NotAllowed, "another address (301)"),
        (302, {}, NotAllowed, "another address (302)"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_refusal_is_the_same_for_reading_and_writing(
    zendesk: responses.RequestsMock, method: str, status: int, body: object, error: type[Exception], said: str
) -> None:
    zendesk.add(method, URL, json=body, status=status)
    with pytest.raises(error) as caught:
        a_session().request(method, URL)
    assert type(caught.value) is error
    assert said in str(caught.value)
    assert len(zendesk.calls) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(("method", "error"), [("GET", TryLater), ("PUT", DoubtfulWrite), ("POST", DoubtfulWrite)])
def test_an_outage_is_later_for_a_reading_and_in_doubt_for_a_write(
    zendesk: responses.RequestsMock, method: str, error: type[Exception], status: int
) -> None:
    zendesk.add(method, URL, body=HTML, status=status, content_type="text/html")
    with pytest.raises(error, match=f"status {status}"):
        a_session().request(method, URL)
    assert len(zendesk.calls) == 1


@pytest.mark.parametrize("body", ['{"ticket": {"id": 3', "", HTML, "[1, 2]", "null", "3"])
@pytest.mark.parametrize(("method", "error"), [("GET", TryLater), ("PUT", DoubtfulWrite)])
def test_status_200_without_a_json_object_is_no_answer(
    zendesk: responses.RequestsMock, method: str, error: type[Exception], body: str
) -> None:
    zendesk.add(method, URL, body=body, status=200)
    with pytest.raises(error, match="no JSON object"):
        a_session().request(method, URL)


@pytest.mark.parametrize(
    "broken",
    [
        requests.exceptions.ReadTimeout("slow"),
        requests.exceptions.ConnectionError("reset by peer"),
        requests.exceptions.ChunkedEncodingError("cut"),
        requests.exceptions.SSLError("handshake"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(("method", "error"), [("GET", TryLater), ("PUT", DoubtfulWrite)])
def test_a_broken_connection_is_later_for_a_reading_and_in_doubt_for_a_write(
    zendesk: responses.RequestsMock, method: str, error: type[Exception], broken: Exception
) -> None:
    zendesk.add(method, URL, body=broken)
    with pytest.raises(error, match=type(broken).__name__):
        a_session().request(method, URL)
    assert len(zendesk.calls) == 1


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_never_reached_zendesk_is_simply_later(zendesk: responses.RequestsMock, method: str) -> None:
    zendesk.add(method, URL, body=requests.exceptions.ConnectTimeout("nobody there"))
    with pytest.raises(TryLater) as caught:
        a_session().request(method, URL)
    assert caught.value.retry_after == 5.0


def test_no_error_quotes_the_ticket(zendesk: responses.RequestsMock) -> None:
    zendesk.put(URL, json={"error": "RecordInvalid", "description": "my card 4111 is stolen"}, status=422)
    with pytest.raises(GatewayError) as caught:
        a_session().put(URL, json={"ticket": {"comment": {"html_body": "my card 4111 is stolen"}}})
    assert "4111" not in str(caught.value)
    assert caught.value.__cause__ is None


# --- credentials ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_after_401_a_new_token_is_tried_once(zendesk: responses.RequestsMock, method: str) -> None:
    zendesk.add(method, URL, json={"error": "invalid_token"}, status=401)
    zendesk.add(method, URL, json={"ticket": {}})
    assert a_session().request(method, URL).status_code == 200
    assert bearers(zendesk) == ["Bearer token-1", "Bearer token-2"]


def test_a_second_401_is_an_admins_matter(zendesk: responses.RequestsMock) -> None:
    zendesk.get(URL, json={"error": "invalid_token"}, status=401)
    with pytest.raises(NotAllowed, match="check the OAuth client"):
        a_session().get(URL)
    assert len(zendesk.calls) == 2


def test_every_call_carries_the_token_of_the_moment(zendesk: responses.RequestsMock) -> None:
    zendesk.get(URL, json={})
    tokens = Tokens()
    session = ZendeskSession(BASE, tokens, NoLimiter())
    session.get(URL, headers={"Authorization": "Bearer set-by-zenpy"})
    tokens.invalidate()
    session.get(URL)
    assert bearers(zendesk) == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/api/v2/tickets/35436.json",
        "http://desk.zendesk.com/api/v2/tickets/35436.json",
        "https://desk.zendesk.com.evil.example/api/v2/tickets/35436.json",
        "https://desk.zendesk.com@evil.example:8443/api/v2/tickets/35436.json",
        "//evil.example/api/v2/tickets/35436.json",
    ],
)
def test_whatever_host_an_answer_names_the_call_goes_to_ours(zendesk: responses.RequestsMock, url: str) -> None:
    sent: list[tuple[str | None, str]] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        sent.append((request.url, request.headers["Authorization"]))
        return 200, {}, "{}"

    zendesk.add_callback("GET", re.compile(".*"), answer)
    a_session().get(url)
    assert sent == [(URL, "Bearer token-1")]


def test_a_redirect_elsewhere_is_not_followed(zendesk: responses.RequestsMock) -> None:
    zendesk.get(URL, status=302, headers={"Location": "https://evil.example/"})
    with pytest.raises(NotAllowed):
        a_session().get(URL, allow_redirects=True)
    assert [call.request.url for call in zendesk.calls] == [URL]


def test_the_environment_adds_neither_proxy_nor_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    settings = a_session().merge_environment_settings(URL, {}, None, None, None)
    assert not settings["proxies"]


# --- limits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (None, 5.0),
        ("37", 37.0),
        ("1.5", 1.5),
        ("0", 0.1),
        ("-3", 0.1),
        ("86400", 300.0),
        ("inf", 300.0),
        ("nan", 5.0),
        ("", 5.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 5.0),
    ],
)
def test_429_says_how_long_everybody_waits(zendesk: responses.RequestsMock, told: str | None, seconds: float) -> None:
    headers = {} if told is None else {"Retry-After": told}
    zendesk.put(URL, json={"error": "APIRateLimitExceeded"}, status=429, headers=headers)
    limiter = TapeLimiter()
    with pytest.raises(TryLater) as caught:
        a_session(limiter).put(URL)
    assert caught.value.retry_after == seconds
    assert limiter.penalties == [("requests", seconds)]
    assert len(zendesk.calls) == 1


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12))
def test_whatever_retry_after_says_the_wait_is_sane(told: str) -> None:
    answer = requests.Response()
    answer.headers["Retry-After"] = told
    assert 0.1 <= retry_after(answer) <= 300.0


@pytest.mark.parametrize(
    ("method", "path", "names"),
    [
        ("GET", "/api/v2/tickets/1.json", ["requests"]),
        ("PUT", "/api/v2/tickets/1.json", ["ticket_updates", "requests"]),
        ("GET", "/api/v2/groups/assignable.json", ["requests"]),
        ("PUT", "/api/v2/groups/1.json", ["requests"]),
    ],
)
@pytest.mark.parametrize("urgent", [False, True])
def test_the_limiter_is_asked_before_every_call(
    zendesk: responses.RequestsMock, method: str, path: str, names: list[str], *, urgent: bool
) -> None:
    zendesk.add(method, BASE + path, json={})
    limiter = TapeLimiter()
    session = a_session(limiter)
    session.urgent.on = urgent
    session.request(method, BASE + path)
    assert limiter.asked == [(name, urgent) for name in names]


def test_a_short_wait_is_waited_here_and_then_asked_again(zendesk: responses.RequestsMock) -> None:
    zendesk.get(URL, json={})
    limiter = TapeLimiter(0.01, 0.01)
    a_session(limiter).get(URL)
    assert limiter.asked == [("requests", False)] * 3
    assert len(zendesk.calls) == 1


def test_with_a_long_wait_the_job_gives_its_place_away(zendesk: responses.RequestsMock) -> None:
    with pytest.raises(TryLater) as caught:
        a_session(TapeLimiter(12.5)).get(URL)
    assert caught.value.retry_after == 12.5
    assert len(zendesk.calls) == 0


def test_every_answer_is_observed_with_method_and_status(zendesk: responses.RequestsMock) -> None:
    zendesk.get(URL, json={}, status=401)
    zendesk.get(URL, json={})
    zendesk.put(URL, json={}, status=429)
    seen: list[tuple[str, int]] = []
    session = ZendeskSession(BASE, Tokens(), NoLimiter(), lambda method, status, _: seen.append((method, status)))
    session.get(URL)
    with pytest.raises(TryLater):
        session.put(URL)
    assert seen == [("GET", 401), ("GET", 200), ("PUT", 429)]


# --- on the wire ---------------------------------------------------------------------------------------------------


@contextmanager
def a_server(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A raw TCP server that reads a request's head and then does ``answer``; gives its address and the first lines."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    head = connection.recv(65536)
                    seen.append(head.split(b"\r\n")[0])
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", b"nonsense\r\n\r\n"])
@pytest.mark.parametrize(("method", "error"), [("GET", TryLater), ("PUT", DoubtfulWrite)])
def test_a_connection_cut_in_the_middle_is_used_once(method: str, error: type[Exception], said: bytes) -> None:
    with a_server(lambda connection: connection.sendall(said)) as (base, seen):
        with pytest.raises(error):
            a_session(base=base).request(method, f"{base}/api/v2/tickets/1", json={"ticket": {}})
        assert seen == [f"{method} /api/v2/tickets/1 HTTP/1.1".encode()]


def test_an_idle_connection_that_zendesk_closed_never_repeats_a_write() -> None:
    def answer_and_close(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}")

    with a_server(answer_and_close) as (base, seen):
        session = a_session(base=base)
        session.put(f"{base}/api/v2/tickets/1")
        time.sleep(0.05)  # the server's close arrives
        session.put(f"{base}/api/v2/tickets/2")
        assert seen == [b"PUT /api/v2/tickets/1 HTTP/1.1", b"PUT /api/v2/tickets/2 HTTP/1.1"]


def test_a_port_where_nobody_listens_is_no_landed_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises((TryLater, DoubtfulWrite)):
        a_session(base=base).put(f"{base}/api/v2/tickets/1")
