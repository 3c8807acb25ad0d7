"""The receiver over a real inbox: verify, store, answer, and nothing else."""

from __future__ import annotations

import http.client
import json
import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.serving import make_server

from tests.support.deliveries import (
    ACCOUNT,
    INVOCATION,
    NOW,
    ROOM,
    SECRET,
    TRIGGER_BODY,
    WEBHOOK,
    Receiver,
    a_receiver,
    signed,
    some_settings,
)
from zd_automation.engine.inbox import Inbox, InboxRow
from zd_automation.journal.database import open_database
from zd_automation.metrics import Metrics
from zd_automation.webhooks import app as app_module
from zd_automation.webhooks.app import EVENTS_PATH, Parts, create_app

WORDS = "Schlüsselbund Zwetschge"


def an_event(ticket_id: int = 35436, **detail: Any) -> bytes:
    payload = {
        "account_id": ACCOUNT,
        "detail": {"id": str(ticket_id), **detail},
        "event": {},
        "id": f"event-{ticket_id}",
        "time": "2026-11-22T02:59:58.123456789Z",
        "type": "zen:event-type:ticket.created",
    }
    return json.dumps(payload, indent=3, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


@pytest.fixture
def receiver(tmp_path: Path) -> Receiver:
    return a_receiver(tmp_path)


def test_an_accepted_delivery_is_one_whole_row(receiver: Receiver) -> None:
    answer = receiver.send(an_event(5158, subject=WORDS))
    assert answer.status_code == 202
    assert answer.json == {"delivery": INVOCATION, "outcome": "accepted"}
    assert receiver.rows() == [
        InboxRow(
            fact="22129848:ticket.created:5158",
            account_id=ACCOUNT,
            ticket_id=5158,
            kind="ticket.created",
            webhook_id=WEBHOOK,
            invocation_id=INVOCATION,
            event_id="event-5158",
            urgent=False,
            state="new",
            attempts=0,
            received_at=NOW.timestamp(),
            changed_at=NOW.timestamp(),
        )
    ]


def test_the_row_is_there_when_the_answer_is(tmp_path: Path) -> None:
    """Another connection, as another process would have it, reads it at once."""
    receiver = a_receiver(tmp_path)
    assert receiver.send(TRIGGER_BODY).status_code == 202
    other = Inbox(open_database(f"sqlite:///{tmp_path / 'inbox.sqlite'}"))
    row = other.get("22129848:ticket.created:35436")
    assert row is not None
    assert row.state == "new"


def test_an_ignored_event_is_recorded_once(receiver: Receiver) -> None:
    body = (Path(__file__).parent / "ignored" / "own-echo-tags-changed.json").read_bytes()
    answers = [receiver.send(body, invocation=f"invocation-{n}") for n in range(3)]
    assert [(answer.status_code, answer.get_json()["outcome"]) for answer in answers] == [(200, "ignored")] * 3
    (row,) = receiver.rows()
    assert (row.kind, row.state, row.ticket_id) == ("ticket.tags_changed", "ignored", None)
    assert receiver.inbox.claim() == []


def test_a_duplicate_does_not_bring_finished_work_back(receiver: Receiver) -> None:
    receiver.send(TRIGGER_BODY)
    (row,) = receiver.inbox.claim()
    receiver.inbox.finish({row.fact: "done"})
    answer = receiver.send(TRIGGER_BODY, invocation="another")
    assert (answer.status_code, answer.get_json()["outcome"]) == (200, "duplicate")
    assert [row.state for row in receiver.rows()] == ["done"]


def test_equal_tickets_of_two_accounts_are_two_facts(tmp_path: Path) -> None:
    receiver = a_receiver(tmp_path, account_id=None)
    answers = [receiver.send(TRIGGER_BODY, account=account) for account in (1, 2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [row.fact for row in receiver.rows()] == ["1:ticket.created:35436", "2:ticket.created:35436"]


def test_many_senders_at_once_are_one_row(tmp_path: Path) -> None:
    receiver = a_receiver(tmp_path)

    def send(n: int) -> tuple[int, str]:
        body = TRIGGER_BODY if n % 2 else an_event(35436)
        client = receiver.client.application.test_client()
        answer = client.post(EVENTS_PATH, data=body, headers=signed(body, invocation=f"invocation-{n}"))
        return answer.status_code, answer.get_json()["outcome"]

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(send, range(24)))
    assert outcomes == [(200, "duplicate")] * 23 + [(202, "accepted")]
    assert len(receiver.rows()) == 1


def test_urgent_looking_tickets_are_claimed_first(tmp_path: Path) -> None:
    receiver = a_receiver(tmp_path, looks_urgent=lambda text: "hacked" in text)
    receiver.send(an_event(1, subject="Where is my parcel?"))
    receiver.send(an_event(2, subject="Help", description="I was hacked"))
    receiver.send(TRIGGER_BODY)
    assert [(row.ticket_id, row.urgent) for row in receiver.inbox.claim()] == [(2, True), (1, False), (35436, False)]


def test_a_hint_is_not_asked_of_what_has_no_text(tmp_path: Path) -> None:
    seen: list[str] = []

    def glance(text: str) -> bool:
        seen.append(text)
        return False

    receiver = a_receiver(tmp_path, looks_urgent=glance)
    receiver.send(TRIGGER_BODY)
    receiver.send(an_event(1))
    receiver.send(an_event(2, subject="a", description="b"))
    assert seen == ["a\nb"]


def test_a_ticket_of_60000_characters_is_accepted(receiver: Receiver) -> None:
    assert receiver.send(an_event(description="ж" * 60_000)).status_code == 202


def test_an_exact_fit_is_accepted_and_one_more_is_not(tmp_path: Path) -> None:
    receiver = a_receiver(tmp_path, most_bytes=1000)
    fits = TRIGGER_BODY + b" " * (1000 - len(TRIGGER_BODY))
    assert receiver.send(fits).status_code == 202
    assert receiver.send(fits + b" ").status_code == 413
    assert receiver.send_without_length(fits).status_code == 200
    assert receiver.send_without_length(fits + b" ").status_code == 413


def test_a_large_body_is_refused_before_it_is_read(tmp_path: Path) -> None:
    class Untouchable:
        def read(self, _: int = -1) -> bytes:
            raise AssertionError("read")

    announced = {"wsgi.input": Untouchable(), "CONTENT_LENGTH": "1000001"}
    answer = a_receiver(tmp_path).client.post(EVENTS_PATH, headers=signed(b""), environ_overrides=announced)
    assert answer.status_code == 413
    assert answer.json == {"error": "too_large", "description": "the body is over 1000000 bytes"}


@contextmanager
def served(receiver: Receiver) -> Iterator[int]:
    """The receiver behind a real socket."""
    server = make_server("127.0.0.1", 0, receiver.client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("size", "status"), [(1000, 202), (1001, 413), (30_000, 413)])
def test_chunks_over_a_socket(tmp_path: Path, size: int, status: int) -> None:
    body = TRIGGER_BODY + b" " * (size - len(TRIGGER_BODY))
    with served(a_receiver(tmp_path, most_bytes=1000)) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        parts = (body[start : start + 100] for start in range(0, len(body), 100))
        connection.request("POST", EVENTS_PATH, body=parts, headers=signed(body), encode_chunked=True)
        assert connection.getresponse().status == status
        connection.close()


def test_what_werkzeug_reads_is_not_trusted_to_be_whole(tmp_path: Path) -> None:
    """A body whose first 1,000 bytes alone are rightly signed is refused, not cut and accepted."""
    receiver = a_receiver(tmp_path, most_bytes=1000)
    fits = TRIGGER_BODY + b" " * (1000 - len(TRIGGER_BODY))
    answer = receiver.send_without_length(fits + b"more", signed(fits))
    assert answer.status_code == 413
    assert receiver.rows() == []


@pytest.mark.parametrize(
    ("changes", "signing", "description"),
    [
        ({"account_id": 5}, {}, "this delivery is for another account"),
        (
            {"webhook_ids": frozenset({"a", "b"})},
            {},
            "this delivery comes from a webhook that ZD_WEBHOOK_IDS does not name",
        ),
    ],
)
def test_another_addressee(tmp_path: Path, changes: dict[str, Any], signing: dict[str, Any], description: str) -> None:
    receiver = a_receiver(tmp_path, **changes)
    answer = receiver.send(TRIGGER_BODY, **signing)
    assert answer.status_code == 400
    assert answer.json == {"error": "bad_request", "description": description}
    assert receiver.rows() == []


def test_a_delivery_that_names_no_account_is_not_ours_when_one_is_set(receiver: Receiver) -> None:
    headers = {name: value for name, value in signed(TRIGGER_BODY).items() if name != "X-Zendesk-Account-Id"}
    assert receiver.send(TRIGGER_BODY, headers).status_code == 400


def test_any_of_the_named_webhooks_is_accepted(tmp_path: Path) -> None:
    receiver = a_receiver(tmp_path, webhook_ids=frozenset({"a", WEBHOOK}))
    assert receiver.send(TRIGGER_BODY).status_code == 202


def test_header_names_are_understood_in_any_case(receiver: Receiver) -> None:
    lower = {name.lower(): value for name, value in signed(TRIGGER_BODY).items()}
    assert receiver.send(TRIGGER_BODY, lower).status_code == 202


def test_the_content_type_does_not_matter(receiver: Receiver) -> None:
    headers = {**signed(TRIGGER_BODY), "Content-Type": "application/x-www-form-urlencoded"}
    assert receiver.send(TRIGGER_BODY, headers).status_code == 202


def test_no_account_set_takes_any_that_signs_rightly(tmp_path: Path) -> None:
    assert a_receiver(tmp_path, account_id=None).send(TRIGGER_BODY, account=77).status_code == 202


def test_everything_is_counted_by_outcome(receiver: Receiver) -> None:
    receiver.send(TRIGGER_BODY)
    receiver.send(TRIGGER_BODY)
    receiver.send(b'{"ticket_id": "1", "event": "ticket_solved"}')
    receiver.send(TRIGGER_BODY, secret="wrong")
    receiver.send(b"no json")
    receiver.send(b" " * 1_000_001)
    assert receiver.counted() == {
        "accepted": 1,
        "duplicate": 1,
        "ignored": 1,
        "bad_signature": 1,
        "bad_request": 1,
        "too_large": 1,
    }
    receiver.break_inbox()
    receiver.send(TRIGGER_BODY)


def test_metrics_show_the_queue(receiver: Receiver) -> None:
    receiver.send(TRIGGER_BODY)
    receiver.send(b'{"ticket_id": "1", "event": "ticket_solved"}')
    answer = receiver.client.get("/metrics")
    lines = answer.get_data(as_text=True).splitlines()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert 'zd_queue_depth{state="new"} 1.0' in lines
    assert 'zd_queue_depth{state="ignored"} 1.0' in lines
    assert "zd_queue_age_seconds 0.0" in lines


def test_healthz_and_readyz(tmp_path: Path) -> None:
    receiver = a_receiver(tmp_path)
    health, ready = receiver.client.get("/healthz"), receiver.client.get("/readyz")
    assert (health.status_code, health.json) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json) == (200, {"status": "ready", "troubles": []})


def test_a_receiver_in_trouble_lives_but_is_not_ready(tmp_path: Path) -> None:
    receiver = a_receiver(tmp_path, troubles=["desk exchange: still training"])
    answer = receiver.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "troubles": ["desk exchange: still training"]}
    assert receiver.client.get("/healthz").status_code == 200
    assert receiver.send(TRIGGER_BODY).status_code == 202


