"""What a write does to a ticket, and what it refuses."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from zd_automation.sandbox import seed
from zd_automation.sandbox.account import Account, SandboxSettings
from zd_automation.sandbox.app import create_sandbox
from zd_automation.sandbox.clock import SandboxClock

ADMIN = ("admin@example.com/token", "t")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Desk:
    """A sandbox with a frozen clock and short ways to its calls."""

    def __init__(self, **settings: Any) -> None:
        limits = {
            "account_limit": 0,
            "ticket_update_limit": 0,
            "per_ticket_limit": 0,
            "incremental_limit": 0,
            "list_limit": 0,
        }
        self.app = create_sandbox(SandboxSettings(**(limits | settings)), clock=SandboxClock(NOON))
        self.account: Account = self.app.extensions["sandbox"]
        self.http: FlaskClient = self.app.test_client()

    def call(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        return self.http.open(f"/api/v2/{path}", method=method, json=body, auth=kwargs.pop("auth", ADMIN), **kwargs)

    def create(self, **values: Any) -> dict[str, Any]:
        answer = self.call("POST", "tickets", {"ticket": {"subject": "s", "comment": {"body": "b"}} | values})
        assert answer.status_code == 201, answer.json
        ticket: dict[str, Any] = answer.json["ticket"]
        return ticket

    def update(self, key: int, **values: Any) -> Any:
        return self.call("PUT", f"tickets/{key}", {"ticket": values})

    def user(self, email: str) -> int:
        found: int = self.account.store.collection("users").by("email", email)[0]["id"]
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_put_replaces_tags_and_tells_the_change(desk: Desk) -> None:
    desk.create(tags=["Old one", "kept"])
    answer = desk.update(1, tags=["kept", "NEW"])
    assert answer.json["ticket"]["tags"] == ["kept", "new"]
    (event,) = answer.json["audit"]["events"]
    assert (event["field_name"], event["value"], event["previous_value"]) == (
        "tags",
        ["kept", "new"],
        ["kept", "old", "one"],
    )


def test_stale_stamp_is_a_conflict_and_changes_nothing(desk: Desk) -> None:
    stamp = desk.create()["updated_at"]
    desk.account.clock.advance(5)
    assert desk.update(1, priority="low").status_code == 200
    refused = desk.update(1, safe_update=True, updated_stamp=stamp, priority="urgent", comment={"body": "note"})
    assert (refused.status_code, refused.json["error"]) == (409, "UpdateConflict")
    now = desk.call("GET", "tickets/1").json["ticket"]
    assert (now["priority"], now["updated_at"]) == ("low", "2026-11-22T12:00:05Z")
    assert desk.update(1, safe_update="true", updated_stamp=now["updated_at"], priority="high").status_code == 200


def test_two_writes_within_one_second_are_not_told_apart(desk: Desk) -> None:
    stamp = desk.create()["updated_at"]
    desk.update(1, priority="low")
    assert desk.update(1, safe_update=True, updated_stamp=stamp, priority="high").status_code == 200


def test_a_misspelt_stamp_removes_the_protection_with_a_warning(desk: Desk) -> None:
    desk.create()
    answer = desk.update(1, safe_update=True, update_stamp="2020-01-01T00:00:00Z", priority="low")
    assert answer.status_code == 200
    assert '["update_stamp"]' in answer.headers["X-Zendesk-Api-Warn"]


def test_read_only_keys_vanish_without_a_warning(desk: Desk) -> None:
    desk.create()
    answer = desk.update(1, description="other", created_at="2000-01-01T00:00:00Z", priority="low")
    assert "X-Zendesk-Api-Warn" not in answer.headers
    assert answer.json["ticket"]["description"] == "b"
    assert [event["field_name"] for event in answer.json["audit"]["events"]] == ["priority"]


def test_an_update_without_a_change_leaves_the_stamp_and_the_last_audit(desk: Desk) -> None:
    created = desk.create()
    desk.account.clock.advance(60)
    answer = desk.update(1, subject="s")
    assert answer.json["ticket"]["updated_at"] == created["updated_at"]
    assert len(desk.call("GET", "tickets/1/audits").json["audits"]) == 1
    assert answer.json["audit"] == desk.call("GET", "tickets/1/audits").json["audits"][0]


def test_metadata_lands_in_the_audit(desk: Desk) -> None:
    desk.create()
    answer = desk.update(1, priority="low", metadata={"zdauto_decision": "01JX"})
    assert answer.json["audit"]["metadata"]["custom"] == {"zdauto_decision": "01JX"}


@pytest.mark.parametrize(("first_public", "expected"), [(True, True), (False, False)])
def test_a_comment_without_public_takes_the_first_comments_visibility(
    desk: Desk, first_public: bool, expected: bool
) -> None:
    desk.create(comment={"body": "first", "public": first_public})
    desk.update(1, comment={"body": "second"})
    assert [c["public"] for c in desk.call("GET", "tickets/1/comments").json["comments"]] == [first_public, expected]


def test_html_comments_are_sanitised_and_have_a_plain_body(desk: Desk) -> None:
    desk.create(comment={"html_body": "<p>one &amp; two</p><script>alert(1)</script><p>three</p>"})
    (comment,) = desk.call("GET", "tickets/1/comments").json["comments"]
    assert comment["html_body"] == '<div class="zd-comment" dir="auto"><p>one &amp; two</p><p>three</p></div>'
    assert comment["plain_body"] == "one & two\n\nthree"


def test_closed_tickets_refuse_updates_but_bulk_may_change_tags(desk: Desk) -> None:
    desk.create(status="closed", tags=["a"])
    refused = desk.update(1, tags=["b"])
    assert refused.status_code == 422
    assert refused.json["details"]["status"][0]["description"] == "closed prevents ticket update"
    desk.call("PUT", "tickets/update_many?ids=1", {"ticket": {"additional_tags": ["b"]}})
    assert desk.call("GET", "tickets/1").json["ticket"]["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "value"), [("priority", "huge"), ("status", "asleep"), ("type", "riddle"), ("group_id", 5)]
)
def test_wrong_values_are_refused_and_nothing_is_written(desk: Desk, name: str, value: Any) -> None:
    desk.create()
    answer = desk.update(1, **{name: value, "subject": "changed"})
    assert (answer.status_code, answer.json["error"]) == (422, "RecordInvalid")
    assert name.removesuffix("_id") in answer.json["details"]
    assert desk.call("GET", "tickets/1").json["ticket"]["subject"] == "s"


def test_a_ticket_needs_a_description(desk: Desk) -> None:
    answer = desk.call("POST", "tickets", {"ticket": {"subject": "s"}})
    assert answer.json["details"] == {"base": [{"description": "Description: cannot be blank", "error": "BlankValue"}]}
    assert desk.create()["id"] == 1


def test_the_assignee_goes_when_the_group_changes_to_one_he_is_not_in(desk: Desk) -> None:
    ada = desk.user("ada@example.com")
    created = desk.create(assignee_id=ada)
    assert created["status"] == "open"
    assert created["group_id"] is not None
    other = seed.add_group(desk.account, "Security")["id"]
    moved = desk.update(1, group_id=other).json["ticket"]
    assert (moved["group_id"], moved["assignee_id"]) == (other, None)


def test_generated_timestamp_is_zero_at_creation_and_real_afterwards(desk: Desk) -> None:
    assert desk.create()["generated_timestamp"] == 0
    assert desk.call("GET", "tickets/1").json["ticket"]["generated_timestamp"] == int(NOON.timestamp())


def test_drop_downs_bring_and_take_their_tag(desk: Desk) -> None:
    field = seed.add_ticket_field(desk.account, "tagger", "Topic", [("Login", "login"), ("Refund", "refund")])
    desk.create(custom_fields=[{"id": field["id"], "value": "login"}])
    assert desk.update(1, custom_fields=[{"id": field["id"], "value": "refund"}]).json["ticket"]["tags"] == ["refund"]
    cleared = desk.update(1, tags=["other"]).json["ticket"]
    assert cleared["custom_fields"] == [{"id": field["id"], "value": None}]
    refused = desk.update(1, custom_fields=[{"id": field["id"], "value": "nonsense"}])
    assert refused.json["details"]["base"][0]["ticket_field_type"] == "FieldTagger"


def test_deleted_tickets_are_gone_and_come_back(desk: Desk) -> None:
    desk.create()
    assert desk.call("DELETE", "tickets/1").status_code == 204
    assert desk.call("GET", "tickets/1").status_code == 404
    assert desk.call("PUT", "deleted_tickets/1/restore").status_code == 200
    assert desk.call("GET", "tickets/1").json["ticket"]["subject"] == "s"


def test_the_same_idempotency_key_makes_one_ticket(desk: Desk) -> None:
    body = {"ticket": {"subject": "s", "comment": {"body": "b"}}}
    answers = [desk.call("POST", "tickets", body, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.headers["X-Idempotency-Lookup"] for answer in answers] == ["miss", "hit"]
    assert [answer.json["ticket"]["id"] for answer in answers] == [1, 1]


def test_a_new_requester_is_made_once_with_his_locale(desk: Desk) -> None:
    who = {"name": "Rita", "email": "Rita@example.com", "locale": "de"}
    assert desk.create(requester=who)["requester_id"] == desk.create(requester=who)["requester_id"]
    user = desk.account.store.collection("users").get(desk.user("rita@example.com"))
    assert user is not None
    assert (user["locale_id"], user["role"]) == (8, "end-user")


def test_end_users_see_only_their_own_public_words(desk: Desk) -> None:
    desk.create(requester={"name": "Rita", "email": "rita@example.com"})
    desk.create()
    desk.update(1, comment={"body": "secret", "public": False})
    rita = ("rita@example.com/token", "t")
    assert desk.call("GET", "tickets/2", auth=rita).status_code == 404
    assert [c["body"] for c in desk.call("GET", "requests/1/comments", auth=rita).json["comments"]] == ["b"]
    assert desk.call("PUT", "tickets/1", {"ticket": {"priority": "low"}}, auth=rita).status_code == 403


def test_comments_stop_at_5000_but_other_updates_go_on(desk: Desk) -> None:
    desk.create()
    comments = desk.account.store.collection("comments")
    first = next(iter(comments))
    for number in range(4999):
        comments.save({**first, "id": number})
    refused = desk.update(1, comment={"body": "one too many"})
    assert refused.status_code == 422
    assert desk.update(1, priority="low").status_code == 200


def test_the_triage_double_makes_a_stamp_stale() -> None:
    desk = Desk(triage_double=True)
    stamp = desk.create(requester={"name": "R", "email": "r@example.com", "locale": "de"})["updated_at"]
    desk.account.clock.advance(21)
    tags = desk.call("GET", "tickets/1").json["ticket"]["tags"]
    assert [tag.split("__")[0] for tag in tags] == ["intent", "language", "sentiment"]
    assert "language__de" in tags
    assert desk.update(1, safe_update=True, updated_stamp=stamp, priority="low").status_code == 409


def test_the_routing_double_assigns_a_grouped_and_tagged_ticket() -> None:
    desk = Desk(routing_double=True)
    group = next(iter(desk.account.store.collection("groups")))["id"]
    desk.create(group_id=group, tags=["auto-routing"])
    desk.create(tags=["auto-routing"])
    first, second = desk.call("GET", "tickets").json["tickets"]
    assert first["assignee_id"] is not None
    assert second["assignee_id"] is None


def test_random_writes_keep_the_ticket_and_its_audits_in_step(desk: Desk) -> None:
    """Replaying the audits' changes over the first state gives the present state."""
    draw = random.Random(7)
    desk.create(tags=["t0"])
    for step in range(60):
        desk.account.clock.advance(draw.randint(0, 3))
        values = {
            "priority": draw.choice([None, "low", "high"]),
            "tags": [f"t{draw.randint(0, 5)}"],
            "status": draw.choice(["open", "pending"]),
            "subject": f"s{step}",
        }
        assert desk.update(1, **{k: values[k] for k in draw.sample(sorted(values), 2)}).status_code == 200
    replayed: dict[str, Any] = {}
    for audit in desk.call("GET", "tickets/1/audits").json["audits"]:
        for event in audit["events"]:
            if event["type"] == "Change":
                assert replayed.get(event["field_name"]) == event["previous_value"]
            if event["type"] in ("Create", "Change"):
                replayed[event["field_name"]] = event["value"]
    ticket = desk.call("GET", "tickets/1").json["ticket"]
    assert all(ticket[name] == replayed.get(name) for name in ("priority", "tags", "status", "subject"))
