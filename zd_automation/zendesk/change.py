"""One write for a ticket: what a plan allows, merged with what the ticket has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zd_automation.tickets import Ticket
from zd_automation.triage.desk import Desk
from zd_automation.triage.plan import Plan

DECISION_KEY = "zdauto_decision"
# Zendesk's priorities, lowest first; a ticket may have none.
_PRIORITIES = (None, "low", "normal", "high", "urgent")


@dataclass(frozen=True, slots=True)
class TicketChange:
    """Everything that one PUT carries. ``tags`` is the whole list, because a PUT replaces it (platform page, 7.2).

    ``stamp`` is the ``updated_at`` that was read: Zendesk refuses the write when the ticket moved on.
    """

    ticket_id: int
    stamp: str
    decision_id: str
    tags: tuple[str, ...] = ()
    group_id: int | None = None
    priority: str | None = None
    note: str | None = None
    urgent: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """The ticket object of the PUT, as JSON."""
        body: dict[str, Any] = {
            "safe_update": True,
            # ``updated_stamp``, not ``update_stamp``: the wrong name is dropped in silence, and with it the protection.
            "updated_stamp": self.stamp,
            "tags": list(self.tags),
            "metadata": {DECISION_KEY: self.decision_id, **{f"zdauto_{k}": v for k, v in self.versions.items()}},
        }
        if self.group_id is not None:
            body["group_id"] = self.group_id
        if self.priority is not None:
            body["priority"] = self.priority
        if self.note is not None:
            # Without ``public: false`` said aloud the note would go to the customer (platform page, 1, row 5).
            body["comment"] = {"html_body": self.note, "public": False}
        return body

    def without_text(self) -> dict[str, Any]:
        """The change for the journal: what was set, and that there was a note, not its words."""
        kept = self.payload()
        if "comment" in kept:
            kept["comment"] = {"public": False, "length": len(self.note or "")}
        return kept


def change_for(
    ticket: Ticket, plan: Plan, desk: Desk, groups: Mapping[str, int], decision_id: str
) -> TicketChange | None:
    """The one write that carries out a plan, or None when there is nothing to write.

    A ticket that an agent has taken keeps its group, and a priority is only ever raised.
    """
    if plan.is_silent:
        return None
    wanted = plan.tags if "tags" in plan.writes else (desk.done_tag,)
    group = groups.get(plan.group or "") if "group" in plan.writes else None
    if ticket.assignee_id is not None or group == ticket.group_id:
        group = None
    priority = plan.priority if "priority" in plan.writes and _raises(ticket.priority, plan.priority) else None
    return TicketChange(
        ticket_id=ticket.id,
        stamp=ticket.updated_at or "",
        decision_id=decision_id,
        tags=tuple(dict.fromkeys((*ticket.tags, *wanted))),
        group_id=group,
        priority=priority,
        note=plan.note if "note" in plan.writes else None,
        urgent=plan.danger.is_urgent,
        versions={"model": plan.versions.topic_model, "package": plan.versions.package},
    )


def _raises(present: str | None, wanted: str | None) -> bool:
    """Whether the wanted priority stands above the present one; a priority that we do not know counts as none."""
    present = present if present in _PRIORITIES else None
    return _PRIORITIES.index(wanted) > _PRIORITIES.index(present)
