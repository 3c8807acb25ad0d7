"""Every situation of webhooks/*/contract.toml is played against the receiver and compared exactly."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.deliveries import ROOM, SECRET, TRIGGER_BODY, Receiver, a_receiver, signed
from zd_automation.config import Secret
from zd_automation.webhooks.app import EVENTS_PATH
from zd_automation.webhooks.verify import TEST_SECRET

BY_EVENT, BY_TRIGGER = "ticket-created", "ticket-created-by-trigger"
OTHER_SECRET = "ZmFrZS1zZWNyZXQtZm9yLXRoZS1zZWNvbmQtd2ViaG9vaw=="
EVENT_BODY = b'{\n   "account_id": 22129848,\n   "detail": {\n      "id": "35436"\n   },\n   "event": { },\n   "id": "e1",\n   "type": "zen:event-type:ticket.created"\n}\n'
BODY = {BY_EVENT: EVENT_BODY, BY_TRIGGER: TRIGGER_BODY}
OTHER_WAY = {BY_EVENT: TRIGGER_BODY, BY_TRIGGER: EVENT_BODY}
OTHER_EVENT = {
    BY_EVENT: EVENT_BODY.replace(b"ticket.created", b"ticket.tags_changed"),
    BY_TRIGGER: TRIGGER_BODY.replace(b"ticket_created", b"ticket_solved"),
}
DETAIL = b'{\n      "id": "35436"\n   }'
NO_DETAIL = [EVENT_BODY.replace(DETAIL, other) for other in (b"null", b"[]", b'"35436"', b"35436")] + [
    EVENT_BODY.replace(b'"detail"', b'"details"')
]
NOTHING = [b"null", b'""', b'"0"', b"0"]
NO_ID = [b'"ticket"', b"1.5", b"-1", b'"12345678901234567890"', b'"{{ticket.id}}"', b"true", b"[35436]"]

# A play sends deliveries to the receiver and gives back the answers that the contract speaks of.
Play = Callable[[Receiver, str], list[TestResponse]]


def sends(make: Callable[[str], bytes | list[bytes]], **signing: Any) -> Play:
    def play(receiver: Receiver, folder: str) -> list[TestResponse]:
        bodies = make(folder)
        return [receiver.send(body, **signing) for body in ([bodies] if isinstance(bodies, bytes) else bodies)]

    return play


def with_id(values: list[bytes]) -> Callable[[str], list[bytes]]:
    return lambda folder: [BODY[folder].replace(b'"35436"', value) for value in values]


def without(header: str) -> Play:
    def play(receiver: Receiver, folder: str) -> list[TestResponse]:
        headers = {name: value for name, value in signed(BODY[folder]).items() if name != header}
        return [receiver.send(BODY[folder], headers)]

    return play


def again(receiver: Receiver, folder: str) -> list[TestResponse]:
    receiver.send(BODY[folder])
    return [receiver.send(BODY[folder], at="2026-11-22T03:04:00Z")]


def by_the_other_way(receiver: Receiver, folder: str) -> list[TestResponse]:
    receiver.send(OTHER_WAY[folder], invocation="01JD8Q00000000000000000002")
    return [receiver.send(BODY[folder])]


def changed_bytes(receiver: Receiver, folder: str) -> list[TestResponse]:
    body = BODY[folder]
    return [receiver.send(body.replace(b"35436", b"35437"), signed(body)), receiver.send(body + b"\n", signed(body))]


def garbage_unsigned(receiver: Receiver, folder: str) -> list[TestResponse]:
    return [receiver.send(b"\xff{", signed(BODY[folder]))]


def padded(folder: str, length: int) -> bytes:
    return BODY[folder] + b" " * (length - len(BODY[folder]))


def chunked(receiver: Receiver, folder: str) -> list[TestResponse]:
    return [receiver.send_without_length(padded(folder, length)) for length in (2001, 2002, 5_000_000)]


def broken(receiver: Receiver, folder: str) -> list[TestResponse]:
    receiver.break_inbox()
    return [receiver.send(BODY[folder])]


PLAYS: dict[str, Play] = {
    "accepted": sends(BODY.__getitem__),
    "duplicate_invocation": again,
    "duplicate_fact": by_the_other_way,
    "other_event": sends(OTHER_EVENT.__getitem__),
    "missing_signature": without("X-Zendesk-Webhook-Signature"),
    "missing_timestamp": without("X-Zendesk-Webhook-Signature-Timestamp"),
    "bad_signature": changed_bytes,
    "wrong_secret": sends(BODY.__getitem__, secret="another secret"),
    "rotated_secret": sends(BODY.__getitem__, secret=OTHER_SECRET),
    "old_timestamp": sends(BODY.__getitem__, at="2026-11-22T02:54:59Z"),
    "early_timestamp": sends(BODY.__getitem__, at="2026-11-22T03:05:01Z"),
    "test_delivery": sends(BODY.__getitem__, secret=TEST_SECRET),
    "test_delivery_during_setup": sends(BODY.__getitem__, secret=TEST_SECRET),
    "wrong_signature_and_not_json": garbage_unsigned,
    "other_account": sends(lambda folder: BODY[folder].replace(b"22129848", b"999"), account=999),
    "other_webhook": sends(BODY.__getitem__, webhook="01JD8PZZ3N5Q7R9T1V3X5Z7B9E"),
    "accounts_disagree": sends(lambda folder: BODY[folder].replace(b"22129848", b"999")),
    "empty": sends(lambda _: [b"", b"\n"]),
    "not_utf8": sends(lambda folder: BODY[folder] + b"\xff"),
    "not_json": sends(lambda folder: BODY[folder] + b"}"),
    "no_object": sends(lambda folder: [b"[" + BODY[folder] + b"]", b'"35436"', b"35436", b"null"]),
    "no_known_shape": sends(lambda _: [b"{ }\n", b'{"message": "test"}']),
    "no_detail": sends(lambda _: NO_DETAIL),
    "no_ticket_id": sends(with_id(NOTHING)),
    "bad_ticket_id": sends(with_id(NO_ID)),
    "too_large": sends(lambda folder: [padded(folder, 2001), padded(folder, 5_000_000)]),
    "too_large_chunked": chunked,
    "inbox_unavailable": broken,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "rotated_secret": {"webhook_secrets": (Secret(SECRET), Secret(OTHER_SECRET))},
    "test_delivery_during_setup": {"accept_test_secret": True},
    "other_webhook": {"webhook_ids": frozenset({"01JD8PZZ3N5Q7R9T1V3X5Z7B9D"})},
}
STATES = {"new": ["new"], "ignored": ["ignored"], "nothing": []}


@cache
def contract(folder: str) -> dict[str, Any]:
    return tomllib.loads((ROOM / folder / "contract.toml").read_text("utf-8"))


CASES = [
    pytest.param(folder, situation, id=f"{folder}-{situation['id']}")
    for folder in (BY_EVENT, BY_TRIGGER)
    for situation in contract(folder)["situation"]
]


@pytest.mark.parametrize(("folder", "situation"), CASES)
def test_a_situation_is_answered_as_written(folder: str, situation: dict[str, Any], tmp_path: Path) -> None:
    name = situation["id"]
    receiver = a_receiver(tmp_path, most_bytes=2000, **SETTINGS.get(name, {}))
    answers = PLAYS[name](receiver, folder)
    assert answers
    for answer in answers:
        assert answer.status_code == situation["status"]
        assert {key: answer.get_json()[key] for key in situation["says"]} == situation["says"]
        expected = situation.get("retry_after")
        assert answer.headers.get("Retry-After") == (None if expected is None else str(expected))
        assert answer.mimetype == "application/json"
    if name != "inbox_unavailable":
        assert [row.state for row in receiver.rows()] == STATES[situation["stored"]]


@pytest.mark.parametrize("folder", [BY_EVENT, BY_TRIGGER])
def test_every_situation_is_written_down_once(folder: str) -> None:
    names = [situation["id"] for situation in contract(folder)["situation"]]
    assert len(names) == len(set(names))
    # A trigger's body has neither a detail nor an account of its own.
    assert set(PLAYS) - set(names) == (set() if folder == BY_EVENT else {"no_detail", "accounts_disagree"})
    for situation in contract(folder)["situation"]:
        assert set(situation) - {"retry_after"} == {"id", "when", "status", "says", "stored", "zendesk"}


@pytest.mark.parametrize("folder", [BY_EVENT, BY_TRIGGER])
def test_only_what_is_worth_it_is_sent_again(folder: str) -> None:
    """Zendesk repeats a 409, and a 503 or 429 with a Retry-After below 60 s; no other answer may ask for it."""
    for situation in contract(folder)["situation"]:
        repeated = situation["status"] in {409, 429, 503}
        assert repeated is (situation["id"] == "inbox_unavailable")
        assert 0 < situation.get("retry_after", 5) < 60


@pytest.mark.parametrize("folder", [BY_EVENT, BY_TRIGGER])
def test_the_contract_agrees_with_the_objects_that_we_install(folder: str) -> None:
    stated = contract(folder)
    definition = tomllib.loads((ROOM.parent / stated["webhook"]).read_text("utf-8"))["object"]
    assert definition["subscriptions"] == [stated["subscription"]]
    assert definition["http_method"] == stated["method"] == "POST"
    assert definition["request_format"] == "json"
    assert stated["path"] == EVENTS_PATH
    assert stated["event"] == "ticket.created"
    if "trigger" in stated:
        actions = tomllib.loads((ROOM.parent / stated["trigger"]).read_text("utf-8"))["object"]["actions"]
        assert [action["field"] for action in actions] == ["notification_webhook"]
