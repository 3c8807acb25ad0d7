"""Zendesk on paper: reads through another gateway, prints instead of writing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from zd_automation.errors import Conflict, TicketGone
from zd_automation.tickets import Article, Comment, Ticket
from zd_automation.zendesk.change import TicketChange
from zd_automation.zendesk.gateway import Applied, Brand, Gateway


class PrintGateway:
    """Reads through another gateway and prints what it would write: ``--dry-run``."""

    def __init__(self, inner: Gateway, write_line: Callable[[str], None]) -> None:
        self._inner = inner
        self._write_line = write_line
        self._printed: set[tuple[int, str]] = set()

    def fetch(self, ticket_id: int, *, urgent: bool = False) -> Ticket:
        """See :class:`Gateway`."""
        return self._inner.fetch(ticket_id, urgent=urgent)

    def apply(self, change: TicketChange) -> Applied:
        """Print the PUT instead of sending it; the same refusals as the real thing come from a fresh look."""
        ticket = self._inner.fetch(change.ticket_id)
        if not ticket.is_open_to_change:
            raise TicketGone(f"ticket {ticket.id} is closed")
        if change.stamp != (ticket.updated_at or ""):
            raise Conflict(f"ticket {ticket.id} changed since it was read")
        self._write_line(
            f"PUT /api/v2/tickets/{change.ticket_id} {json.dumps({'ticket': change.payload()}, ensure_ascii=False)}"
        )
        self._printed.add((change.ticket_id, change.decision_id))
        return Applied(None)

    def has_landed(self, ticket_id: int, decision_id: str) -> bool:
        """See :class:`Gateway`."""
        return (ticket_id, decision_id) in self._printed or self._inner.has_landed(ticket_id, decision_id)

    def comments(self, ticket_id: int) -> list[Comment]:
        """See :class:`Gateway`."""
        return self._inner.comments(ticket_id)

    def redact(self, ticket_id: int, comment_id: int, marked: str) -> None:
        """Print where something would be blocked out, and not what: a terminal is no place for it either."""
        places = marked.count("<redact>")
        self._write_line(f"PUT /api/v2/comment_redactions/{comment_id} of ticket {ticket_id}: {places} places")

    def groups(self) -> dict[str, int]:
        """See :class:`Gateway`."""
        return self._inner.groups()

    def brands(self) -> list[Brand]:
        """See :class:`Gateway`."""
        return self._inner.brands()

    def articles(self, labels: Sequence[str] = ()) -> list[Article]:
        """See :class:`Gateway`."""
        return self._inner.articles(labels)

    def me(self) -> dict[str, Any]:
        """See :class:`Gateway`."""
        return self._inner.me()
