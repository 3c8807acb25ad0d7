"""What can happen on a desk: frozen, typed facts that a delivery tells us, with no I/O."""

from __future__ import annotations

from dataclasses import dataclass

TICKET_CREATED = "ticket.created"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The envelope of one webhook call.

    ``invocation_id`` is opaque and stable over Zendesk's retries of one invocation. ``event_id`` is the id inside
    an event-subscription body; a trigger's body has none.
    """

    account_id: int
    webhook_id: str
    invocation_id: str
    event_id: str | None
    occurred_at: str | None


@dataclass(frozen=True, slots=True)
class TicketCreated:
    """A ticket came into being. ``hint`` is text for queue order only and never stored or logged."""

    delivery: Delivery
    ticket_id: int
    actor_id: int | None = None
    hint: str = ""

    @property
    def fact(self) -> str:
        """The fact itself, equal however it reached us: two webhooks that tell it are one piece of work."""
        return f"{self.delivery.account_id}:{TICKET_CREATED}:{self.ticket_id}"


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """A well-formed delivery of a kind that we do not work on: recorded and ignored."""

    delivery: Delivery
    kind: str

    @property
    def fact(self) -> str:
        """Unknown events are recorded one by one."""
        return f"{self.delivery.account_id}:{self.kind}:{self.delivery.event_id or self.delivery.invocation_id}"


Event = TicketCreated | UnknownEvent
