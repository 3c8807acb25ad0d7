"""Bodies of event-subscription webhooks: envelope, detail and event, in the shape and the bytes that Zendesk sends."""

from __future__ import annotations

import json
import uuid
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc

EVENT_VERSION = "2022-11-06"
EVENT_PREFIX = "zen:event-type:"

# Webhooks and REST name the same channels differently.
_EVENT_CHANNELS = {"api": "web_service", "web": "web_form", "email": "mail"}
_UPPER_CASE_KINDS = frozenset({"ticket.status_changed", "ticket.priority_changed", "ticket.type_changed"})
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_quote = json.JSONEncoder(ensure_ascii=False).encode


def ticket_event_body(account: Account, kind: str, ticket: Doc, actor: Doc, event: Doc) -> bytes:
    """The body for something that happened to a ticket.

    ``kind`` is such as "ticket.created"; ``ticket`` in REST's shape; ``event`` as in the event's own object, where
    numbers and lower-case values are turned into Zendesk's decimal strings and capitals.
    """
    detail = ticket_detail(ticket, actor)
    return _body(account, kind, f"zen:ticket:{ticket['id']}", detail, event_object(kind, event), _uuid(account))


def user_event_body(account: Account, kind: str, user: Doc, event: Doc) -> bytes:
    """The body for something that happened to a user, such as "user.deleted"."""
    detail = {
        "created_at": user.get("created_at"),
        "default_group_id": _id_or_zero(user.get("default_group_id")),
        "email": user.get("email") or "",
        "external_id": user.get("external_id") or "",
        "id": str(user["id"]),
        "organization_id": _id_or_zero(user.get("organization_id")),
        "role": user.get("role") or "end-user",
        "updated_at": user.get("updated_at"),
    }
    return _body(account, kind, f"zen:user:{user['id']}", detail, event_object(kind, event), _uuid(account))


def article_event_body(account: Account, kind: str, article: Doc, event: Doc) -> bytes:
    """The body for something that happened to an article, such as "article.published"."""
    detail = {
        "brand_id": _id_or_zero(article.get("brand_id")),
        "id": str(article["id"]),
        "user_id": str(article.get("author_id") or ""),
    }
    return _body(account, kind, f"zen:article:{article['id']}", detail, event_object(kind, event), ulid(account))


def message_event_body(account: Account, ticket: Doc, event: Doc) -> bytes:
    """The body of "messaging_ticket.message_added"; ``event`` carries actor, conversation_id and message."""
    detail = {"id": str(ticket["id"])}
    subject = f"zen:messaging_ticket:{ticket['id']}"
    return _body(account, "messaging_ticket.message_added", subject, detail, event, ulid(account))


def ticket_detail(ticket: Doc, actor: Doc) -> Doc:
    """The ``detail`` of a ticket event; "no value" is null, "" or "0", as it is in real traffic."""
    return {
        "actor_id": _id(actor.get("id")),
        "assignee_id": _id(ticket.get("assignee_id")),
        "brand_id": _id_or_zero(ticket.get("brand_id")),
        "created_at": ticket.get("created_at"),
        "custom_status": _id(ticket.get("custom_status_id")),
        "description": ticket.get("description") or "",
        "external_id": str(ticket.get("external_id") or ""),
        "form_id": _id_or_zero(ticket.get("ticket_form_id")),
        "group_id": _id(ticket.get("group_id")),
        "id": str(ticket["id"]),
        "is_public": bool(ticket.get("is_public", True)),
        "organization_id": _id_or_zero(ticket.get("organization_id")),
        "priority": _upper(ticket.get("priority")),
        "requester_id": _id(ticket.get("requester_id")),
        "status": _upper(ticket.get("status")),
        "subject": ticket.get("subject") or "",
        "submitter_id": _id(ticket.get("submitter_id")),
        "tags": list(ticket.get("tags") or []),
        "type": _upper(ticket.get("type")),
        "updated_at": ticket.get("updated_at"),
        "via": {"channel": event_channel(ticket)},
    }


def event_channel(ticket: Doc) -> str:
    """The ticket's channel in the vocabulary of events: ``web_service`` where REST says ``api``."""
    channel = (ticket.get("via") or {}).get("channel") or "web"
    return _EVENT_CHANNELS.get(channel, channel)


def event_object(kind: str, event: Doc) -> Doc:
    """The ``event`` with ids as decimal strings and, for status, priority and type, values in capitals."""
    if kind in _UPPER_CASE_KINDS:
        return {key: _upper(value) if key in ("current", "previous") else value for key, value in event.items()}
    written: Doc = _strings_for_ids(event)
    return written


def _strings_for_ids(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, dict):
        return {key: item if key == "meta" else _strings_for_ids(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_strings_for_ids(item) for item in value]
    return str(value) if isinstance(value, int) else value


def _body(account: Account, kind: str, subject: str, detail: Doc, event: Doc, event_id: str) -> bytes:
    envelope = {
        "account_id": account.id,
        "detail": detail,
        "event": event,
        "id": event_id,
        "subject": subject,
        "time": event_time(account),
        "type": EVENT_PREFIX + kind,
        "zendesk_event_version": EVENT_VERSION,
    }
    return pretty(envelope).encode()


def pretty(value: Any) -> str:
    """JSON as Zendesk indents it: three spaces, ``{ }`` for the empty object, a newline at the end, keys in order."""
    return _written(value, "\n") + "\n"


def _written(value: Any, line: str) -> str:
    inner = line + "   "
    if isinstance(value, dict):
        if not value:
            return "{ }"
        items = [f"{_quote(key)}: {_written(value[key], inner)}" for key in sorted(value)]
        return "{" + inner + f",{inner}".join(items) + line + "}"
    if isinstance(value, list):
        if not value:
            return "[ ]"
        return "[" + inner + f",{inner}".join(_written(item, inner) for item in value) + line + "]"
    return _quote(value)


def event_time(account: Account) -> str:
    """The present moment as events carry it: nine digits after the second."""
    return account.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{account.store.random.randrange(1000):03d}Z"


def ulid(account: Account) -> str:
    """A new ULID: 48 bits of milliseconds, 80 random bits, in 26 characters."""
    number = int(account.clock.now().timestamp() * 1000) << 80 | account.store.random.getrandbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def _uuid(account: Account) -> str:
    return str(uuid.UUID(int=account.store.random.getrandbits(128), version=4))


def _id(value: Any) -> str | None:
    return None if value is None else str(value)


def _id_or_zero(value: Any) -> str:
    return "0" if value is None else str(value)


def _upper(value: Any) -> str | None:
    return str(value).upper() if value else None
