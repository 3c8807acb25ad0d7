"""Conditions of triggers, automations and views, really evaluated against a ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zd_automation.sandbox.rules_facts import Facts, as_text, compared, custom_field_value, rank, some_word
from zd_automation.sandbox.rules_fields import SPECIAL
from zd_automation.sandbox.store import Doc

_TIME_STATUSES = {"NEW": "new", "OPEN": "open", "PENDING": "pending", "SOLVED": "solved", "CLOSED": "closed"}
_TIME_KEYS = {
    "created_at": "created_at",
    "updated_at": "updated_at",
    "requester_updated_at": "updated_at",
    "assignee_updated_at": "updated_at",
    "assigned_at": "updated_at",
    "due_date": "due_at",
    "until_due_date": "due_at",
}
_DIRECT = (
    "status priority type group_id assignee_id requester_id organization_id brand_id ticket_form_id "
    "custom_status_id recipient number_of_incidents"
)
DIRECT_FIELDS = frozenset(_DIRECT.split())
ID_FIELDS = frozenset({"group_id", "assignee_id", "requester_id", "organization_id", "brand_id", "ticket_form_id"})


def holds(conditions: Doc, facts: Facts) -> bool:
    """Whether every condition of ``all`` and at least one of ``any`` (if there is any) is true."""
    every = conditions.get("all") or []
    some = conditions.get("any") or []
    return all(condition_holds(c, facts) for c in every) and (not some or any(condition_holds(c, facts) for c in some))


def condition_holds(condition: Doc, facts: Facts) -> bool:
    """Whether one ``{"field", "operator", "value"}`` is true; a field that nobody knows never is."""
    name, operator, value = condition.get("field", ""), condition.get("operator", "is"), condition.get("value")
    special = SPECIAL.get(name)
    if special is not None:
        return special(operator, value, facts)
    if name in _TIME_STATUSES or name in _TIME_KEYS:
        return _time_condition(name, operator, value, facts)
    if name in DIRECT_FIELDS or name.startswith(("custom_fields_", "ticket_fields_")):
        return _compare_field(name, operator, value, facts)
    return False


def _field_of(ticket: Doc | None, name: str) -> str:
    if ticket is None:
        return ""
    if name.startswith(("custom_fields_", "ticket_fields_")):
        digits = name.rsplit("_", 1)[1]
        return as_text(custom_field_value(ticket, int(digits))) if digits.isdigit() else ""
    return as_text(ticket.get(name))


def _wanted(name: str, value: Any, facts: Facts) -> set[str]:
    """The values that a condition accepts, with Zendesk's names for people put in."""
    if isinstance(value, list):
        return {wanted for item in value for wanted in _wanted(name, item, facts)}
    text = as_text(value)
    if text == "current_user":
        return {as_text(facts.actor.get("id"))}
    if text == "requester_id":
        return {as_text(facts.ticket.get("requester_id"))}
    if text == "current_groups":
        return {as_text(group_id) for group_id in _groups_of(facts)}
    return {text}


def _groups_of(facts: Facts) -> list[Any]:
    user_id = facts.actor.get("id")
    return [m["group_id"] for m in facts.account.store.collection("group_memberships").by("user_id", user_id)]


def _compare_field(name: str, operator: str, value: Any, facts: Facts) -> bool:
    now = _field_of(facts.ticket, name)
    before = _field_of(facts.previous, name)
    wanted = _wanted(name, value, facts)
    changed = now != before
    outcomes = {
        "is": now in wanted,
        "is_not": now not in wanted,
        "changed": changed,
        "not_changed": not changed,
        "value": changed and now in wanted,
        "not_value": not (changed and now in wanted),
        "value_previous": changed and before in wanted,
        "not_value_previous": not (changed and before in wanted),
        "present": now != "",
        "not_present": now == "",
    }
    if operator in outcomes:
        return outcomes[operator]
    if operator in ("includes", "not_includes"):
        return some_word(now.split(), sorted(wanted)) is (operator == "includes")
    return _ordered(name, operator, now, as_text(value))


def _ordered(name: str, operator: str, now: str, wanted: str) -> bool:
    return compared(operator, rank(name, now), rank(name, wanted))


def _time_condition(name: str, operator: str, value: Any, facts: Facts) -> bool:
    """Hours since (or, for ``until_due_date``, hours until) something happened to the ticket."""
    if name in _TIME_STATUSES:
        if facts.ticket.get("status") != _TIME_STATUSES[name]:
            return False
        moment = facts.status_since(facts.ticket) if facts.status_since else _moment(facts.ticket, "updated_at")
    else:
        moment = _moment(facts.ticket, _TIME_KEYS[name])
    if moment is None:
        return False
    hours = (facts.account.clock.now() - moment).total_seconds() / 3600
    if name == "until_due_date":
        hours = -hours
    if operator.removesuffix("_business_hours") == "is":
        # Automations look once an hour: "is 24" means in the hour that begins after 24 hours.
        return rank("", as_text(value)) == float(int(hours))
    return compared(operator, hours, rank("", as_text(value)))


def _moment(ticket: Doc, key: str) -> datetime | None:
    text = ticket.get(key)
    return datetime.fromisoformat(text) if text else None
