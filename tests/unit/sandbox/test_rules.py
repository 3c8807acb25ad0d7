from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from zd_automation.sandbox.account import Account, SandboxSettings
from zd_automation.sandbox.clock import SandboxClock
from zd_automation.sandbox.rules import RuleContext, TriggerRun, run_triggers, ticket_matches
from zd_automation.sandbox.rules_conditions import condition_holds
from zd_automation.sandbox.rules_facts import Facts
from zd_automation.sandbox.rules_placeholders import render
from zd_automation.sandbox.store import Doc, Store

CUSTOMER: Doc = {"id": 10, "name": "Ana Maria Silva", "email": "ana@example.com", "role": "end-user", "locale_id": 19}
AGENT: Doc = {"id": 20, "name": "Ada Agent", "email": "ada@example.com", "role": "agent", "locale_id": 1}


@pytest.fixture
def account() -> Account:
    made = Account(SandboxSettings(), Store(), SandboxClock(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)))
    for user in (CUSTOMER, AGENT):
        made.store.collection("users").save(dict(user))
    made.store.collection("locales").save({"id": 19, "locale": "pt-BR", "name": "Português (Brasil)"})
    made.store.collection("groups").save({"id": 7, "name": "Security"})
    return made


def a_ticket(**values: Any) -> Doc:
    blank: Doc = {
        "id": 5,
        "subject": "Cannot log in",
        "description": 'My "2FA" code fails',
        "status": "new",
        "priority": None,
        "type": None,
        "group_id": None,
        "assignee_id": None,
        "requester_id": 10,
        "submitter_id": 10,
        "organization_id": None,
        "brand_id": 3,
        "ticket_form_id": 4,
        "tags": ["vip"],
        "custom_fields": [{"id": 99, "value": None}],
        "is_public": True,
        "via": {"channel": "email"},
        "created_at": "2026-11-20T03:00:00Z",
        "updated_at": "2026-11-21T02:30:00Z",
    }
    return {**blank, **values}


def add_trigger(
    account: Account, key: int, conditions: list[tuple[str, str, Any]], *actions: tuple[str, Any], **more: Any
) -> None:
    every = [{"field": field, "operator": operator, "value": value} for field, operator, value in conditions]
    account.store.collection("triggers").save(
        {
            "id": key,
            "title": f"trigger {key}",
            "active": True,
            "position": key,
            "conditions": {"all": every, "any": []},
            "actions": [{"field": field, "value": value} for field, value in actions],
            **more,
        }
    )


def run(
    account: Account, ticket: Doc, previous: Doc | None = None, actor: Doc = CUSTOMER, comment: Doc | None = None
) -> TriggerRun:
    update_type = "Create" if previous is None else "Change"
    return run_triggers(account, RuleContext(ticket, previous, update_type, actor, comment))


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("update_type", "is", "Create", False),
        ("update_type", "is", "Change", True),
        ("status", "is", "open", True),
        ("status", "is_not", "open", False),
        ("status", "less_than", "solved", True),
        ("status", "less_than", "open", False),
        ("status", "greater_than", "new", True),
        ("status", "changed", None, True),
        ("status", "not_changed", None, False),
        ("status", "value", "open", True),
        ("status", "value", "solved", False),
        ("status", "value_previous", "new", True),
        ("status", "not_value_previous", "solved", True),
        ("status", "not_value", "open", False),
        ("priority", "less_than", "urgent", True),
        ("priority", "greater_than", "normal", True),
        ("priority", "changed", None, False),
        ("current_tags", "includes", "gold VIP", True),
        ("current_tags", "not_includes", "gold vip", False),
        ("current_tags", "not_includes", "gold", True),
        ("via_id", "is", "4", True),
        ("via_id", "is_not", 4, False),
        ("current_via_id", "is", "5", True),
        ("role", "is", "agent", True),
        ("role", "is", "end_user", False),
        ("role", "is_not", "end_user", True),
        ("comment_is_public", "is", True, False),
        ("comment_is_public", "is", "false", True),
        ("comment_is_public", "is", "not_relevant", True),
        ("ticket_is_public", "is", "public", True),
        ("ticket_is_public", "is", "private", False),
        ("group_id", "is", "7", True),
        ("group_id", "is_not", "", True),
        ("group_id", "changed", None, True),
        ("assignee_id", "is", "current_user", True),
        ("assignee_id", "is_not", "requester_id", True),
        ("organization_id", "is", "", True),
        ("requester_id", "is", 10, True),
        ("locale_id", "is", "19", True),
        ("locale_id", "is_not", 19, False),
        ("subject_includes_word", "includes", "LOG banana", True),
        ("subject_includes_word", "not_includes", "banana apple", True),
        ("subject_includes_word", "is", "cannot log", True),
        ("subject_includes_word", "is", "log cannot", False),
        ("comment_includes_word", "includes", "gestohlen", True),
        ("description_includes_word", "includes", "2fa", True),
        ("brand_id", "is", "3", True),
        ("ticket_form_id", "is_not", "4", False),
        ("custom_fields_99", "is", "withdrawal", True),
        ("custom_fields_99", "changed", None, True),
        ("custom_fields_98", "is", "withdrawal", False),
        ("a_field_nobody_knows", "is", "", False),
    ],
)
def test_each_condition_says_what_it_says(
    account: Account, field: str, operator: str, value: Any, expected: bool
) -> None:
    before = a_ticket()
    changed = {"status": "open", "priority": "high", "group_id": 7, "assignee_id": 20}
    after = a_ticket(**changed, custom_fields=[{"id": 99, "value": "withdrawal"}])
    before["priority"] = "high"
    comment = {"public": False, "body": "Konto gestohlen", "via": {"channel": "api"}}
    facts = Facts(account, after, before, "Change", AGENT, comment)
    assert condition_holds({"field": field, "operator": operator, "value": value}, facts) is expected


