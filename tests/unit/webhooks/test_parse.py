"""Bytes in, event out; or a named refusal, whatever the bytes."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.deliveries import ACCOUNT, INVOCATION, ROOM, TRIGGER_BODY, WEBHOOK, signed
from tests.support.shared import SHARED, needs_shared
from zd_automation.errors import BadRequest
from zd_automation.events import Delivery, Event, TicketCreated, UnknownEvent
from zd_automation.webhooks.parse import name, number, parse

HERE = Path(__file__).parent

EMPTY = "the body is empty"
NOT_UTF8 = "the body is not UTF-8"
NOT_JSON = "the body is not JSON"
NO_OBJECT = "the body is JSON but no object"
NO_SHAPE = "neither an event (no `type`) nor our trigger's body (no `ticket_id`)"
NO_TYPE = "`type` must be text such as zen:event-type:ticket.created"
NO_DETAIL = "a ticket.created event needs an object `detail`"
NO_NAME = "an id or name is neither text nor number"

REFUSED = {
    "account-word.json": "`account_id` is not an id",
    "actor-word.json": "`detail.actor_id` is not an id",
    "byte-order-mark.bin": NOT_JSON,
    "cut-off.txt": NOT_JSON,
    "detail-id-missing.json": "`detail.id` is missing",
    "detail-id-null.json": "`detail.id` is missing",
    "detail-id-object.json": "`detail.id` is not an id",
    "detail-id-word.json": "`detail.id` is not an id",
    "detail-id-zero.json": "`detail.id` is missing",
    "detail-list.json": NO_DETAIL,
    "detail-missing.json": NO_DETAIL,
    "detail-null.json": NO_DETAIL,
    "detail-text.json": NO_DETAIL,
    "empty.bin": EMPTY,
    "event-id-object.json": NO_NAME,
    "event-list.json": NO_NAME,
    "event-true.json": NO_NAME,
    "html.txt": NOT_JSON,
    "latin-1.bin": NOT_UTF8,
    "list.json": NO_OBJECT,
    "nan.json": NO_OBJECT,
    "no-known-shape.json": NO_SHAPE,
    "not-json.txt": NOT_JSON,
    "null.json": NO_OBJECT,
    "number-of-5000-digits.bin": NOT_JSON,
    "number.json": NO_OBJECT,
    "text.json": NO_OBJECT,
    "ticket-id-arabic-digits.json": "`ticket_id` is not an id",
    "ticket-id-empty.json": "`ticket_id` is missing",
    "ticket-id-exponent.json": "`ticket_id` is not an id",
    "ticket-id-false.json": "`ticket_id` is not an id",
    "ticket-id-fraction.json": "`ticket_id` is not an id",
    "ticket-id-infinite.json": "`ticket_id` is not an id",
    "ticket-id-list.json": "`ticket_id` is not an id",
    "ticket-id-negative.json": "`ticket_id` is not an id",
    "ticket-id-null.json": "`ticket_id` is missing",
    "ticket-id-placeholder.json": "`ticket_id` is not an id",
    "ticket-id-plus.json": "`ticket_id` is not an id",
    "ticket-id-spaces.json": "`ticket_id` is not an id",
    "ticket-id-superscript.json": "`ticket_id` is not an id",
    "ticket-id-surrogate.json": "`ticket_id` is not an id",
    "ticket-id-too-large.json": "`ticket_id` is not an id",
    "ticket-id-too-long.json": "`ticket_id` is not an id",
    "ticket-id-true.json": "`ticket_id` is not an id",
    "ticket-id-whole-fraction.json": "`ticket_id` is not an id",
    "ticket-id-zero.json": "`ticket_id` is missing",
    "ticket-id-zeros.json": "`ticket_id` is not an id",
    "time-fraction.json": NO_NAME,
    "two-objects.txt": NOT_JSON,
    "type-empty.json": NO_TYPE,
    "type-false.json": NO_TYPE,
    "type-list.json": NO_NAME,
    "type-null.json": NO_TYPE,
    "utf-16.bin": NOT_UTF8,
    "white-space.bin": EMPTY,
    "zendesk-sample-body.json": NO_SHAPE,
}

IGNORED = {
    "article-published-ulid.json": ("article.published", "22129848:article.published:01JD8QA1B2C3D4E5F6G7H8J9K0"),
    "invented-tomorrow.json": (
        "ticket.dreamt_of",
        "22129848:ticket.dreamt_of:1cd4f608-3547-496b-9fc0-d1e2f3041526",
    ),
    "own-echo-comment-added.json": (
        "ticket.comment_added",
        "22129848:ticket.comment_added:9ab2d4f6-1325-4749-9dae-bfc0d1e2f304",
    ),
    "own-echo-tags-changed.json": (
        "ticket.tags_changed",
        "22129848:ticket.tags_changed:8fa1c3e5-0214-4638-8c9d-aebfc0d1e2f3",
    ),
    "user-deleted.json": ("user.deleted", "22129848:user.deleted:0bc3e5f7-2436-485a-8ebf-c0d1e2f30415"),
}


def parsed(body: bytes) -> Event:
    return parse(signed(body), body)


def test_every_refused_payload_is_expected() -> None:
    assert {path.name for path in (HERE / "refused").iterdir()} == set(REFUSED)
    assert {path.name for path in (HERE / "ignored").iterdir()} == set(IGNORED)


@pytest.mark.parametrize("file", sorted(REFUSED))
def test_refused(file: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        parsed((HERE / "refused" / file).read_bytes())
    assert str(refusal.value) == REFUSED[file]
    assert refusal.value.status == 400


def test_a_hundred_thousand_brackets_are_refused() -> None:
    with pytest.raises(BadRequest, match="not JSON"):
        parsed(b'{"ticket_id":' + b"[" * 100_000)


@pytest.mark.parametrize("file", sorted(IGNORED))
def test_other_events_are_known_by_kind_and_id(file: str) -> None:
    kind, fact = IGNORED[file]
    event = parsed((HERE / "ignored" / file).read_bytes())
    assert isinstance(event, UnknownEvent)
    assert (event.kind, event.fact) == (kind, fact)


def test_a_trigger_of_another_kind_is_ignored() -> None:
    event = parsed(b'{"ticket_id": "35436", "event": "ticket_solved"}')
    assert event == UnknownEvent(Delivery(ACCOUNT, WEBHOOK, INVOCATION, None, None), "ticket_solved")
    assert event.fact == "22129848:ticket_solved:01JD8Q00000000000000000001"


def test_the_whole_envelope_of_an_event() -> None:
    body = b"""{
   "account_id": 22129848,
   "detail": {
      "actor_id": "900100",
      "description": "first comment",
      "id": "5158",
      "subject": "subject line"
   },
   "event": { },
   "id": "01JD8Q3M5V7X9Z1B3D5F7H9K1M",
   "subject": "zen:ticket:5158",
   "time": "2025-01-08T10:12:07.672717030Z",
   "type": "zen:event-type:ticket.created",
   "zendesk_event_version": "2022-11-06"
}
"""
    event = parsed(body)
    assert event == TicketCreated(
        Delivery(
            account_id=22129848,
            webhook_id="01JD8PZZ3N5Q7R9T1V3X5Z7B9D",
            invocation_id="01JD8Q00000000000000000001",
            event_id="01JD8Q3M5V7X9Z1B3D5F7H9K1M",
            occurred_at="2025-01-08T10:12:07.672717030Z",
        ),
        ticket_id=5158,
        actor_id=900100,
        hint="subject line\nfirst comment",
    )


def test_both_ways_tell_the_same_fact() -> None:
    by_trigger = parsed(TRIGGER_BODY)
    by_event = parsed(b'{"type": "zen:event-type:ticket.created", "account_id": 22129848, "detail": {"id": 35436}}')
    assert by_trigger.fact == by_event.fact == "22129848:ticket.created:35436"


def test_the_body_of_our_own_trigger_is_understood() -> None:
    """The definition that we install, with the placeholder filled as Zendesk fills it."""
    definition = (ROOM.parent / "triggers" / "ticket-created.toml").read_text("utf-8")
    line = next(line for line in definition.splitlines() if line.startswith("value") and "{{ticket.id}}" in line)
    text = line[line.index("'{") + 1 : line.rindex("'")].replace("{{ticket.id}}", "35436")
    assert parsed(text.encode()) == parsed(TRIGGER_BODY)


@pytest.mark.parametrize(
    ("header", "stated", "account"),
    [
        ("22129848", "22129848", 22129848),
        ("22129848", 22129848, 22129848),
        ("22129848", None, 22129848),
        ("22129848", "0", 22129848),
        (None, 22129848, 22129848),
        ("", 22129848, 22129848),
        (None, None, 0),
    ],
)
def test_the_account_comes_from_header_or_body(header: str | None, stated: object, account: int) -> None:
    body = json.dumps({"ticket_id": "1", "account_id": stated}).encode()
    headers = {} if header is None else {"X-Zendesk-Account-Id": header}
    assert parse(headers, body).delivery.account_id == account


@pytest.mark.parametrize(
    ("header", "stated", "says"),
    [
        ("22129848", "22129849", "the body and the header name different accounts"),
        ("mine", None, "`X-Zendesk-Account-Id` is not an id"),
        ("-1", None, "`X-Zendesk-Account-Id` is not an id"),
    ],
)
def test_an_odd_account_is_refused(header: str, stated: object, says: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        parse({"X-Zendesk-Account-Id": header}, json.dumps({"ticket_id": "1", "account_id": stated}).encode())
    assert str(refusal.value) == says


def test_a_delivery_without_any_header_is_still_read() -> None:
    assert parse({}, b'{"ticket_id": 7}') == TicketCreated(Delivery(0, "", "", None, None), ticket_id=7)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("0", None),
        (0, None),
        (1, 1),
        ("1", 1),
        ("007", 7),
        (9223372036854775807, 9223372036854775807),
        ("9223372036854775807", 9223372036854775807),
    ],
)
def test_numbers(value: object, expected: int | None) -> None:
    assert number(value, "key") == expected


@pytest.mark.parametrize(
    "value", [True, False, -1, "-1", 1.0, 2**63, str(2**63), "1_000", "1 ", "①", [], {}, "9" * 4301]
)
def test_no_numbers(value: object) -> None:
    with pytest.raises(BadRequest, match=r"^`key` is not an id$"):
        number(value, "key")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("0", None),
        ("cbe4028c-7239-495d-b020-f22348516046", "cbe4028c-7239-495d-b020-f22348516046"),
        (35436, "35436"),
        ("a\x00b", "ab"),
        ("half \ud83d", "half ?"),
        ("x" * 81, "x" * 80),
    ],
)
def test_names(value: object, expected: str | None) -> None:
    assert name(value) == expected


def test_the_hint_is_at_most_2000_characters_and_always_writable() -> None:
    body = json.dumps({"type": "ticket.created", "detail": {"id": 1, "subject": "\ud83d", "description": "x" * 60_000}})
    event = parsed(body.encode())
    assert isinstance(event, TicketCreated)
    assert event.hint == "?\n" + "x" * 1998


def test_the_hint_of_texts_that_are_none_is_empty() -> None:
    event = parsed(b'{"type": "ticket.created", "detail": {"id": 1, "subject": ["a"], "description": {"b": 1}}}')
    assert isinstance(event, TicketCreated)
    assert event.hint == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["zen:event-type:ticket.created", "ticket.created", "zen:event-type:x"]) | JSON,
        "ticket_id": st.integers() | st.integers().map(str) | JSON,
        "event": st.sampled_from(["ticket_created", "ticket.created"]) | JSON,
        "account_id": st.just(ACCOUNT) | JSON,
        "id": JSON,
        "time": JSON,
        "detail": st.fixed_dictionaries(
            {}, optional={"id": st.integers(0) | JSON, "actor_id": JSON, "subject": JSON, "description": JSON}
        )
        | JSON,
    },
)
HEADERS = st.dictionaries(
    st.sampled_from(["X-Zendesk-Account-Id", "X-Zendesk-Webhook-Id", "X-Zendesk-Webhook-Invocation-Id"]),
    st.sampled_from([str(ACCOUNT), WEBHOOK]) | st.text(st.characters(exclude_categories=()), max_size=100),
)


def is_sound(event: Event) -> bool:
    """What the rest of the service counts on, and the inbox's columns hold."""
    event.fact.encode()
    delivery = event.delivery
    named = [delivery.webhook_id, delivery.invocation_id, delivery.event_id or "", delivery.occurred_at or ""]
    fits = all(len(text) <= 80 and "\x00" not in text for text in named) and len(event.fact) <= 200
    if isinstance(event, UnknownEvent):
        return fits and 0 < len(event.kind) <= 80
    event.hint.encode()
    return fits and 0 < event.ticket_id < 2**63 and len(event.hint) <= 2000


