"""What conditions and actions an account offers: ``/triggers/definitions`` and ``/macros/definitions``."""

from __future__ import annotations

from collections.abc import Iterable

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc

_TITLES = {
    "is": "Is",
    "is_not": "Is not",
    "less_than": "Less than",
    "greater_than": "Greater than",
    "changed": "Changed",
    "value": "Changed to",
    "value_previous": "Changed from",
    "not_changed": "Not changed",
    "not_value": "Not changed to",
    "not_value_previous": "Not changed from",
    "includes": "Contains at least one of the following",
    "not_includes": "Contains none of the following",
}
_EQUAL = ("is", "is_not")
_CHANGES = ("changed", "value", "value_previous", "not_changed", "not_value", "not_value_previous")
_ORDERED = (*_EQUAL, "less_than", "greater_than", *_CHANGES)
_WORDS = ("includes", "not_includes", *_EQUAL)
_STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
_PRIORITIES = ("low", "normal", "high", "urgent")
_TYPES = ("question", "incident", "problem", "task")
_CHANNELS = (("0", "Web form"), ("4", "Email"), ("5", "Web service (API)"), ("8", "Rule"), ("29", "Chat"))


def trigger_definitions(account: Account) -> Doc:
    """All conditions and actions of triggers, with this account's groups, brands, forms and fields."""
    conditions = [*_ticket_conditions(account), *_update_conditions(account), *_field_conditions(account)]
    return {
        "actions": _actions(account, with_notifications=True),
        "conditions_all": conditions,
        "conditions_any": conditions,
    }


def macro_definitions(account: Account) -> Doc:
    """All actions of macros."""
    comment = _entry("Comment/description", "comment_value", "text")
    visibility = _entry(
        "Comment mode", "comment_mode_is_public", "list", values=(("true", "Public"), ("false", "Private"))
    )
    return {"actions": [*_actions(account, with_notifications=False), comment, visibility]}


def _ticket_conditions(account: Account) -> list[Doc]:
    return [
        _entry("Status", "status", "list", _ORDERED, _plain(_STATUSES)),
        _entry("Priority", "priority", "list", _ORDERED, _plain(_PRIORITIES), nullable=True),
        _entry("Type", "type", "list", (*_EQUAL, *_CHANGES), _plain(_TYPES), nullable=True),
        _entry("Group", "group_id", "list", (*_EQUAL, *_CHANGES), _named(account, "groups"), nullable=True),
        _entry("Assignee", "assignee_id", "list", (*_EQUAL, *_CHANGES), _people(account), nullable=True),
        _entry("Brand", "brand_id", "list", (*_EQUAL, *_CHANGES), _named(account, "brands")),
        _entry("Form", "ticket_form_id", "list", (*_EQUAL, *_CHANGES), _named(account, "ticket_forms")),
        _entry("Organization", "organization_id", "autocomplete", (*_EQUAL, *_CHANGES), nullable=True),
        _entry("Requester", "requester_id", "autocomplete", (*_EQUAL, *_CHANGES)),
        _entry("Tags", "current_tags", "text", ("includes", "not_includes")),
        _entry("Channel", "via_id", "list", _EQUAL, _CHANNELS),
        _entry("Received at", "recipient", "text", _EQUAL),
        _entry("Number of incidents", "number_of_incidents", "text", ("less_than", "greater_than", "is")),
    ]


