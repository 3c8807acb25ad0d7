"""Zendesk's search language: words, "phrases", ``field:value``, ``field>value``, ``-negation``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_model import PRIORITIES, STATUSES

_TERM = re.compile(r'(-?)(?:([A-Za-z_]\w*)(:|>=|<=|>|<))?(?:"([^"]*)"|(\S+))')
_SHORT = re.compile(r"(\d+)(minutes?|hours?|days?|weeks?|months?|years?)$")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604_800, "month": 2_592_000, "year": 31_536_000}
TYPES = {"ticket": "tickets", "user": "users", "organization": "organizations", "group": "groups"}


@dataclass(frozen=True)
class Term:
    """One condition; ``field`` is empty for a free word or phrase."""

    field: str
    operator: str
    value: str
    negated: bool


def parse_query(text: str) -> list[Term]:
    """The terms of a query in its order."""
    terms = []
    for minus, field, operator, quoted, word in _TERM.findall(text):
        value = quoted or word
        if value:
            terms.append(Term(field.lower(), operator, value.lower(), bool(minus)))
    return terms


def ticket_matches(account: Account, ticket: Doc, terms: list[Term]) -> bool:
    """Whether a ticket meets all terms; several positive terms of one field mean either (dates mean both)."""
    return _matches(terms, lambda term: _ticket_term(account, ticket, term))


def user_matches(account: Account, user: Doc, terms: list[Term]) -> bool:
    """Whether a user meets all terms."""
    return _matches(terms, lambda term: _user_term(account, user, term))


def named_matches(account: Account, doc: Doc, terms: list[Term]) -> bool:
    """Whether an organization or a group meets all terms."""
    return _matches(terms, lambda term: _named_term(account, doc, term))


def _matches(terms: list[Term], meets: Callable[[Term], bool]) -> bool:
    either: dict[str, bool] = {}
    for term in terms:
        if term.field == "type" and term.value in TYPES:
            continue
        met = meets(term)
        if term.negated:
            if met:
                return False
        elif term.field and term.operator == ":" and term.field != "tags":
            either[term.field] = either.get(term.field, False) or met
        elif not met:
            return False
    return all(either.values())


def _ticket_term(account: Account, ticket: Doc, term: Term) -> bool:
    field = term.field
    if field in ("", "subject", "description", "comment"):
        return _in_text(term.value, _ticket_text(account, ticket, field))
    if field in ("status", "priority"):
        order = STATUSES if field == "status" else PRIORITIES
        return _ranked(order, ticket[field], term)
    if field == "tags":
        return any(tag in ticket["tags"] for tag in term.value.replace(",", " ").split()) or (
            term.value == "none" and not ticket["tags"]
        )
    if field in ("ticket_type", "type"):
        return bool((ticket["type"] or "none") == term.value)
    if field in _DATES:
        return _dated(account, ticket[_DATES[field]], term)
    if field in _PEOPLE:
        return _person(account, ticket[_PEOPLE[field]], term.value)
    return _ticket_value(account, ticket, term)


def _ticket_value(account: Account, ticket: Doc, term: Term) -> bool:
    """The rarer conditions on a ticket."""
    field = term.field
    if field in ("group", "group_id", "organization", "organization_id", "brand", "brand_id", "form", "ticket_form_id"):
        kind = {"group": "groups", "organization": "organizations", "brand": "brands"}.get(
            field.split("_")[0], "ticket_forms"
        )
        key = {"form": "ticket_form_id"}.get(field, field if field.endswith("_id") else f"{field}_id")
        return _reference(account, kind, ticket[key], term.value)
    if field in ("id", "ticket_id"):
        return _number(ticket["id"], term)
    if field == "via":
        return bool(ticket["via"]["channel"] == term.value)
    if field == "cc":
        return any(_person(account, key, term.value) for key in ticket["collaborator_ids"])
    if field.startswith("custom_field_"):
        key = field.removeprefix("custom_field_")
        return any(str(e["id"]) == key and _value_text(e["value"]) == term.value for e in ticket["custom_fields"])
    if field in ticket:
        return _value_text(ticket[field]) == term.value
    return False


_DATES = {
    "created": "created_at", "created_at": "created_at", "updated": "updated_at", "updated_at": "updated_at",
    "due_date": "due_at", "due_at": "due_at", "solved": "updated_at",
}  # fmt: skip
_PEOPLE = {
    "assignee": "assignee_id", "assignee_id": "assignee_id", "requester": "requester_id",
    "requester_id": "requester_id", "submitter": "submitter_id", "submitter_id": "submitter_id",
}  # fmt: skip


def _user_term(account: Account, user: Doc, term: Term) -> bool:
    field = term.field
    if field == "":
        text = " ".join(str(user[name] or "") for name in ("name", "email", "phone", "notes", "details", "external_id"))
        return _in_text(term.value, text.lower())
    if field == "tags":
        return any(tag in user["tags"] for tag in term.value.split())
    if field in ("created", "created_at", "updated", "updated_at"):
        return _dated(account, user[_DATES[field]], term)
    if field in ("organization", "organization_id"):
        return _reference(account, "organizations", user["organization_id"], term.value)
    if field == "group":
        memberships = account.store.collection("group_memberships").by("user_id", user["id"])
        return any(_reference(account, "groups", m["group_id"], term.value) for m in memberships)
    if field == "name":
        return term.value in str(user["name"]).lower()
    if field == "user":
        return _person(account, user["id"], term.value)
    if field == "id":
        return _number(user["id"], term)
    if field in user:
        return _value_text(user[field]) == term.value
    return bool(_value_text(user["user_fields"].get(field)) == term.value) if field in user["user_fields"] else False


def _named_term(account: Account, doc: Doc, term: Term) -> bool:
    if term.field in ("", "name"):
        words = f"{doc['name']} {doc.get('notes') or ''} {doc.get('details') or ''}".lower()
        return _in_text(term.value, words)
    if term.field in ("created", "created_at", "updated", "updated_at"):
        return _dated(account, doc[_DATES[term.field]], term)
    if term.field == "tags":
        return any(tag in doc.get("tags", ()) for tag in term.value.split())
    return _value_text(doc.get(term.field)) == term.value


def _ticket_text(account: Account, ticket: Doc, field: str) -> str:
    if field == "subject":
        return str(ticket["subject"] or "").lower()
    if field == "description":
        return str(ticket["description"]).lower()
    comments = account.store.collection("comments").by("ticket_id", ticket["id"])
    bodies = " ".join(comment["body"] for comment in comments)
    start = "" if field == "comment" else f"{ticket['id']} {ticket['subject'] or ''} {' '.join(ticket['tags'])} "
    return (start + bodies).lower()


def _in_text(value: str, text: str) -> bool:
    if value.endswith("*"):
        return re.search(rf"\b{re.escape(value[:-1])}", text) is not None
    return value == "*" or re.search(rf"(?<!\w){re.escape(value)}", text) is not None


def _value_text(value: object) -> str:
    if value is None:
        return "none"
    return str(value).lower()


def _ranked(order: tuple[str, ...], value: str | None, term: Term) -> bool:
    if term.operator == ":" or term.value not in order or value is None:
        return (value or "none") == term.value
    return _compare(order.index(value), term.operator, order.index(term.value))


def _compare(left: float, operator: str, right: float) -> bool:
    return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}.get(operator, left == right)


def _number(value: int, term: Term) -> bool:
    return term.value.isdigit() and _compare(value, term.operator, int(term.value))


def _dated(account: Account, value: str | None, term: Term) -> bool:
    if value is None:
        return term.value == "none"
    span = _span(account, term.value)
    if span is None:
        return False
    start, end = span
    moment = datetime.fromisoformat(value)
    if term.operator == ":":
        return start <= moment < end
    edge = start if term.operator in ("<", ">=") else (end - timedelta(seconds=1) if end > start else start)
    return _compare(moment.timestamp(), term.operator, edge.timestamp())


def _span(account: Account, text: str) -> tuple[datetime, datetime] | None:
    """From when to when a date term reaches; a day is 24 hours, a moment is one second."""
    short = _SHORT.match(text)
    if short:
        start = account.clock.now() - timedelta(seconds=int(short[1]) * _UNITS[short[2].rstrip("s")])
        return start, start
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware, aware + (timedelta(days=1) if len(text) <= 10 else timedelta(seconds=1))


def _person(account: Account, key: int | None, value: str) -> bool:
    if key is None:
        return value == "none"
    user = account.store.collection("users").get(key)
    if str(key) == value:
        return True
    return user is not None and (value in str(user["name"]).lower() or value == user["email"])


def _reference(account: Account, kind: str, key: int | None, value: str) -> bool:
    if key is None:
        return value == "none"
    doc = account.store.collection(kind).get(key)
    return str(key) == value or (doc is not None and value in str(doc["name"]).lower())