@given(headers=HEADERS, body=st.binary(max_size=200))
def test_whatever_the_bytes_nothing_but_bad_request_is_raised(headers: dict[str, str], body: bytes) -> None:
    with suppress(BadRequest):
        assert is_sound(parse(headers, body))


@given(headers=HEADERS, payload=NEARLY | JSON)
def test_whatever_the_json_nothing_but_bad_request_is_raised(headers: dict[str, str], payload: Any) -> None:
    with suppress(BadRequest):
        assert is_sound(parse(headers, json.dumps(payload).encode()))


@given(ticket=st.integers(1, 2**63 - 1), as_text=st.booleans())
def test_every_ticket_id_arrives_as_it_is(ticket: int, as_text: bool) -> None:
    event = parsed(json.dumps({"ticket_id": str(ticket) if as_text else ticket}).encode())
    assert isinstance(event, TicketCreated)
    assert event.ticket_id == ticket


RECORDED = {
    "events/envelope": TicketCreated(Delivery(12345, "", "", "evt-35436", "2025-01-01T00:00:00Z"), 35436),
    "events/with-comment": TicketCreated(
        Delivery(12345, "", "", "evt-35436", "2025-01-01T00:00:00Z"), 35436, hint="Person A cannot pull"
    ),
    "events/other-resource": UnknownEvent(
        Delivery(12345, "", "", "evt-agent-1", "2025-01-01T00:00:00Z"), "agent.state_changed"
    ),
    "events/no-prefix": UnknownEvent(Delivery(12345, "", "", "evt-1", "2025-01-01T00:00:00Z"), "custom"),
}


@pytest.mark.shared
@needs_shared
def test_webhook_bodies_of_other_receivers_are_understood() -> None:
    recorded = SHARED / "zendesk-recordings" / "webhook-events.terraform-infra-common.fixture.json"
    pairs = json.loads(recorded.read_text("utf-8"))["pairs"]
    found = {
        pair["id"]: parse(pair["request"]["headers"], json.dumps(pair["request"]["body"]).encode()) for pair in pairs
    }
    assert found == RECORDED
