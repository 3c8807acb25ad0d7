"""The threads around an engine: forwarding, closing, taking over, putting back what got stuck."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.databases import Clock, a_ticket_created
from tests.support.waiting import until
from zd_automation.engine.inbox import Inbox
from zd_automation.engine.jobs import InProcessEngine
from zd_automation.engine.shared_tables import workers
from zd_automation.engine.worker import Heartbeats, Worker, fact_of, ticket_of
from zd_automation.journal.database import open_database
from zd_automation.journal.journal import Journal
from zd_automation.journal.tables import deliveries

FACT = "7:ticket.created:1"


@dataclass
class Room:
    """One worker over real stores; its jobs end as ``ends`` says."""

    inbox: Inbox
    journal: Journal
    database: sa.Engine
    clock: Clock
    calls: list[str]
    ends: str | Exception | None = "written"
    gate: threading.Event | None = None

    def worker(self, name: str = "worker-1", at_once: int = 1) -> Worker:
        engine = InProcessEngine(at_once)
        hearts = Heartbeats(self.database, name, self.clock)
        return Worker(self.inbox, self.journal, engine, hearts, self.job, self.clock, dead_after=0.3)

    def job(self, key: str) -> float | None:
        self.calls.append(key)
        if self.gate:
            self.gate.wait(20)
        if isinstance(self.ends, Exception):
            raise self.ends
        if self.ends:
            self.journal.finish(fact_of(key), ticket_of(fact_of(key)), self.ends)
        return None

    def accept(self, *tickets: int, urgent: bool = False) -> None:
        for ticket in tickets:
            self.inbox.accept(a_ticket_created(ticket), urgent=urgent)
            self.clock.advance(0.001)

    def state(self, fact: str = FACT) -> str:
        return self.inbox.get(fact).state

    def workers(self) -> dict[str, float]:
        with self.database.connect() as connection:
            return {row.id: row.seen_at for row in connection.execute(sa.select(workers))}


@pytest.fixture
def place(tmp_path: Path):
    clock = Clock(time.time())
    database = open_database(f"sqlite:///{tmp_path / 'zd.sqlite'}", synchronous="OFF")
    inbox = Inbox(open_database(f"sqlite:///{tmp_path / 'inbox.sqlite'}", synchronous="OFF"), clock)
    journal = Journal(database, clock)
    inbox.prepare()
    journal.prepare()
    yield Room(inbox, journal, database, clock, [])
    database.dispose()


@pytest.mark.parametrize(
    ("key", "fact", "ticket"),
    [
        ("7:ticket.created:42", "7:ticket.created:42", 42),
        ("7:ticket.created:42#3", "7:ticket.created:42", 42),
        ("7:ticket.updated:01HX", "7:ticket.updated:01HX", None),
        ("", "", None),
    ],
)
def test_keys_facts_and_tickets(key: str, fact: str, ticket: int | None) -> None:
    assert fact_of(key) == fact
    assert ticket_of(fact) == ticket


def test_a_delivery_goes_the_whole_way(place: Room) -> None:
    worker = place.worker()
    assert worker.is_running is False
    worker.start()
    assert worker.is_running is True
    place.accept(1)
    assert until(lambda: place.state() == "done")
    worker.stop(2)
    assert worker.is_running is False
    assert place.calls == [FACT]


def test_forwarding_records_deliveries_and_sends_each_once(place: Room) -> None:
    place.accept(1, 2)
    worker = place.worker()
    assert worker.forward() is True
    assert worker.forward() is False
    with place.database.connect() as connection:
        kept = connection.execute(sa.select(deliveries.c.fact, deliveries.c.ticket_id)).all()
    assert sorted(kept) == [("7:ticket.created:1", 1), ("7:ticket.created:2", 2)]
    assert place.inbox.depth() == {"sent": 2}


def test_urgent_deliveries_are_worked_on_first(place: Room) -> None:
    place.accept(1, 2)
    place.accept(3, urgent=True)
    worker = place.worker()
    worker.forward()
    worker.start()
    assert until(lambda: len(place.calls) == 3)
    worker.stop(2)
    assert place.calls == ["7:ticket.created:3", "7:ticket.created:1", "7:ticket.created:2"]


def test_a_job_that_always_fails_ends_as_a_dead_letter_with_the_errors_name_only(place: Room) -> None:
    place.ends = ValueError("words of the ticket")
    worker = place.worker()
    worker.start()
    place.accept(1)
    assert until(lambda: place.state() == "dead")
    worker.stop(2)
    assert place.journal.outcome(FACT) == "dead"
    assert place.calls == [FACT] * 5
    with place.database.connect() as connection:
        assert connection.execute(sa.text("SELECT detail FROM zd_outcomes")).scalars().all() == ["ValueError"]


def test_what_had_ended_at_stop_is_closed_before_the_goodbye(place: Room) -> None:
    place.accept(1)
    worker = place.worker()
    worker.start()
    assert until(lambda: place.journal.outcome(FACT))
    worker.stop(2)
    assert place.state() == "done"


def test_a_delivery_that_got_stuck_is_put_back_and_run_under_a_new_key(place: Room) -> None:
    place.accept(1)
    place.inbox.claim()  # by a worker that died before it told its engine
    worker = place.worker()
    worker.care()
    assert place.state() == "sent"
    place.clock.advance(901)
    worker.care()
    assert (place.state(), place.inbox.get(FACT).attempts) == ("new", 1)
    worker.start()
    assert until(lambda: place.state() == "done")
    worker.stop(2)
    assert place.calls == [f"{FACT}#1"]


def test_a_delivery_that_still_waits_in_the_engine_is_late_and_not_stuck(place: Room) -> None:
    """A backlog of hours, or an outage of Zendesk, must not end in dead letters."""
    place.gate = threading.Event()
    place.accept(1)
    worker = place.worker()
    worker.start()
    assert until(lambda: place.calls == [FACT])
    for _ in range(7):
        place.clock.advance(901)
        worker.care()
    assert (place.state(), place.inbox.get(FACT).attempts) == ("sent", 0)
    place.gate.set()
    assert until(lambda: place.journal.outcome(FACT) == "written")
    worker.stop(2)
    assert place.calls == [FACT]


@pytest.mark.parametrize(("outcome", "state"), [("written", "done"), ("silent", "done"), ("dead", "dead")])
def test_a_stuck_delivery_whose_end_is_known_is_only_closed(place: Room, outcome: str, state: str) -> None:
    place.accept(1)
    place.inbox.claim()
    place.journal.finish(FACT, 1, outcome)
    place.clock.advance(901)
    place.worker().care()
    assert (place.state(), place.inbox.get(FACT).attempts) == (state, 0)


def test_an_end_that_was_stored_late_is_closed_all_the_same(place: Room) -> None:
    """Two jobs take the time, then wait for the database: the one that took it first may store last."""
    place.accept(1, 2)
    worker = place.worker()
    worker.forward()
    slow = Journal(place.database, Clock(place.clock.now - 0.5))
    place.journal.finish("7:ticket.created:2", 2, "written")
    worker.close_finished()
    slow.finish(FACT, 1, "written")
    worker.close_finished()
    place.clock.advance(61)
    worker.care()
    assert (place.state(), place.state("7:ticket.created:2")) == ("done", "done")


def test_an_end_that_was_stored_a_moment_late_does_not_wait_for_the_sweep(place: Room) -> None:
    place.accept(1, 2)
    worker = place.worker()
    worker.forward()
    place.journal.finish("7:ticket.created:2", 2, "written")
    assert worker.close_finished() is True
    Journal(place.database, Clock(place.clock.now - 0.5)).finish(FACT, 1, "written")
    assert worker.close_finished() is True
    assert place.state() == "done"
    assert worker.close_finished() is False  # what is closed is not closed again


def test_a_delivery_that_gets_stuck_again_and_again_becomes_a_dead_letter(place: Room) -> None:
    place.accept(1)
    worker = place.worker()
    for attempt in range(1, 6):
        place.inbox.claim()
        place.clock.advance(901)
        worker.care()
        assert (place.state(), place.inbox.get(FACT).attempts) == ("new", attempt)
    place.inbox.claim()
    place.clock.advance(901)
    worker.care()
    worker.close_finished()
    assert (place.state(), place.journal.outcome(FACT)) == ("dead", "dead")


def test_the_worker_beats_and_buries_the_silent(place: Room) -> None:
    Heartbeats(place.database, "dead", place.clock).beat()
    place.clock.advance(1)
    place.worker("alive").care()
    assert place.workers() == {"alive": place.clock.now}


def test_a_worker_that_stops_leaves_the_jobs_it_could_not_finish_to_the_next_at_once(place: Room) -> None:
    worker = place.worker("worker-1")
    worker.start()
    worker.stop(1)
    assert Heartbeats(place.database, "worker-2", place.clock).bury_silent(30) == ["worker-1"]


def test_old_ended_deliveries_are_forgotten(place: Room) -> None:
    place.accept(1)
    place.inbox.claim()
    place.inbox.finish({FACT: "done"})
    place.clock.advance(29 * 86_400)
    place.worker().care()
    assert place.inbox.get(FACT) is not None
    place.clock.advance(2 * 86_400)
    place.worker().care()
    assert place.inbox.get(FACT) is None


def test_a_database_that_is_away_for_a_moment_does_not_end_the_threads(place: Room) -> None:
    worker = place.worker()
    worker.start()
    with place.database.begin() as connection:
        connection.execute(sa.text("ALTER TABLE zd_deliveries RENAME TO hidden"))
    place.accept(1)
    assert until(lambda: place.state() == "sent")
    with place.database.begin() as connection:
        connection.execute(sa.text("ALTER TABLE hidden RENAME TO zd_deliveries"))
    place.accept(2)
    assert until(lambda: place.state("7:ticket.created:2") == "done")
    worker.stop(2)


def test_stop_waits_for_the_running_job(place: Room) -> None:
    place.gate = threading.Event()
    worker = place.worker()
    worker.start()
    place.accept(1)
    assert until(lambda: place.calls)
    threading.Timer(0.2, place.gate.set).start()
    worker.stop(10)
    assert place.state() == "done"
