from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from zd_automation.sandbox.account import Account, SandboxSettings
from zd_automation.sandbox.clock import SandboxClock
from zd_automation.sandbox.payloads import (
    article_event_body,
    event_object,
    message_event_body,
    pretty,
    ticket_event_body,
    ulid,
    user_event_body,
)
from zd_automation.sandbox.store import Doc, Store

TICKET: Doc = {
    "id": 5158,
    "subject": "Hilfe",
    "description": "Ich komme nicht rein",
    "status": "open",
    "priority": None,
    "type": "incident",
    "tags": ["vip"],
    "group_id": None,
    "assignee_id": None,
    "organization_id": None,
    "requester_id": 1001,
    "submitter_id": 1001,
    "brand_id": 3,
    "ticket_form_id": 4,
    "custom_status_id": 17,
    "external_id": None,
    "is_public": True,
    "via": {"channel": "api"},
    "created_at": "2026-11-22T03:00:00Z",
    "updated_at": "2026-11-22T03:00:01Z",
}


@pytest.fixture
def account() -> Account:
    return Account(SandboxSettings(seed=7), Store(seed=7), SandboxClock(datetime(2026, 11, 22, 3, 0, 2, 5, tzinfo=UTC)))


def test_bytes_are_indented_by_three_spaces_and_end_with_a_newline() -> None:
    assert (
        pretty({"b": {}, "a": [1, "{}"], "c": []})
        == '{\n   "a": [\n      1,\n      "{}"\n   ],\n   "b": { },\n   "c": [ ]\n}\n'
    )


def test_a_created_ticket(account: Account) -> None:
    body = ticket_event_body(account, "ticket.created", TICKET, {"id": 1001}, {})
    sent = json.loads(body)
    assert body.endswith(b"}\n")
    assert b'"event": { },' in body
    assert list(sent) == sorted(sent)
    assert sent["account_id"] == 22129848
    assert (sent["type"], sent["subject"]) == ("zen:event-type:ticket.created", "zen:ticket:5158")
    assert sent["zendesk_event_version"] == "2022-11-06"
    assert re.fullmatch(r"2026-11-22T03:00:02\.000005\d{3}Z", sent["time"])
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", sent["id"])
    assert sent["detail"] == {
        "actor_id": "1001",
        "assignee_id": None,
        "brand_id": "3",
        "created_at": "2026-11-22T03:00:00Z",
        "custom_status": "17",
        "description": "Ich komme nicht rein",
        "external_id": "",
        "form_id": "4",
        "group_id": None,
        "id": "5158",
        "is_public": True,
        "organization_id": "0",
        "priority": None,
        "requester_id": "1001",
        "status": "OPEN",
        "subject": "Hilfe",
        "submitter_id": "1001",
        "tags": ["vip"],
        "type": "INCIDENT",
        "updated_at": "2026-11-22T03:00:01Z",
        "via": {"channel": "web_service"},
    }


@pytest.mark.parametrize(
    ("rest", "event"), [("web", "web_form"), ("email", "mail"), ("native_messaging", "native_messaging")]
)
def test_channels_have_their_own_names(account: Account, rest: str, event: str) -> None:
    ticket = {**TICKET, "via": {"channel": rest}}
    sent = json.loads(ticket_event_body(account, "ticket.created", ticket, {"id": 1}, {}))
    assert sent["detail"]["via"] == {"channel": event}


def test_values_in_events_are_capitals_and_strings() -> None:
    assert event_object("ticket.priority_changed", {"current": "urgent", "previous": None}) == {
        "current": "URGENT",
        "previous": None,
    }
    assert event_object("ticket.group_assignment_changed", {"current": 7, "previous": None}) == {
        "current": "7",
        "previous": None,
    }
    comment = {"id": 9, "is_public": False, "author": {"id": 4, "is_staff": True}}
    assert event_object("ticket.comment_added", {"comment": comment}) == {
        "comment": {"id": "9", "is_public": False, "author": {"id": "4", "is_staff": True}}
    }


def test_other_domains_have_ulids_and_their_own_details(account: Account) -> None:
    article = json.loads(article_event_body(account, "article.published", {"id": 8, "author_id": 2}, {}))
    assert article["detail"] == {"brand_id": "0", "id": "8", "user_id": "2"}
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", article["id"])
    message = json.loads(message_event_body(account, {"id": 141}, {"message": {"id": "m", "body": "hi"}}))
    assert (message["type"], message["detail"]) == ("zen:event-type:messaging_ticket.message_added", {"id": "141"})
    user = json.loads(user_event_body(account, "user.deleted", {"id": 3, "email": None, "role": "end-user"}, {}))
    assert (user["detail"]["email"], user["detail"]["organization_id"]) == ("", "0")


def test_ulids_sort_by_time(account: Account) -> None:
    first = ulid(account)
    account.clock.advance(0.002)
    assert first < ulid(account)
