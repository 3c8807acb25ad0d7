"""Facts are equal however they reached us; deliveries are not."""

from __future__ import annotations

import dataclasses

import pytest

from zd_automation.events import Delivery, TicketCreated, UnknownEvent

BY_EVENT = Delivery(99, "01WEBHOOK", "01INVOKE", "evt-1", "2026-11-22T10:00:00Z")
BY_TRIGGER = Delivery(99, "01OTHER", "01AGAIN", None, None)


def test_two_webhooks_that_tell_one_fact_are_one_piece_of_work() -> None:
    first, second = TicketCreated(BY_EVENT, 17, 5, "help"), TicketCreated(BY_TRIGGER, 17)
    assert first.fact == second.fact == "99:ticket.created:17"
    assert first != second


@pytest.mark.parametrize(
    "other", [TicketCreated(BY_EVENT, 18), TicketCreated(dataclasses.replace(BY_EVENT, account_id=98), 17)]
)
def test_another_ticket_or_account_is_another_fact(other: TicketCreated) -> None:
    assert other.fact != TicketCreated(BY_EVENT, 17).fact


def test_unknown_events_are_recorded_one_by_one() -> None:
    assert UnknownEvent(BY_EVENT, "user.created").fact == "99:user.created:evt-1"
    assert UnknownEvent(BY_TRIGGER, "user.created").fact == "99:user.created:01AGAIN"


def test_events_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TicketCreated(BY_EVENT, 17).ticket_id = 18  # type: ignore[misc]