def test_without_a_comment_no_comment_condition_holds(account: Account) -> None:
    facts = Facts(account, a_ticket(), a_ticket(), "Change", AGENT, None)
    for value in (True, False, "not_relevant"):
        assert not condition_holds({"field": "comment_is_public", "operator": "is", "value": value}, facts)


def test_any_needs_one_and_all_needs_every(account: Account) -> None:
    is_new = {"field": "status", "operator": "is", "value": "new"}
    is_open = {"field": "status", "operator": "is", "value": "open"}
    assert ticket_matches(account, {"all": [is_new], "any": [is_open, is_new]}, a_ticket())
    assert not ticket_matches(account, {"all": [is_new], "any": [is_open]}, a_ticket())
    assert not ticket_matches(account, {"all": [is_new, is_open], "any": []}, a_ticket())


def test_hours_are_counted_from_the_sandbox_clock(account: Account) -> None:
    created_48_hours_ago = {"field": "created_at", "operator": "greater_than", "value": "47"}
    assert ticket_matches(account, {"all": [created_48_hours_ago]}, a_ticket())
    updated_24_hours_ago = {"field": "NEW", "operator": "is", "value": "24"}
    assert ticket_matches(account, {"all": [updated_24_hours_ago]}, a_ticket())
    account.clock.advance(3600)
    assert not ticket_matches(account, {"all": [updated_24_hours_ago]}, a_ticket())


def test_later_triggers_see_earlier_changes_and_the_list_restarts(account: Account) -> None:
    add_trigger(account, 1, [("priority", "is", "urgent")], ("group_id", "7"))
    add_trigger(account, 2, [("update_type", "is", "Create")], ("priority", "urgent"))
    add_trigger(account, 3, [("group_id", "is", "7")], ("current_tags", "seen Seen"))
    done = run(account, a_ticket())
    assert done.changes == {"priority": "urgent", "group_id": 7, "tags": ["seen", "vip"]}


def test_a_trigger_fires_once_per_update(account: Account) -> None:
    add_trigger(account, 1, [("priority", "is_not", "urgent")], ("priority", "urgent"))
    add_trigger(account, 2, [("priority", "is", "urgent")], ("priority", "low"))
    done = run(account, a_ticket())
    assert done.changes == {"priority": "low"}


def test_only_net_changes_leave_events_and_name_their_trigger(account: Account) -> None:
    add_trigger(account, 1, [("update_type", "is", "Create")], ("priority", "low"), ("current_tags", "a"))
    add_trigger(account, 2, [("priority", "is", "low")], ("priority", ""))
    done = run(account, a_ticket())
    assert done.events == [
        {
            "type": "Change",
            "field_name": "tags",
            "value": ["a", "vip"],
            "previous_value": ["vip"],
            "via": {
                "channel": "rule",
                "source": {
                    "from": {"id": 1, "title": "trigger 1", "deleted": False, "revision_id": 1},
                    "to": {},
                    "rel": "trigger",
                },
            },
        }
    ]