def test_an_inbox_that_comes_back_takes_the_repeated_delivery(receiver: Receiver) -> None:
    with receiver.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE zd_inbox RENAME TO elsewhere")
    first = receiver.send(TRIGGER_BODY)
    assert (first.status_code, first.headers["Retry-After"]) == (503, "5")
    assert first.json == {"error": "try_later", "description": "not stored; send it again"}
    with receiver.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO zd_inbox")
    assert receiver.send(TRIGGER_BODY).status_code == 202
    assert receiver.counted() == {"busy": 1, "accepted": 1}


def test_a_fault_of_ours_asks_for_a_repeat_and_shows_nothing(tmp_path: Path) -> None:
    def explode(text: str) -> bool:
        raise RuntimeError(text)

    receiver = a_receiver(tmp_path, looks_urgent=explode)
    answer = receiver.send(an_event(1, subject=WORDS))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json == {"error": "try_later", "description": "not stored; send it again"}
    assert receiver.counted() == {"error": 1}


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", EVENTS_PATH, 405, "Method Not Allowed"),
        ("PUT", EVENTS_PATH, 405, "Method Not Allowed"),
        ("POST", "/healthz", 405, "Method Not Allowed"),
        ("GET", "/", 404, "Not Found"),
        ("POST", "/zendesk/events/", 404, "Not Found"),
        ("GET", "/../../etc/passwd", 404, "Not Found"),
    ],
)
def test_other_addresses(receiver: Receiver, method: str, path: str, status: int, error: str) -> None:
    answer = receiver.client.open(path, method=method)
    assert answer.status_code == status
    assert answer.get_json()["error"] == error


