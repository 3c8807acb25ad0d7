"""What conditions look at, and how single values are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc

STATUS_ORDER = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITY_ORDER = ("", "low", "normal", "high", "urgent")


@dataclass(frozen=True)
class Facts:
    """What conditions look at: the ticket now, before this update, and who does what to it.

    ``previous`` is None when the ticket is being created or when no update is looked at (views). ``status_since``
    tells when a ticket entered its status; it is needed for time conditions only.
    """

    account: Account
    ticket: Doc
    previous: Doc | None = None
    update_type: str = ""
    actor: Doc = field(default_factory=dict)
    comment: Doc | None = None
    via_channel: str | None = None
    status_since: Callable[[Doc], datetime] | None = None


def custom_field_value(ticket: Doc, field_id: int) -> Any:
    """The value of a custom field on a ticket, or None."""
    for entry in ticket.get("custom_fields") or []:
        if int(entry["id"]) == field_id:
            return entry.get("value")
    return None


def as_text(value: Any) -> str:
    """A value as conditions write it: nothing is the empty text, a list its words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return str(value)


def some_word(have: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether one of the wanted words is among those that are there, in any case."""
    present = {word.lower() for word in have}
    return any(word.lower() in present for text in wanted for word in text.split())


def rank(name: str, text: str) -> float | None:
    """Where a value stands in its field's order, or as a number; None when it has no place."""
    order = STATUS_ORDER if name == "status" else PRIORITY_ORDER if name == "priority" else None
    if order is not None:
        return order.index(text) if text in order else None
    try:
        return float(text)
    except ValueError:
        return None


def compared(operator: str, left: float | None, right: float | None) -> bool:
    """Whether ``left`` is less than, greater than or equal to ``right``, as the operator says."""
    if left is None or right is None:
        return False
    operator = operator.removesuffix("_business_hours")
    if operator == "less_than":
        return left < right
    if operator == "greater_than":
        return left > right
    if operator == "less_than_equal":
        return left <= right
    if operator == "greater_than_equal":
        return left >= right
    return left == right if operator == "is" else False
