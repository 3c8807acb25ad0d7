"""Placeholders such as ``{{ticket.requester.name | downcase}}`` in the texts of business rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.rules_facts import custom_field_value
from zd_automation.sandbox.store import Doc

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][\w.\[\]]*)\s*((?:\|[^|}]*)*)\}\}")
_VIA_NAMES = {"web": "Web Form", "email": "Mail", "api": "Web Service", "chat": "Chat", "rule": "Rule"}
_PEOPLE = {"requester": "requester_id", "assignee": "assignee_id", "submitter": "submitter_id"}
_FILTERS: dict[str, Callable[[str], str]] = {
    "downcase": str.lower,
    "upcase": str.upper,
    "capitalize": str.capitalize,
    "strip": str.strip,
    "strip_newlines": lambda text: text.replace("\r", "").replace("\n", ""),
    "size": lambda text: str(len(text)),
}


def render(text: str, account: Account, ticket: Doc, actor: Doc) -> str:
    """The text with every placeholder filled in as plain text; one that nobody knows leaves nothing."""
    if "{{" not in text:
        return text
    return _PLACEHOLDER.sub(lambda m: _filtered(_value(m[1], account, ticket, actor), m[2]), text)


def _filtered(value: str, filters: str) -> str:
    for part in filters.split("|")[1:]:
        name, _, argument = part.strip().partition(":")
        if name == "default":
            value = value or argument.strip().strip("'\"")
        elif name in _FILTERS:
            value = _FILTERS[name](value)
    return value


def _value(path: str, account: Account, ticket: Doc, actor: Doc) -> str:
    head, _, rest = path.partition(".")
    if head == "current_user":
        return _person(account, actor, rest)
    if head != "ticket":
        return ""
    name, _, detail = rest.partition(".")
    if name in _PEOPLE:
        return _person(account, _find(account, "users", ticket.get(_PEOPLE[name])), detail)
    if name in ("latest_comment", "latest_public_comment"):
        return _latest(account, ticket, name == "latest_public_comment", detail)
    if name.startswith("ticket_field_"):
        digits = name.removeprefix("ticket_field_").removeprefix("option_title_")
        return _plain(custom_field_value(ticket, int(digits))) if digits.isdigit() else ""
    return _property(account, ticket, rest)


def _property(account: Account, ticket: Doc, rest: str) -> str:
    reader = _PROPERTIES.get(rest)
    return _plain(reader(account, ticket)) if reader else ""


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _find(account: Account, kind: str, key: Any) -> Doc:
    return (account.store.collection(kind).get(key) if key is not None else None) or {}


def _person(account: Account, user: Doc, detail: str) -> str:
    if not user:
        return ""
    name = _plain(user.get("name"))
    if detail in ("", "name"):
        return name
    if detail == "first_name":
        return name.partition(" ")[0]
    if detail == "last_name":
        return name.partition(" ")[2]
    if detail == "language":
        return _plain(_find(account, "locales", user.get("locale_id")).get("name"))
    if detail in ("id", "email", "phone", "external_id", "locale", "notes", "details", "time_zone", "role"):
        return _plain(user.get(detail))
    return _plain(user.get("tags")) if detail == "tags" else ""


def _latest(account: Account, ticket: Doc, public_only: bool, detail: str) -> str:
    found = comments_of(account, ticket)
    if public_only:
        found = [c for c in found if c.get("public")]
    if not found:
        return _plain(ticket.get("description")) if detail in ("", "value") else ""
    latest = found[-1]
    if detail.startswith("author"):
        author = _find(account, "users", latest.get("author_id"))
        return _person(account, author, detail.partition(".")[2])
    if detail in ("created_at", "id", "is_public"):
        return _plain(latest.get("public") if detail == "is_public" else latest.get(detail))
    return _plain(latest.get("plain_body") or latest.get("body"))


def comments_of(account: Account, ticket: Doc) -> list[Doc]:
    """The ticket's comments, oldest first."""
    return account.store.collection("comments").by("ticket_id", ticket.get("id"))


def _formatted(account: Account, ticket: Doc) -> str:
    public = [c for c in comments_of(account, ticket) if c.get("public")]
    parts = []
    for comment in reversed(public):
        author = _find(account, "users", comment.get("author_id"))
        parts.append(f"{author.get('name', '')}, {comment.get('created_at', '')}\n\n{comment.get('body', '')}")
    return ("\n\n" + "-" * 46 + "\n\n").join(parts)


def _display(key: str) -> Callable[[Account, Doc], str]:
    return lambda _account, ticket: _plain(ticket.get(key)).capitalize()


def _key(key: str) -> Callable[[Account, Doc], Any]:
    return lambda _account, ticket: ticket.get(key)


def _related(kind: str, key: str, detail: str) -> Callable[[Account, Doc], Any]:
    return lambda account, ticket: _find(account, kind, ticket.get(key)).get(detail)


def _link(account: Account, ticket: Doc) -> str:
    return f"{account.base_url}/agent/tickets/{ticket.get('id')}"


_PROPERTIES: dict[str, Callable[[Account, Doc], Any]] = {
    "id": _key("id"),
    "title": _key("subject"),
    "subject": _key("subject"),
    "description": _key("description"),
    "external_id": _key("external_id"),
    "tags": _key("tags"),
    "status": _display("status"),
    "priority": _display("priority"),
    "ticket_type": _display("type"),
    "type": _display("type"),
    "account": lambda account, _ticket: account.settings.subdomain,
    "via": lambda _account, ticket: _VIA_NAMES.get((ticket.get("via") or {}).get("channel") or "", ""),
    "url": lambda account, ticket: _link(account, ticket).partition("://")[2],
    "link": _link,
    "created_at": _key("created_at"),
    "updated_at": _key("updated_at"),
    "due_date": _key("due_at"),
    "group.name": _related("groups", "group_id", "name"),
    "group.id": _key("group_id"),
    "brand.name": _related("brands", "brand_id", "name"),
    "brand.id": _key("brand_id"),
    "organization.name": _related("organizations", "organization_id", "name"),
    "organization.id": _key("organization_id"),
    "ticket_form": _related("ticket_forms", "ticket_form_id", "name"),
    "comments_formatted": _formatted,
    "public_comments_formatted": _formatted,
}