def test_the_ticket_that_was_handed_in_stays_as_it_was(account: Account) -> None:
    add_trigger(account, 1, [], ("set_tags", "x"), ("custom_fields_99", "withdrawal"), ("assignee_id", "20"))
    ticket = a_ticket()
    done = run(account, ticket)
    assert ticket == a_ticket()
    assert done.changes["tags"] == ["x"]
    assert done.changes["custom_fields"] == [{"id": 99, "value": "withdrawal"}]
    assert (done.changes["assignee_id"], done.changes["status"]) == (20, "open")


def test_closed_tickets_are_left_alone_but_the_update_that_closes_is_not(account: Account) -> None:
    add_trigger(account, 1, [], ("current_tags", "touched"))
    closed = a_ticket(status="closed")
    assert run(account, closed, previous=closed).changes == {}
    assert run(account, closed, previous=a_ticket(status="solved")).changes == {"tags": ["touched", "vip"]}


def test_inactive_triggers_do_nothing_and_categories_order_the_rest(account: Account) -> None:
    categories = account.store.collection("trigger_categories")
    categories.save({"id": "100", "position": 2})
    categories.save({"id": "200", "position": 1})
    add_trigger(account, 1, [("priority", "is", "")], ("priority", "low"), category_id="100")
    add_trigger(account, 2, [("priority", "is", "")], ("priority", "high"), category_id="200")
    add_trigger(account, 3, [], ("set_tags", "never"), active=False, category_id="200")
    assert run(account, a_ticket()).changes == {"priority": "high"}


def test_a_webhook_action_carries_the_rendered_body(account: Account) -> None:
    body = '{"id": "{{ticket.id}}", "lang": "{{ticket.requester.language}}", "st": "{{ticket.status | downcase}}"}'
    add_trigger(account, 1, [], ("notification_webhook", ["01HOOK", body]))
    call = run(account, a_ticket()).webhook_calls[0]
    assert (call.webhook_id, call.rule_id, call.ticket_id) == ("01HOOK", 1, 5)
    assert call.body == '{"id": "5", "lang": "Português (Brasil)", "st": "new"}'


def test_pairs_are_rendered_as_pairs(account: Account) -> None:
    add_trigger(account, 1, [], ("notification_webhook", ["01HOOK", [["ticket", "{{ticket.id}}"]]]))
    assert run(account, a_ticket()).webhook_calls[0].body == [("ticket", "5")]


def test_a_mail_to_the_requester_is_an_event_only(account: Account) -> None:
    add_trigger(
        account,
        1,
        [],
        ("notification_user", ["requester_id", "Re: {{ticket.title}}", "Hello {{ticket.requester.first_name}}"]),
    )
    done = run(account, a_ticket())
    assert done.changes == {}
    event = done.events[0]
    assert (event["type"], event["subject"], event["body"]) == ("Notification", "Re: Cannot log in", "Hello Ana")
    assert event["recipients"] == [10]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ticket.description}}", 'My "2FA" code fails'),
        ("{{ ticket.tags }}", "gold vip"),
        ("{{ticket.status}}/{{ticket.priority}}", "Open/Urgent"),
        ("{{ticket.group.name}}", "Security"),
        ("{{ticket.requester.last_name}}", "Maria Silva"),
        ("{{ticket.requester.email | upcase}}", "ANA@EXAMPLE.COM"),
        ("{{current_user.name}}", "Ada Agent"),
        ("{{ticket.ticket_field_99}}", "withdrawal"),
        ("{{ticket.assignee.name | default: 'nobody'}}", "nobody"),
        ("[{{ticket.nothing.like.it}}{{dc.unknown}}]", "[]"),
        ("{{Ticket.ID}}", ""),
    ],
)
def test_placeholders(account: Account, text: str, expected: str) -> None:
    ticket = a_ticket(
        tags=["gold", "vip"],
        status="open",
        priority="urgent",
        group_id=7,
        custom_fields=[{"id": 99, "value": "withdrawal"}],
    )
    assert render(text, account, ticket, AGENT) == expected
