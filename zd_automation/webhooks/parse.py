"""Bytes in, event out: both kinds of body that Zendesk sends us, and a named refusal for everything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zd_automation.errors import BadRequest
from zd_automation.events import TICKET_CREATED, Delivery, Event, TicketCreated, UnknownEvent

ACCOUNT = "X-Zendesk-Account-Id"
WEBHOOK = "X-Zendesk-Webhook-Id"
INVOCATION = "X-Zendesk-Webhook-Invocation-Id"
_PREFIX = "zen:event-type:"
_LARGEST_ID = 2**63 - 1
_LONGEST_NAME = 80
_HINT = 2_000
# "No value" comes in all of these (platform page, 5.2).
_NOTHING = (None, "", "0", 0)


def parse(headers: Mapping[str, str], body: bytes) -> Event:
    """The event that a verified delivery tells of.

    Raises BadRequest, and nothing else, for whatever bytes are none of the two known shapes.
    """
    payload = _object(body)
    delivery = _delivery(headers, payload)
    if "type" in payload:
        return _subscription(delivery, payload)
    if "ticket_id" in payload:
        return _trigger(delivery, payload)
    raise BadRequest("neither an event (no `type`) nor our trigger's body (no `ticket_id`)")


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise BadRequest("the body is empty")
    try:
        payload = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8") from None
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise BadRequest("the body is JSON but no object")
    return payload


def _delivery(headers: Mapping[str, str], payload: Mapping[str, Any]) -> Delivery:
    stated = number(payload.get("account_id"), "account_id")
    sent = number(headers.get(ACCOUNT), ACCOUNT)
    if stated is not None and sent is not None and stated != sent:
        raise BadRequest("the body and the header name different accounts")
    return Delivery(
        account_id=sent or stated or 0,
        webhook_id=name(headers.get(WEBHOOK)) or "",
        invocation_id=name(headers.get(INVOCATION)) or "",
        event_id=name(payload.get("id")),
        occurred_at=name(payload.get("time")),
    )


def _subscription(delivery: Delivery, payload: Mapping[str, Any]) -> Event:
    kind = name(payload["type"])
    if kind is None:
        raise BadRequest("`type` must be text such as zen:event-type:ticket.created")
    kind = kind.removeprefix(_PREFIX)
    if kind != TICKET_CREATED:
        return UnknownEvent(delivery, kind)
    detail = payload.get("detail")
    if not isinstance(detail, dict):
        raise BadRequest("a ticket.created event needs an object `detail`")
    return TicketCreated(
        delivery,
        ticket_id=_ticket_id(detail.get("id"), "detail.id"),
        actor_id=number(detail.get("actor_id"), "detail.actor_id"),
        hint=f"{_text(detail.get('subject'))}\n{_text(detail.get('description'))}"[:_HINT].strip(),
    )


def _trigger(delivery: Delivery, payload: Mapping[str, Any]) -> Event:
    kind = name(payload.get("event")) or "ticket_created"
    if kind.replace("_", ".") != TICKET_CREATED:
        return UnknownEvent(delivery, kind)
    return TicketCreated(delivery, ticket_id=_ticket_id(payload["ticket_id"], "ticket_id"))


def _ticket_id(value: object, key: str) -> int:
    ticket_id = number(value, key)
    if ticket_id is None:
        raise BadRequest(f"`{key}` is missing")
    return ticket_id


def number(value: object, key: str) -> int | None:
    """An id as Zendesk writes it, as number or text; None for all its ways to say "none"."""
    if isinstance(value, bool):
        raise BadRequest(f"`{key}` is not an id")
    if value in _NOTHING:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        value = int(value)
    if not isinstance(value, int) or not 0 < value <= _LARGEST_ID:
        raise BadRequest(f"`{key}` is not an id")
    return value


def name(value: object) -> str | None:
    """A short opaque text: ids are never checked for a form (ULIDs, UUIDs and numbers all occur)."""
    if value in _NOTHING:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise BadRequest("an id or name is neither text nor number")
    return _whole(str(value)).replace("\x00", "")[:_LONGEST_NAME]


def _text(value: object) -> str:
    return _whole(value) if isinstance(value, str) else ""


def _whole(text: str) -> str:
    # Half an emoji (a lone surrogate) survives JSON, but no database and no search.
    return text.encode("utf-8", "replace").decode("utf-8")