def test_making_the_app_touches_no_database(tmp_path: Path) -> None:
    folder = tmp_path / "not-there"
    store = Inbox(open_database(f"sqlite:///{folder / 'inbox.sqlite'}"))
    client = create_app(some_settings(folder), Parts(store, Metrics(), clock=lambda: NOW)).test_client()
    assert not folder.exists()
    assert client.get("/healthz").status_code == 200
    assert client.post(EVENTS_PATH, data=TRIGGER_BODY, headers=signed(TRIGGER_BODY)).status_code == 503


def test_the_clock_is_the_real_one_by_default(tmp_path: Path) -> None:
    store = Inbox(open_database(f"sqlite:///{tmp_path / 'inbox.sqlite'}"))
    store.prepare()
    client = create_app(some_settings(tmp_path), Parts(store, Metrics())).test_client()
    answer = client.post(EVENTS_PATH, data=TRIGGER_BODY, headers=signed(TRIGGER_BODY, at="2020-01-01T00:00:00Z"))
    assert answer.status_code == 401
    assert re.fullmatch(
        r"the signature's timestamp is \d+ s away from our clock; check both clocks", answer.get_json()["description"]
    )


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the receiver logs, as the lines that would be written."""
    lines: list[str] = []

    class Written:
        def msg(self, line: str) -> None:
            lines.append(line)

        debug = info = warning = error = msg

    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    logger = structlog.wrap_logger(
        Written(), processors=processors, wrapper_class=structlog.make_filtering_bound_logger(0)
    )
    monkeypatch.setattr(app_module, "log", logger)
    return lines


def test_one_log_line_a_delivery(receiver: Receiver, log_lines: list[str]) -> None:
    receiver.send(TRIGGER_BODY)
    receiver.send(TRIGGER_BODY)
    receiver.send(TRIGGER_BODY, secret="wrong")
    receiver.send(b"no json")
    receiver.break_inbox()
    receiver.send(TRIGGER_BODY)
    told = {"fact": "22129848:ticket.created:35436", "invocation": INVOCATION, "urgent": False, "level": "info"}
    assert [json.loads(line) for line in log_lines] == [
        {"event": "delivery_accepted", **told},
        {"event": "delivery_duplicate", **told},
        {"event": "delivery_refused", "reason": "bad_signature", "level": "warning"},
        {"event": "delivery_refused", "reason": "bad_request", "level": "warning"},
        {"event": "inbox_unavailable", "error": "OperationalError", "level": "error"},
    ]


def test_no_word_of_a_ticket_and_no_secret_leaves_by_log_answer_or_store(
    tmp_path: Path, log_lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver = a_receiver(tmp_path, looks_urgent=lambda text: bool(1 / ("fault" not in text)))
    body = an_event(1, subject=WORDS, description=WORDS)
    answers = [
        receiver.send(body),
        receiver.send(body),
        receiver.send(body, secret="wrong"),
        receiver.send(body + b"}"),
        receiver.send(an_event(2, subject=WORDS, actor_id=WORDS)),
        receiver.send(an_event(3, subject=WORDS, description="fault")),
        receiver.send(b'{"type": "x", "detail": {"subject": "' + WORDS.encode() + b'"}}'),
        receiver.send(b'{"ticket_id": "' + WORDS.encode() + b'"}'),
    ]
    assert [answer.status_code for answer in answers] == [202, 200, 401, 400, 400, 503, 200, 400]
    answers.append(receiver.client.get("/metrics"))
    receiver.break_inbox()
    answers.append(receiver.send(an_event(4, subject=WORDS)))
    receiver.database.dispose()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    said = "".join(answer.get_data(as_text=True) + str(answer.headers) for answer in answers)
    for word in (*WORDS.split(), SECRET):
        assert word not in "".join(log_lines)
        assert word not in caplog.text
        assert word not in said
        assert word.encode() not in stored
    assert len(log_lines) == 9
    assert "Traceback" not in said


def test_every_refused_payload_is_a_clear_answer(receiver: Receiver) -> None:
    """None of them is stored, none is answered so that Zendesk repeats it."""
    for path in sorted((Path(__file__).parent / "refused").iterdir()):
        answer = receiver.send(path.read_bytes())
        assert (path.name, answer.status_code, answer.get_json()["error"]) == (path.name, 400, "bad_request")
        assert answer.get_json()["description"]
    assert receiver.rows() == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=100) | st.sampled_from(sorted(path.read_bytes() for path in ROOM.glob("*/examples/*"))),
    signature=st.none() | st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=50),
    stamp=st.none() | st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=30),
    account=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=20),
)
def test_whatever_is_sent_the_answer_is_one_of_the_contract(
    receiver: Receiver, body: bytes, signature: str | None, stamp: str | None, account: str
) -> None:
    headers = {**signed(body), "X-Zendesk-Account-Id": account}
    headers |= {"X-Zendesk-Webhook-Signature": signature} if signature is not None else {}
    headers |= {"X-Zendesk-Webhook-Signature-Timestamp": stamp} if stamp is not None else {}
    answer = receiver.send(body, headers)
    expected = {400, 401} if signature is not None or stamp is not None else {200, 202, 400}
    assert answer.status_code in expected
    assert set(answer.get_json()) in ({"error", "description"}, {"delivery", "outcome"})
