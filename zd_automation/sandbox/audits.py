"""Audits: what one write did to a ticket, as a list of events in the shape that Zendesk records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.comments import system_metadata
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_model import AUDITED

_IDS = ("_id", "_ids")


def api_via(channel: str = "api") -> Doc:
    """The via object of a write through this channel."""
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}}


def create_events(ticket: Doc) -> list[Doc]:
    """Create events of a new ticket: one per key that has a value, custom fields by their id."""
    events: list[Doc] = []
    for name in AUDITED:
        value = ticket[name]
        if value is None or value == [] or name == "is_public":
            continue
        shown = value if name == "requester_id" else _audit_value(name, value)
        events.append({"type": "Create", "value": shown, "field_name": name})
    events += [
        {"type": "Create", "value": entry["value"], "field_name": str(entry["id"])}
        for entry in ticket["custom_fields"]
        if entry["value"] not in (None, False, [])
    ]
    return events


def change_events(before: Doc, after: Doc) -> list[Doc]:
    """Change events between two states of a ticket, with ``previous_value``."""
    events = [
        _change(name, _audit_value(name, after[name]), _audit_value(name, before[name]))
        for name in AUDITED
        if after[name] is not before[name] and after[name] != before[name]
    ]
    if after["custom_fields"] is not before["custom_fields"]:
        old = {entry["id"]: entry["value"] for entry in before["custom_fields"]}
        events += [
            _change(str(entry["id"]), entry["value"], old.get(entry["id"]))
            for entry in after["custom_fields"]
            if entry["value"] != old.get(entry["id"])
        ]
    return events


def _change(name: str, value: Any, previous: Any) -> Doc:
    return {"type": "Change", "value": value, "field_name": name, "previous_value": previous}


def _audit_value(name: str, value: Any) -> Any:
    if name.endswith(_IDS) and value is not None:
        return [str(item) for item in value] if isinstance(value, list) else str(value)
    return value


def save_audit(
    account: Account, ticket: int, author: int, via: Doc, events: list[Doc], metadata: object, key: int
) -> Doc:
    """Store an audit under ``key``; events without an id get the next ones."""
    first_event = account.store.next_ids("events", len(events))
    numbered: list[Doc] = []
    for event in events:
        if "id" in event:
            numbered.append(event)
        else:
            numbered.append({"id": first_event, **event})
            first_event += 1
    custom = metadata if isinstance(metadata, Mapping) else {}
    audit = {
        "id": key,
        "ticket_id": ticket,
        "created_at": account.clock.iso(),
        "author_id": author,
        "via": via,
        "metadata": {"system": system_metadata(), "custom": dict(custom.get("custom", custom))},
        "events": numbered,
    }
    return account.store.collection("audits").save(audit)
