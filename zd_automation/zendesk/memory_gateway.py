"""Zendesk in a dictionary, with Zendesk's rules."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Sequence
from typing import Any

from zd_automation.errors import Conflict, TicketGone
from zd_automation.tickets import Article, Comment, Ticket
from zd_automation.zendesk.change import TicketChange
from zd_automation.zendesk.gateway import Applied, Brand


class MemoryGateway:
    """Zendesk in a dictionary, with the same rules: safe updates, closed tickets, audits. For tests and ``decide``."""

    def __init__(
        self, tickets: Sequence[Ticket] = (), groups: dict[str, int] | None = None, articles: Sequence[Article] = ()
    ) -> None:
        self._tickets = {ticket.id: ticket for ticket in tickets}
        self._groups = dict(groups or {})
        self._articles = list(articles)
        self._lock = threading.Lock()
        self.audits: dict[int, list[dict[str, Any]]] = {}

    def add(self, ticket: Ticket) -> None:
        """Put a ticket there."""
        self._tickets[ticket.id] = ticket

    def fetch(self, ticket_id: int, *, urgent: bool = False) -> Ticket:  # noqa: ARG002 - no limit to pass here
        """See :class:`Gateway`."""
        ticket = self._tickets.get(ticket_id)
        if ticket is None or ticket.status == "deleted":
            raise TicketGone(f"ticket {ticket_id} is not there")
        return ticket

    def apply(self, change: TicketChange) -> Applied:
        """See :class:`Gateway`."""
        with self._lock:
            ticket = self.fetch(change.ticket_id)
            if not ticket.is_open_to_change:
                raise TicketGone(f"ticket {ticket.id} is closed")
            if change.stamp != (ticket.updated_at or ""):
                raise Conflict(f"ticket {ticket.id} changed since it was read")
            audits = self.audits.setdefault(ticket.id, [])
            audits.append(change.payload())
            self._tickets[ticket.id] = dataclasses.replace(
                ticket,
                tags=change.tags,
                group_id=change.group_id if change.group_id is not None else ticket.group_id,
                priority=change.priority or ticket.priority,
                updated_at=f"{ticket.updated_at or ''}+",
            )
            return Applied(len(audits))

    def has_landed(self, ticket_id: int, decision_id: str) -> bool:
        """See :class:`Gateway`."""
        return any(audit["metadata"]["zdauto_decision"] == decision_id for audit in self.audits.get(ticket_id, []))

    def comments(self, ticket_id: int) -> list[Comment]:
        """See :class:`Gateway`: the ticket's body is its only comment."""
        return [Comment(ticket_id, self.fetch(ticket_id).body)]

    def redact(self, ticket_id: int, comment_id: int, marked: str) -> None:  # noqa: ARG002 - there is one comment
        """See :class:`Gateway`."""
        ticket = self.fetch(ticket_id)
        body = re.sub(r"<redact>(.*?)</redact>", lambda part: "█" * len(part.group(1)), marked, flags=re.DOTALL)
        self._tickets[ticket_id] = dataclasses.replace(ticket, body=body, updated_at=f"{ticket.updated_at or ''}+")

    def groups(self) -> dict[str, int]:
        """See :class:`Gateway`."""
        return dict(self._groups)

    def brands(self) -> list[Brand]:
        """See :class:`Gateway`."""
        return [Brand(1, "Main", "main")]

    def articles(self, labels: Sequence[str] = ()) -> list[Article]:  # noqa: ARG002 - it holds no labels
        """See :class:`Gateway`."""
        return [article for article in self._articles if article.is_public]

    def me(self) -> dict[str, Any]:
        """See :class:`Gateway`."""
        return {"id": 1, "name": "zd-automation", "role": "admin"}
