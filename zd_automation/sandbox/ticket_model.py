"""The ticket as a document: which keys may be written, how values are cleaned and checked, how it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError, api_base, as_int, invalid, invalid_field

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
TYPES = ("problem", "incident", "question", "task")
CHANNELS = {0: "web", 4: "email", 5: "api", 8: "rule", 29: "chat", 44: "voice", 45: "voice", 46: "voice"}

PLAIN_KEYS = ("subject", "status", "priority", "type", "external_id", "due_at", "problem_id", "recipient")
ID_KEYS = ("requester_id", "submitter_id", "assignee_id", "group_id", "organization_id", "brand_id", "ticket_form_id")
PEOPLE_KEYS = ("collaborator_ids", "follower_ids", "email_cc_ids")
# The order in which a ticket's first audit names what was set, as recorded.
AUDITED = (
    "subject", "requester_id", "tags", "type", "priority", "status", "group_id", "assignee_id", "organization_id",
    "brand_id", "ticket_form_id", "external_id", "due_at", "problem_id", "recipient", "custom_status_id",
    "collaborator_ids", "follower_ids", "email_cc_ids", "sharing_agreement_ids", "is_public",
)  # fmt: skip
WRITABLE = frozenset(PLAIN_KEYS + ID_KEYS + PEOPLE_KEYS) | {
    "comment", "tags", "custom_fields", "fields", "custom_status_id", "requester", "submitter", "assignee_email",
    "collaborators", "additional_collaborators", "followers", "email_ccs", "sharing_agreement_ids", "metadata",
    "macro_id", "macro_ids", "attribute_value_ids", "safe_update", "updated_stamp", "via", "via_id",
    "via_followup_source_id", "voice_comment", "organization", "group",
}  # fmt: skip
CREATE_ONLY = frozenset({"via", "via_id", "via_followup_source_id", "description", "submitter_id", "recipient"})
READ_ONLY = frozenset({
    "id", "url", "created_at", "updated_at", "generated_timestamp", "raw_subject", "description", "has_incidents",
    "is_public", "satisfaction_rating", "satisfaction_probability", "followup_ids", "from_messaging_channel",
    "allow_channelback", "allow_attachments", "forum_topic_id", "result_type", "encoded_id", "support_type",
    "comment_count", "incident_counts", "metric_set", "audit", "last_audits", "dates", "slas",
})  # fmt: skip
BULK_ONLY = frozenset({"additional_tags", "remove_tags"})


def present_ticket(doc: Doc) -> Doc:
    """The ticket as the API shows it."""
    shown: Doc = {"url": f"{api_base()}/tickets/{doc['id']}.json"}
    shown.update(doc)
    shown["fields"] = doc["custom_fields"]
    return shown


def unknown_keys(values: Mapping[str, Any], bulk: bool = False) -> list[str]:
    """Keys that no ticket has and that the API therefore drops with a warning."""
    return [k for k in values if k not in WRITABLE and k not in READ_ONLY and not (bulk and k in BULK_ONLY)]


def clean_tags(value: object) -> list[str]:
    """Tags from a list or a text: lower case, split at spaces, each once, sorted as Zendesk returns them."""
    if value is None:
        return []
    parts: Iterable[Any] = value.replace(",", " ").split() if isinstance(value, str) else _flat(value)
    return sorted({word for part in parts for word in str(part).lower().split() if word})


def _flat(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise invalid_field("tags", "Tags: must be a list of texts", "InvalidValue")
    return [item for item in value if isinstance(item, str | int)]


def check_choice(name: str, value: object, choices: tuple[str, ...], nullable: bool) -> str | None:
    """One of ``choices``, or None where that is allowed (an empty text counts as None). Raises 422."""
    if value in (None, "") and nullable:
        return None
    if value not in choices:
        raise invalid_field(name, f"{name.capitalize()}: {value} is not a valid value", "InvalidValue")
    return str(value)


def clean_plain(account: Account, values: Mapping[str, Any]) -> Doc:
    """The plain and id keys of a write with their values checked. Raises 422 with every finding."""
    cleaned: Doc = {}
    findings: dict[str, list[Doc]] = {}
    for name in PLAIN_KEYS + ID_KEYS + PEOPLE_KEYS + ("sharing_agreement_ids", "custom_status_id"):
        if name not in values:
            continue
        try:
            cleaned[name] = _clean_one(account, name, values[name])
        except ApiError as error:
            if not isinstance(error.body, dict) or "details" not in error.body:
                raise
            findings.update(error.body["details"])
    if findings:
        raise invalid(findings)
    return cleaned


def _clean_one(account: Account, name: str, value: Any) -> Any:
    if name == "status":
        return check_choice(name, value, STATUSES, nullable=False)
    if name == "priority":
        return check_choice(name, value, PRIORITIES, nullable=True)
    if name == "type":
        return check_choice(name, value, TYPES, nullable=True)
    if name in PEOPLE_KEYS or name == "sharing_agreement_ids":
        return sorted({found for item in value or () if (found := as_int(item)) is not None})
    if name in _POINTERS:
        return _pointer(account, name, as_int(value))
    if name in ("problem_id", "custom_status_id"):
        return as_int(value)
    return None if value is None else str(value)


_POINTERS = {
    "requester_id": "users", "submitter_id": "users", "assignee_id": "users", "group_id": "groups",
    "organization_id": "organizations", "brand_id": "brands", "ticket_form_id": "ticket_forms",
}  # fmt: skip


def _pointer(account: Account, name: str, key: int | None) -> int | None:
    if key is None or key == 0:
        return None
    found = account.store.collection(_POINTERS[name]).get(key)
    label = name.removesuffix("_id").replace("_", " ").capitalize()
    if found is None or found.get("deleted") or found.get("active") is False:
        raise invalid_field(name.removesuffix("_id"), f"{label}: {key} is not a valid value", "InvalidValue")
    if name == "assignee_id" and found["role"] == "end-user":
        text = f"Assignee: {found['name']} is not an agent and cannot be assigned"
        raise invalid_field("assignee", text, "InvalidValue")
    return key


def custom_ticket_fields(account: Account) -> list[Doc]:
    """The fields that a ticket carries in ``custom_fields``: active ones that an admin made."""
    return account.store.collection("ticket_fields").by("removable", True)


def apply_custom_fields(account: Account, ticket: Doc, given: object) -> dict[int, tuple[Any, Any]]:
    """Set custom fields given as ``[{"id", "value"}]`` or ``{id: value}``.

    Changes ``custom_fields`` and, for drop-downs and check boxes, ``tags`` of ``ticket`` in place and returns
    field id -> (old value, new value). Fields that do not exist are ignored; a value that is no option is a 422.
    """
    wanted = _field_values(given)
    changed: dict[int, tuple[Any, Any]] = {}
    if not wanted:
        return changed
    fields = {field["id"]: field for field in custom_ticket_fields(account)}
    entries: list[Doc] = []
    for entry in ticket["custom_fields"]:
        key = entry["id"]
        if key in wanted and key in fields:
            value = _field_value(fields[key], wanted[key])
            if value != entry["value"]:
                changed[key] = (entry["value"], value)
                ticket["tags"] = _field_tags(fields[key], ticket["tags"], entry["value"], value)
                entry = {**entry, "value": value}
        entries.append(entry)
    ticket["custom_fields"] = entries
    return changed


def follow_tags(account: Account, ticket: Doc) -> dict[int, tuple[Any, Any]]:
    """Empty the drop-downs whose tag is gone from the ticket; returns field id -> (old value, None)."""
    tags = set(ticket["tags"])
    gone = [e for e in ticket["custom_fields"] if isinstance(e["value"], str) and e["value"] not in tags]
    changed: dict[int, tuple[Any, Any]] = {}
    for entry in gone:
        field = account.store.collection("ticket_fields").get(entry["id"])
        if field is not None and field["type"] == "tagger":
            changed[entry["id"]] = (entry["value"], None)
    if changed:
        ticket["custom_fields"] = [{**e, "value": None} if e["id"] in changed else e for e in ticket["custom_fields"]]
    return changed


def _field_values(given: object) -> dict[int, Any]:
    pairs: Iterable[tuple[object, Any]]
    if isinstance(given, dict):
        pairs = given.items()
    elif isinstance(given, list):
        pairs = [(item.get("id"), item.get("value")) for item in given if isinstance(item, dict)]
    else:
        pairs = ()
    return {key: value for name, value in pairs if (key := as_int(name)) is not None}


def _field_value(field: Doc, value: Any) -> Any:
    kind = field["type"]
    if value in (None, ""):
        return False if kind == "checkbox" else None
    options = {option["value"] for option in field.get("custom_field_options") or ()}
    if kind == "tagger" and value not in options:
        raise _bad_field(field, f"{field['title']}: {value} is not a valid option")
    if kind == "multiselect":
        chosen = value if isinstance(value, list) else str(value).split()
        if not set(chosen) <= options:
            raise _bad_field(field, f"{field['title']}: {value} is not a valid option")
        return chosen
    if kind == "checkbox":
        return str(value).lower() in {"true", "1"}
    if kind == "regexp" and not re.search(field.get("regexp_for_validation") or "", str(value)):
        raise _bad_field(field, f"{field['title']}: {value} does not match the expression")
    return value


def _bad_field(field: Doc, text: str) -> ApiError:
    kind = "Field" + field["type"].capitalize()
    finding = {"description": text, "error": None, "ticket_field_id": field["id"], "ticket_field_type": kind}
    return invalid({"base": [finding]})


def _field_tags(field: Doc, tags: list[str], old: Any, new: Any) -> list[str]:
    def tags_of(value: Any) -> set[str]:
        if field["type"] == "checkbox":
            return {field["tag"]} if value is True and field.get("tag") else set()
        if field["type"] == "tagger":
            return {value} if value else set()
        return set(value or ()) if field["type"] == "multiselect" else set()

    return sorted((set(tags) - tags_of(old)) | tags_of(new))
