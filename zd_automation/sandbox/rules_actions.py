"""Actions of triggers and automations, applied to a working copy of the ticket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.rules_conditions import ID_FIELDS
from zd_automation.sandbox.rules_facts import STATUS_ORDER, custom_field_value
from zd_automation.sandbox.rules_placeholders import render
from zd_automation.sandbox.store import Doc

_PLAIN_FIELDS = frozenset({"status", "priority", "type", "subject", "custom_status_id"})
_TAG_ACTIONS = frozenset({"set_tags", "current_tags", "remove_tags"})


@dataclass(frozen=True)
class WebhookCall:
    """One webhook that a rule wants called: ``body`` is the rendered text, or name and value pairs."""

    webhook_id: str
    body: str | list[tuple[str, str]]
    rule_id: int
    ticket_id: int


@dataclass
class Effects:
    """What a rule did besides changing the ticket."""

    notifications: list[Doc] = field(default_factory=list)
    webhook_calls: list[WebhookCall] = field(default_factory=list)


def working_copy(ticket: Doc) -> Doc:
    """A copy whose tags and custom fields may be changed without touching the stored ticket."""
    copy = dict(ticket)
    copy["tags"] = list(ticket.get("tags") or [])
    copy["custom_fields"] = [dict(entry) for entry in ticket.get("custom_fields") or []]
    return copy


def apply_actions(account: Account, rule: Doc, ticket: Doc, actor: Doc) -> Effects:
    """Apply the rule's actions to ``ticket`` (a working copy) and return what is to be sent."""
    effects = Effects()
    for action in rule.get("actions") or []:
        name, value = action.get("field", ""), action.get("value")
        if name == "notification_webhook":
            effects.webhook_calls.append(_webhook_call(account, rule, value, ticket, actor))
        elif name in ("notification_user", "notification_group"):
            effects.notifications.append(_notification(account, name, value, ticket, actor))
        else:
            apply_change(account, name, value, ticket, actor)
    return effects


def apply_change(account: Account, name: str, value: Any, ticket: Doc, actor: Doc) -> None:
    """Apply one action that changes the ticket; an action without effect on a ticket is passed over."""
    if name in _TAG_ACTIONS:
        _apply_tags(name, value, ticket)
    elif name.startswith("custom_fields_"):
        _set_custom_field(account, int(name.removeprefix("custom_fields_")), value, ticket)
    elif name == "assignee_id":
        _assign(ticket, _person_id(value, ticket, actor))
    elif name == "status":
        set_status(account, ticket, str(value))
    elif name in ID_FIELDS:
        ticket[name] = _person_id(value, ticket, actor)
    elif name in _PLAIN_FIELDS:
        ticket[name] = value or None
    elif name in ("follower", "cc"):
        _add_person("follower_ids" if name == "follower" else "email_cc_ids", value, ticket, actor)


def set_status(account: Account, ticket: Doc, status: str) -> None:
    """Set the status category and the default custom status that goes with it."""
    if status not in STATUS_ORDER:
        return
    ticket["status"] = status
    for custom in account.store.collection("custom_statuses"):
        if custom.get("status_category") == status and custom.get("default"):
            ticket["custom_status_id"] = custom["id"]


def _apply_tags(name: str, value: Any, ticket: Doc) -> None:
    words = " ".join(value).lower().split() if isinstance(value, list) else str(value or "").lower().split()
    have = ticket["tags"]
    if name == "set_tags":
        ticket["tags"] = sorted(set(words))
    elif name == "current_tags":
        ticket["tags"] = sorted({*have, *words})
    else:
        ticket["tags"] = [tag for tag in have if tag not in words]


def _set_custom_field(account: Account, field_id: int, value: Any, ticket: Doc) -> None:
    old = custom_field_value(ticket, field_id)
    for entry in ticket["custom_fields"]:
        if int(entry["id"]) == field_id:
            entry["value"] = value
            break
    else:
        ticket["custom_fields"].append({"id": field_id, "value": value})
    definition = account.store.collection("ticket_fields").get(field_id) or {}
    if definition.get("type") == "tagger":
        # The value of a drop-down's option is a tag as well.
        ticket["tags"] = [tag for tag in ticket["tags"] if tag != old]
        _apply_tags("current_tags", value, ticket)


def _assign(ticket: Doc, assignee_id: int | None) -> None:
    ticket["assignee_id"] = assignee_id
    if assignee_id is not None and ticket.get("status") == "new":
        ticket["status"] = "open"


def _person_id(value: Any, ticket: Doc, actor: Doc) -> int | None:
    if value == "current_user":
        return actor.get("id")
    if value in ("requester_id", "assignee_id"):
        return ticket.get(value)
    text = str(value or "")
    return int(text) if text.isdigit() else None


def _add_person(key: str, value: Any, ticket: Doc, actor: Doc) -> None:
    person = _person_id(value[0] if isinstance(value, list) and value else value, ticket, actor)
    have = list(ticket.get(key) or [])
    if person is not None and person not in have:
        ticket[key] = [*have, person]


def _webhook_call(account: Account, rule: Doc, value: Any, ticket: Doc, actor: Doc) -> WebhookCall:
    webhook_id, content = [*value, ""][:2] if isinstance(value, list) else (value, "")
    body: str | list[tuple[str, str]]
    if isinstance(content, list):
        body = [(str(name), render(str(text), account, ticket, actor)) for name, text in content]
    else:
        body = render(str(content or ""), account, ticket, actor)
    return WebhookCall(str(webhook_id), body, rule["id"], ticket["id"])


def _notification(account: Account, name: str, value: Any, ticket: Doc, actor: Doc) -> Doc:
    to, subject, body = [*value, "", "", ""][:3] if isinstance(value, list) else (value, "", "")
    recipients = _group_members(account, to, ticket) if name == "notification_group" else None
    if recipients is None:
        recipients = _recipients(account, to, ticket, actor)
    return {
        "type": "Notification",
        "subject": render(str(subject), account, ticket, actor),
        "body": render(str(body), account, ticket, actor),
        "recipients": recipients,
    }


def _recipients(account: Account, to: Any, ticket: Doc, actor: Doc) -> list[int]:
    if to == "all_agents":
        users = account.store.collection("users")
        return [user["id"] for user in users if user.get("role") in ("agent", "admin")]
    if to == "requester_and_ccs":
        found = [ticket.get("requester_id"), *(ticket.get("email_cc_ids") or [])]
        return [user_id for user_id in found if user_id is not None]
    one = _person_id(to, ticket, actor)
    return [] if one is None else [one]


def _group_members(account: Account, to: Any, ticket: Doc) -> list[int]:
    group_id = ticket.get("group_id") if to in ("group_id", "current_groups") else _person_id(to, ticket, {})
    return [m["user_id"] for m in account.store.collection("group_memberships").by("group_id", group_id)]