def _update_conditions(account: Account) -> list[Doc]:
    privacy = (("public", "Has public comments"), ("private", "Is private"))
    comment = (
        ("true", "Public"),
        ("false", "Private"),
        ("not_relevant", "Present (public or private)"),
        ("requester_can_see_comment", "Present, and requester can see the comment"),
    )
    return [
        _entry("Ticket", "update_type", "list", ("is",), (("Create", "Created"), ("Change", "Updated"))),
        _entry("Privacy", "ticket_is_public", "list", _EQUAL, privacy),
        _entry("Comment", "comment_is_public", "list", _EQUAL, comment),
        _entry("Comment text", "comment_includes_word", "text", _WORDS),
        _entry("Subject text", "subject_includes_word", "text", _WORDS),
        _entry("Description", "description_includes_word", "text", _WORDS),
        _entry("Current user", "role", "list", _EQUAL, (("agent", "(agent)"), ("end_user", "(end user)"))),
        _entry("Update via", "current_via_id", "list", _EQUAL, _CHANNELS),
        _entry("Language", "locale_id", "list", _EQUAL, _named(account, "locales"), group="requester"),
        _entry("Attachment", "attachment", "list", ("is",), (("present", "Present"), ("not_present", "Not present"))),
        _entry("CC", "cc", "list", ("is",), (("present", "Present"), ("not_present", "Not present"))),
        _entry("Reopens", "reopens", "text", ("less_than", "greater_than", "is"), group="ticket_statistics"),
        _entry("Agent replies", "replies", "text", ("less_than", "greater_than", "is"), group="ticket_statistics"),
        _entry("Assignee stations", "agent_stations", "text", ("less_than", "greater_than", "is")),
        _entry("Group stations", "group_stations", "text", ("less_than", "greater_than", "is")),
        _entry("In business hours", "in_business_hours", "list", ("is",), (("true", "Yes"), ("false", "No"))),
    ]


def _field_conditions(account: Account) -> list[Doc]:
    found = []
    for field in account.store.collection("ticket_fields").by("removable", True):
        values = [(str(o["value"]), str(o["name"])) for o in field.get("custom_field_options") or []]
        kind = "list" if values else "text"
        found.append(_entry(field["title"], f"custom_fields_{field['id']}", kind, (*_EQUAL, *_CHANGES), values, True))
    return found


def _actions(account: Account, with_notifications: bool) -> list[Doc]:
    found = [
        _entry("Status", "status", "list", values=_plain(_STATUSES[1:])),
        _entry("Brand", "brand_id", "list", values=_named(account, "brands")),
        _entry("Form", "ticket_form_id", "list", values=_named(account, "ticket_forms")),
        _entry("Priority", "priority", "list", values=_plain(_PRIORITIES)),
        _entry("Type", "type", "list", values=_plain(_TYPES)),
        _entry("Group", "group_id", "list", values=_named(account, "groups"), nullable=True),
        _entry("Assignee", "assignee_id", "list", values=_people(account), nullable=True),
        _entry("Set tags", "set_tags", "text"),
        _entry("Add tags", "current_tags", "text"),
        _entry("Remove tags", "remove_tags", "text"),
    ]
    for field in account.store.collection("ticket_fields").by("removable", True):
        values = [(str(o["value"]), str(o["name"])) for o in field.get("custom_field_options") or []]
        found.append(
            _entry(field["title"], f"custom_fields_{field['id']}", "list" if values else "text", (), values, True)
        )
    if with_notifications:
        webhooks = [(str(w["id"]), str(w["name"])) for w in account.store.collection("webhooks")]
        found += [
            _entry("Email user", "notification_user", "list", values=_people(account), group="notification"),
            _entry("Email group", "notification_group", "list", values=_named(account, "groups"), group="notification"),
            _entry("Notify active webhook", "notification_webhook", "list", values=webhooks, group="notification"),
        ]
    return found


def _entry(
    title: str,
    subject: str,
    kind: str,
    operators: Iterable[str] = (),
    values: Iterable[tuple[str, str]] = (),
    nullable: bool = False,
    group: str = "ticket",
) -> Doc:
    entry: Doc = {
        "title": title,
        "type": kind,
        "subject": subject,
        "group": group,
        "nullable": nullable,
        "repeatable": False,
    }
    shown = [_operator(name) for name in operators]
    if shown:
        entry["operators"] = shown
    if kind == "list":
        entry["values"] = [{"value": value, "title": label, "enabled": True} for value, label in values]
    return entry


def _operator(name: str) -> Doc:
    return {"value": name, "title": _TITLES[name], "terminal": name in ("changed", "not_changed")}


def _plain(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, "On-hold" if name == "hold" else name.capitalize()) for name in names]


def _named(account: Account, kind: str) -> list[tuple[str, str]]:
    docs = account.store.collection(kind)
    return [(str(doc["id"]), str(doc.get("name"))) for doc in docs if not doc.get("deleted")]


def _people(account: Account) -> list[tuple[str, str]]:
    special = [("current_user", "(current user)"), ("requester_id", "(requester)")]
    staff = [user for user in account.store.collection("users") if user.get("role") in ("agent", "admin")]
    return special + [(str(user["id"]), str(user["name"])) for user in staff]
