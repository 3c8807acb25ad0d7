"""What a write makes the world hear: events over real HTTP, triggers inside the same audit, nothing for imports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.sandbox.test_tickets import Desk
from tests.unit.sandbox.webhook_receiver import Receiver
from zd_automation.sandbox import seed
from zd_automation.sandbox.delivery import deliveries

KINDS = (
    "created", "tags_changed", "priority_changed", "group_assignment_changed", "agent_assignment_changed",
    "comment_added", "custom_field_changed", "subject_changed", "type_changed", "status_changed", "soft_deleted",
    "permanently_deleted", "undeleted", "merged", "comment_redacted",
)  # fmt: skip


class Listening:
    """A desk with a webhook on every ticket event."""

    def __init__(self, desk: Desk, receiver: Receiver) -> None:
        self.desk = desk
        self.receiver = receiver
        hook = {
            "name": "all", "status": "active", "endpoint": receiver.url, "http_method": "POST", "request_format": "json",
            "subscriptions": [f"zen:event-type:ticket.{kind}" for kind in KINDS],
        }  # fmt: skip
        assert desk.call("POST", "webhooks", {"webhook": hook}).status_code == 201

    def heard(self) -> list[tuple[str, Any]]:
        """``(kind, event object)`` of everything received since the last look, in no order."""
        assert deliveries(self.desk.account).drain(10)
        bodies = [json.loads(received.body) for received in self.receiver.received]
        self.receiver.received.clear()
        return sorted(
            ((body["type"].removeprefix("zen:event-type:ticket."), body["event"]) for body in bodies),
            key=lambda pair: pair[0],
        )


@pytest.fixture
def listening() -> Iterator[Listening]:
    desk = Desk()
    with Receiver() as receiver:
        yield Listening(desk, receiver)
        deliveries(desk.account).close()


def test_one_combined_write_is_heard_as_one_event_per_change(listening: Listening) -> None:
    desk = listening.desk
    field = seed.add_ticket_field(desk.account, "tagger", "Topic", [("Login", "login")])
    group = seed.add_group(desk.account, "Security")["id"]
    desk.create(tags=["old"])
    assert [kind for kind, _ in listening.heard()] == ["created"]
    answer = desk.update(
        1, tags=["new"], priority="urgent", group_id=group, custom_fields=[{"id": field["id"], "value": "login"}],
        comment={"body": "note", "public": False},
    )  # fmt: skip
    assert answer.status_code == 200
    heard = dict(listening.heard())
    assert sorted(heard) == [
        "comment_added", "custom_field_changed", "group_assignment_changed", "priority_changed", "tags_changed",
    ]  # fmt: skip
    assert heard["tags_changed"]["tags_added"] == ["login", "new"]
    assert heard["tags_changed"]["tags_removed"] == ["old"]
    assert (heard["priority_changed"]["current"], heard["priority_changed"]["previous"]) == ("URGENT", None)
    assert heard["group_assignment_changed"]["current"] == str(group)
    assert heard["comment_added"]["comment"]["body"] == "note"
    assert heard["comment_added"]["comment"]["is_public"] is False
    assert heard["custom_field_changed"]["custom_field"] == {"id": str(field["id"]), "title": "Topic", "type": "tagger"}


def test_deleting_restoring_purging_merging(listening: Listening) -> None:
    desk = listening.desk
    for _ in range(3):
        desk.create()
    listening.heard()
    desk.call("DELETE", "tickets/1")
    assert [kind for kind, _ in listening.heard()] == ["soft_deleted"]
    desk.call("PUT", "deleted_tickets/1/restore")
    assert [kind for kind, _ in listening.heard()] == ["undeleted"]
    desk.call("DELETE", "tickets/1")
    desk.call("DELETE", "deleted_tickets/1")
    assert [kind for kind, _ in listening.heard()] == ["permanently_deleted", "soft_deleted"]
    desk.call("POST", "tickets/2/merge", {"ids": [3]})
    heard = dict(listening.heard())
    assert heard["merged"]["target_ticket_id"] == "2"
    assert heard["tags_changed"]["tags_added"] == ["closed_by_merge"]


def test_imports_and_refused_writes_are_silent(listening: Listening) -> None:
    desk = listening.desk
    assert (
        desk.call("POST", "imports/tickets", {"ticket": {"subject": "s", "comments": [{"value": "b"}]}}).status_code
        == 201
    )
    assert desk.update(1, priority="huge").status_code == 422
    assert desk.update(1, subject="s").status_code == 200
    assert listening.heard() == []


def test_imports_keep_their_history() -> None:
    desk = Desk()
    values = {
        "subject": "old", "status": "solved", "created_at": "2020-01-02T03:04:05Z",
        "comments": [
            {"value": "one", "created_at": "2020-01-02T03:04:05Z"},
            {"value": "two", "created_at": "2020-01-03T00:00:00+02:00", "public": False},
        ],
    }  # fmt: skip
    ticket = desk.call("POST", "imports/tickets", {"ticket": values}).json["ticket"]
    assert (ticket["created_at"], ticket["status"], ticket["description"]) == ("2020-01-02T03:04:05Z", "solved", "one")
    comments = desk.call("GET", "tickets/1/comments").json["comments"]
    assert [(c["body"], c["created_at"], c["public"]) for c in comments] == [
        ("one", "2020-01-02T03:04:05Z", True),
        ("two", "2020-01-02T22:00:00Z", False),
    ]


def test_a_trigger_acts_within_the_same_audit() -> None:
    desk = Desk()
    trigger = {
        "title": "urgent words",
        "conditions": {
            "all": [
                {"field": "update_type", "operator": "is", "value": "Create"},
                {"field": "subject_includes_word", "operator": "includes", "value": "hacked"},
            ],
            "any": [],
        },
        "actions": [{"field": "priority", "value": "urgent"}, {"field": "current_tags", "value": "alarm"}],
    }
    assert desk.call("POST", "triggers", {"trigger": trigger}).status_code == 201
    ticket = desk.create(subject="I was hacked")
    assert (ticket["priority"], ticket["tags"]) == ("urgent", ["alarm"])
    (audit,) = desk.call("GET", "tickets/1/audits").json["audits"]
    by_rule = [event for event in audit["events"] if event.get("via", {}).get("channel") == "rule"]
    assert {event["field_name"] for event in by_rule} == {"priority", "tags"}
    assert all(isinstance(event["id"], int) for event in audit["events"])
    assert desk.create(subject="hello")["priority"] is None
