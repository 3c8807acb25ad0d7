"""What the rest of the world hears of a write: event-subscription webhooks and the webhooks that triggers call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.delivery import deliveries
from zd_automation.sandbox.rules import WebhookCall
from zd_automation.sandbox.store import Doc

# ticket key -> the event that tells of its change with {"current", "previous"}
CHANGES = {
    "status": "ticket.status_changed",
    "custom_status_id": "ticket.custom_status_changed",
    "priority": "ticket.priority_changed",
    "type": "ticket.type_changed",
    "subject": "ticket.subject_changed",
    "group_id": "ticket.group_assignment_changed",
    "assignee_id": "ticket.agent_assignment_changed",
    "organization_id": "ticket.organization_changed",
    "requester_id": "ticket.requester_changed",
    "brand_id": "ticket.brand_changed",
    "ticket_form_id": "ticket.form_changed",
    "external_id": "ticket.external_id_changed",
    "problem_id": "ticket.problem_link_changed",
    "due_at": "ticket.task_due_at_changed",
}
PEOPLE = {"email_cc_ids": "ticket.email_ccs_changed", "follower_ids": "ticket.followers_changed"}
_UPPER = {"status", "priority", "type"}


def announce_created(account: Account, ticket: Doc, actor: Doc, calls: Sequence[WebhookCall]) -> None:
    """Tell of a new ticket. Called after the commit, without the store's lock."""
    sender = deliveries(account)
    sender.ticket_event("ticket.created", ticket, actor, {})
    for call in calls:
        sender.call(call, ticket)
    for listener in account.parts.get("after_create", ()):
        listener(ticket)


def announce_changed(
    account: Account, before: Doc, after: Doc, actor: Doc, comment: Doc | None, calls: Sequence[WebhookCall]
) -> None:
    """Tell of every change between two states of a ticket. Called after the commit, without the store's lock."""
    sender = deliveries(account)
    for kind, event in changes(account, before, after, comment):
        sender.ticket_event(kind, after, actor, event)
    for call in calls:
        sender.call(call, after)


def announce(account: Account, kind: str, ticket: Doc, actor: Doc, event: Doc | None = None) -> None:
    """Tell of one thing that is no change of a key: deletion, restoring, merging."""
    deliveries(account).ticket_event(kind, ticket, actor, event or {})


def changes(account: Account, before: Doc, after: Doc, comment: Doc | None) -> list[tuple[str, Doc]]:
    """``(kind, event object)`` for everything that differs."""
    found: list[tuple[str, Doc]] = []
    if comment is not None:
        found.append(("ticket.comment_added", {"comment": comment_object(account, comment)}))
    if after["tags"] != before["tags"]:
        new, old = set(after["tags"]), set(before["tags"])
        found.append(("ticket.tags_changed", {"tags_added": sorted(new - old), "tags_removed": sorted(old - new)}))
    for name, kind in CHANGES.items():
        if after[name] != before[name]:
            found.append((kind, {"current": _value(name, after[name]), "previous": _value(name, before[name])}))
    for name, kind in PEOPLE.items():
        if after[name] != before[name]:
            found.append((kind, _people(before[name], after[name])))
    if after["custom_fields"] is not before["custom_fields"]:
        found += _custom_fields(account, before, after)
    return found


def comment_object(account: Account, comment: Doc) -> Doc:
    """The comment as events carry it."""
    author = account.store.collection("users").get(comment["author_id"]) or {"name": "", "role": "end-user"}
    return {
        "id": str(comment["id"]),
        "body": comment["body"],
        "is_public": comment["public"],
        "author": {
            "id": str(comment["author_id"]),
            "is_staff": author["role"] != "end-user",
            "name": author["name"],
        },
    }


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _UPPER:
        return str(value).upper()
    return str(value) if name.endswith("_id") else value


def _people(before: list[int], after: list[int]) -> Doc:
    return {
        "users_added": [str(key) for key in after if key not in before],
        "users_removed": [str(key) for key in before if key not in after],
    }


def _custom_fields(account: Account, before: Doc, after: Doc) -> list[tuple[str, Doc]]:
    old = {entry["id"]: entry["value"] for entry in before["custom_fields"]}
    found: list[tuple[str, Doc]] = []
    for entry in after["custom_fields"]:
        previous = old.get(entry["id"])
        if entry["value"] == previous:
            continue
        field = account.store.collection("ticket_fields").get(entry["id"]) or {"title": "", "type": "text"}
        event = {
            "current": entry["value"],
            "previous": previous,
            "custom_field": {"id": str(entry["id"]), "title": field["title"], "type": field["type"]},
        }
        found.append(("ticket.custom_field_changed", event))
    return found
