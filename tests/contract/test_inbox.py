"""The inbox over both databases: stored once, claimed once, urgent first, whoever comes at the same time."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.support.databases import START, Clock, a_ticket_created, in_processes, in_threads
from zd_automation.engine.inbox import Inbox, InboxRow
from zd_automation.events import Delivery, UnknownEvent
from zd_automation.journal.database import open_database

FACT_1, FACT_2, FACT_3 = "7:ticket.created:1", "7:ticket.created:2", "7:ticket.created:3"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(database_url: str, clock: Clock):
    engine = open_database(database_url)
    inbox = Inbox(engine, clock)
    inbox.prepare()
    yield inbox
    engine.dispose()


def accept(inbox: Inbox, clock: Clock, *tickets: int, urgent: bool = False) -> None:
    """Tickets that arrive a second apart."""
    for ticket in tickets:
        assert inbox.accept(a_ticket_created(ticket), urgent=urgent)
        clock.advance(1)


def states(inbox: Inbox, *facts: str) -> list[str]:
    return [inbox.get(fact).state for fact in facts]


def test_a_delivery_is_kept_as_it_came(inbox: Inbox) -> None:
    assert inbox.accept(a_ticket_created(42), urgent=True)
    assert inbox.get("7:ticket.created:42") == InboxRow(
        fact="7:ticket.created:42",
        account_id=7,
        ticket_id=42,
        kind="ticket.created",
        webhook_id="wh-1",
        invocation_id="inv-42",
        event_id="e-1",
        urgent=True,
        state="new",
        attempts=0,
        received_at=START,
        changed_at=START,
    )


def test_the_largest_ids_fit(inbox: Inbox) -> None:
    largest = 2**63 - 1
    assert inbox.accept(a_ticket_created(largest, account_id=largest))
    row = inbox.get(f"{largest}:ticket.created:{largest}")
    assert (row.ticket_id, row.account_id) == (largest, largest)


def test_an_unknown_fact_is_none(inbox: Inbox) -> None:
    assert inbox.get("7:ticket.created:404") is None


@pytest.mark.parametrize(
    "again",
    [
        a_ticket_created(1),
        a_ticket_created(1, invocation="another-invocation"),
        a_ticket_created(1, invocation="by-trigger", event_id=None),
    ],
    ids=["sent again", "another webhook", "the trigger's body"],
)
def test_the_same_fact_is_accepted_once(inbox: Inbox, again) -> None:
    assert inbox.accept(a_ticket_created(1)) is True
    assert inbox.accept(again) is False
    assert inbox.get(FACT_1).invocation_id == "inv-1"
    assert inbox.depth() == {"new": 1}


def test_a_duplicate_does_not_wake_a_finished_row(inbox: Inbox, clock: Clock) -> None:
    accept(inbox, clock, 1)
    inbox.claim()
    inbox.finish({FACT_1: "done"})
    assert inbox.accept(a_ticket_created(1)) is False
    assert inbox.claim() == []
    assert inbox.depth() == {"done": 1}


def test_the_same_ticket_number_of_another_account_is_another_fact(inbox: Inbox) -> None:
    assert inbox.accept(a_ticket_created(1, account_id=7))
    assert inbox.accept(a_ticket_created(1, account_id=8))
    assert {row.account_id for row in inbox.claim()} == {7, 8}


def test_an_event_of_another_kind_is_recorded_and_never_worked_on(inbox: Inbox) -> None:
    event = UnknownEvent(Delivery(7, "wh-1", "inv-9", "e-9", None), "ticket.status_changed")
    assert inbox.accept(event) is True
    assert inbox.accept(event) is False
    row = inbox.get("7:ticket.status_changed:e-9")
    assert (row.state, row.kind, row.ticket_id) == ("ignored", "ticket.status_changed", None)
    assert inbox.has_new() is False
    assert inbox.claim() == []
    assert inbox.oldest_waiting() == 0.0


def test_claims_take_urgent_ones_first_and_then_the_oldest(inbox: Inbox, clock: Clock) -> None:
    accept(inbox, clock, 1, 2)
    accept(inbox, clock, 3, 4, urgent=True)
    accept(inbox, clock, 5)
    assert [row.ticket_id for row in inbox.claim(3)] == [3, 4, 1]
    assert [row.ticket_id for row in inbox.claim(3)] == [2, 5]
    assert inbox.claim(3) == []


def test_a_claim_marks_rows_as_sent_from_now_on(inbox: Inbox, clock: Clock) -> None:
    accept(inbox, clock, 1)
    clock.advance(59)
    (row,) = inbox.claim()
    assert (row.state, row.received_at, row.changed_at) == ("sent", START, START + 60)
    assert inbox.get(FACT_1) == row


def test_has_new_tells_whether_there_is_anything_to_claim(inbox: Inbox, clock: Clock) -> None:
    assert inbox.has_new() is False
    accept(inbox, clock, 1)
    assert inbox.has_new() is True
    inbox.claim()
    assert inbox.has_new() is False


def test_finish_closes_the_named_rows_only(inbox: Inbox, clock: Clock) -> None:
    accept(inbox, clock, 1, 2, 3)
    inbox.claim()
    inbox.finish({FACT_1: "done", FACT_2: "dead", "7:ticket.created:404": "done"})
    assert states(inbox, FACT_1, FACT_2, FACT_3) == ["done", "dead", "sent"]
    inbox.finish({})
    assert inbox.depth() == {"done": 1, "dead": 1, "sent": 1}


def test_try_again_puts_back_what_was_sent_or_died_and_counts(inbox: Inbox, clock: Clock) -> None:
    accept(inbox, clock, 1, 2, 3)
    inbox.claim()
    inbox.finish({FACT_2: "dead", FACT_3: "done"})
    assert inbox.try_again([FACT_1, FACT_2, FACT_3]) == 2
    assert states(inbox, FACT_1, FACT_2, FACT_3) == ["new", "new", "done"]
    assert [row.attempts for row in inbox.claim()] == [1, 1]
    assert inbox.try_again([FACT_1]) == 1
    assert inbox.get(FACT_1).attempts == 2
    assert inbox.try_again([]) == 0


def test_stuck_finds_what_was_sent_long_ago(inbox: Inbox, clock: Clock) -> None:
    accept(inbox, clock, 1, 2, 3)
    inbox.claim(1)
    clock.advance(100)
    inbox.claim(1)
    clock.advance(50)
    assert [row.fact for row in inbox.stuck(120)] == [FACT_1]
    assert [row.fact for row in inbox.stuck(40)] == [FACT_1, FACT_2]
    assert [row.fact for row in inbox.stuck(40, limit=1)] == [FACT_1]
    assert inbox.stuck(1000) == []
    inbox.finish({FACT_1: "done"})
    assert inbox.stuck(120) == []


def test_depth_and_age_of_the_queue(inbox: Inbox, clock: Clock) -> None:
    assert (inbox.depth(), inbox.oldest_waiting()) == ({}, 0.0)
    accept(inbox, clock, 1, 2)
    clock.advance(8)
    assert inbox.oldest_waiting() == 10.0
    inbox.claim(1)
    assert inbox.depth() == {"sent": 1, "new": 1}
    assert inbox.oldest_waiting() == 10.0
    inbox.finish({FACT_1: "done"})
    assert inbox.oldest_waiting() == 9.0
    inbox.finish({FACT_2: "dead"})
    assert inbox.oldest_waiting() == 0.0


def test_the_age_is_never_negative_when_the_receivers_clock_is_ahead(inbox: Inbox, clock: Clock) -> None:
    accept(inbox, clock, 1)
    clock.now = START - 30
    assert inbox.oldest_waiting() == 0.0


def test_old_ended_rows_are_forgotten_and_dead_or_open_ones_are_kept(inbox: Inbox, clock: Clock) -> None:
    accept(inbox, clock, 1, 2, 3, 4)
    inbox.accept(UnknownEvent(Delivery(7, "wh-1", "inv-9", "e-9", None), "ticket.updated"))
    inbox.claim(3)
    inbox.finish({FACT_1: "done", FACT_2: "dead"})
    clock.advance(3600)
    assert inbox.forget_older_than(7200) == 0
    assert inbox.forget_older_than(3000) == 2
    assert inbox.get(FACT_1) is None
    assert inbox.depth() == {"dead": 1, "sent": 1, "new": 1}


def test_what_was_accepted_is_there_when_the_database_is_opened_again(database_url: str) -> None:
    engine = open_database(database_url)
    Inbox(engine).prepare()
    Inbox(engine).accept(a_ticket_created(1))
    engine.dispose()
    again = open_database(database_url)
    assert [row.fact for row in Inbox(again).claim()] == [FACT_1]
    again.dispose()


def test_threads_that_bring_the_same_deliveries_store_each_once(inbox: Inbox) -> None:
    def bring(_: int) -> int:
        return sum(inbox.accept(a_ticket_created(ticket)) for ticket in range(1, 41))

    assert sum(in_threads(8, bring)) == 40
    assert inbox.depth() == {"new": 40}


def bring_from_a_process(url: str, tickets: int) -> int:
    engine = open_database(url)
    inbox = Inbox(engine)
    inbox.prepare()
    return sum(inbox.accept(a_ticket_created(ticket)) for ticket in range(1, tickets + 1))


def test_processes_that_migrate_and_bring_the_same_at_once_store_each_once(database_url: str) -> None:
    assert sum(in_processes(bring_from_a_process, [(database_url, 40)] * 4)) == 40
    engine = open_database(database_url)
    assert Inbox(engine).depth() == {"new": 40}
    engine.dispose()


def claim_everything(inbox: Inbox, batch: int) -> list[str]:
    claimed: list[str] = []
    while rows := inbox.claim(batch):
        assert len(rows) <= batch
        claimed += [row.fact for row in rows]
    return claimed


def claim_in_a_process(url: str, batch: int) -> list[str]:
    engine = open_database(url)
    return claim_everything(Inbox(engine), batch)


def test_threads_that_claim_at_once_never_get_the_same_row(inbox: Inbox) -> None:
    for ticket in range(1, 151):
        inbox.accept(a_ticket_created(ticket))
    claimed = [fact for facts in in_threads(6, lambda _: claim_everything(inbox, 7)) for fact in facts]
    assert sorted(claimed) == sorted(f"7:ticket.created:{ticket}" for ticket in range(1, 151))


def test_processes_that_claim_at_once_never_get_the_same_row(inbox: Inbox, database_url: str) -> None:
    for ticket in range(1, 151):
        inbox.accept(a_ticket_created(ticket))
    claimed = [fact for facts in in_processes(claim_in_a_process, [(database_url, 5)] * 3) for fact in facts]
    assert sorted(claimed) == sorted(f"7:ticket.created:{ticket}" for ticket in range(1, 151))


def test_rows_that_arrive_while_others_claim_are_all_claimed_once(inbox: Inbox) -> None:
    claimed: list[str] = []

    def take_turns(number: int) -> None:
        for ticket in range(number * 30, number * 30 + 30):
            inbox.accept(a_ticket_created(ticket + 1), urgent=ticket % 3 == 0)
            claimed.extend(row.fact for row in inbox.claim(2))

    in_threads(4, take_turns)
    claimed += claim_everything(inbox, 50)
    assert sorted(claimed) == sorted(f"7:ticket.created:{ticket}" for ticket in range(1, 121))


def test_preparing_twice_keeps_what_is_there(inbox: Inbox) -> None:
    inbox.accept(a_ticket_created(1))
    inbox.prepare()
    assert inbox.depth() == {"new": 1}


def test_the_inbox_file_survives_a_power_cut(tmp_path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'inbox.sqlite'}")
    with engine.connect() as connection:
        pragmas = {
            name: connection.execute(sa.text(f"PRAGMA {name}")).scalar() for name in ("synchronous", "journal_mode")
        }
    engine.dispose()
    assert pragmas == {"synchronous": 2, "journal_mode": "wal"}  # 2 is FULL
