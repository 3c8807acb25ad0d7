"""A worker: forwards the inbox to the engine, closes what ended, beats, takes over the dead, sweeps what got stuck."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from zd_automation.engine.inbox import Inbox, InboxRow
from zd_automation.engine.jobs import NORMAL, URGENT, Job, JobEngine
from zd_automation.engine.shared_tables import workers
from zd_automation.journal.journal import Journal

_IDLE = 0.02
_BEAT = 5.0
_DEAD_AFTER = 30.0
# The closer looks this far back again: an end is dated when it is written and seen when it is committed.
_OVERLAP = 2.0
# An end that was stored later still, or by a machine whose clock is behind, escapes the closer; the sweep finds it.
_LATE = 60.0
_STUCK_AFTER = 900.0
_MOST_RESUBMISSIONS = 5
_KEEP_FINISHED = 30 * 86_400.0
_CLEAN_EVERY = 3_600.0

log = structlog.get_logger("zd_automation.worker")


class Heartbeats:
    """Rows that say which workers live; a silent one is buried by exactly one other."""

    def __init__(self, engine: sa.Engine, worker: str, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._worker = worker
        self._clock = clock

    def beat(self) -> None:
        """Say that this worker lives."""
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        row = dialect.insert(workers).values(id=self._worker, seen_at=self._clock())
        row = row.on_conflict_do_update(index_elements=["id"], set_={"seen_at": row.excluded.seen_at})
        with self._engine.begin() as connection:
            connection.execute(row)

    def bury_silent(self, silent_for: float) -> list[str]:
        """Workers that were silent this long and that this call, and no other, has removed."""
        gone = sa.delete(workers).where(workers.c.seen_at < self._clock() - silent_for, workers.c.id != self._worker)
        with self._engine.begin() as connection:
            return list(connection.execute(gone.returning(workers.c.id)).scalars())

    def leave(self) -> None:
        """Say goodbye: whoever looks next takes over the jobs that could not finish, without waiting."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(workers).where(workers.c.id == self._worker).values(seen_at=0.0))


class Worker:
    """Runs the threads around one engine. ``start`` returns at once, ``stop`` waits for the end."""

    def __init__(
        self, inbox: Inbox, journal: Journal, engine: JobEngine, heartbeats: Heartbeats, job: Job,
        clock: Callable[[], float] = time.time, dead_after: float = _DEAD_AFTER,
        on_dead: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._inbox = inbox
        self._journal = journal
        self._engine = engine
        self._heartbeats = heartbeats
        self._job = job
        self._clock = clock
        self._dead_after = dead_after
        self._on_dead = on_dead
        self._stopping = threading.Event()
        self._closed_until = 0.0
        self._just_closed: set[tuple[str, str]] = set()
        self._cleaned_at = 0.0
        self._threads = [
            threading.Thread(target=self._loop, args=(self.forward, _IDLE), name="forwarder", daemon=True),
            threading.Thread(target=self._loop, args=(self.close_finished, 0.5), name="closer", daemon=True),
            threading.Thread(
                target=self._loop, args=(self.care, min(_BEAT, dead_after / 3)), name="carer", daemon=True
            ),
        ]

    @property
    def is_running(self) -> bool:
        """Whether it has been started."""
        return any(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Start the engine and the threads."""
        self._heartbeats.beat()
        self._engine.start(self._job, self._bury)
        self._closed_until = self._clock() - 86_400
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Forward nothing more, let running jobs finish, close them, say goodbye."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=2)
        self._engine.stop(timeout)
        self.close_finished()
        self._heartbeats.leave()

    def forward(self) -> bool:
        """Hand one batch of new deliveries to the engine; True when there was any. Repeating it is harmless."""
        if not self._inbox.has_new():
            return False
        rows = self._inbox.claim()
        self._journal.record_deliveries([_as_delivery(row) for row in rows])
        for row in rows:
            self._engine.submit(_key(row), URGENT if row.urgent else NORMAL)
        return bool(rows)

    def close_finished(self) -> bool:
        """Copy outcomes from the journal, where jobs write them, to the inbox; True when there were any."""
        ended = self._journal.finished_since(self._closed_until - _OVERLAP)
        fresh = {fact: _final(outcome) for fact, outcome, _ in ended if (fact, outcome) not in self._just_closed}
        if not fresh:
            return False
        self._inbox.finish(fresh)
        self._closed_until = max(self._closed_until, ended[-1][2])
        self._just_closed = {(fact, outcome) for fact, outcome, at in ended if at >= self._closed_until - _OVERLAP}
        return True

    def care(self) -> bool:
        """Beat, take over the dead, put stuck deliveries back, forget the old."""
        self._heartbeats.beat()
        for dead in self._heartbeats.bury_silent(self._dead_after):
            count = self._engine.take_over(dead)
            log.warning("worker_taken_over", worker=dead, jobs=count)
        self._sweep()
        if self._clock() - self._cleaned_at > _CLEAN_EVERY:
            self._cleaned_at = self._clock()
            self._inbox.forget_older_than(_KEEP_FINISHED)
            self._engine.forget_older_than(_KEEP_FINISHED)
        return False

    def _sweep(self) -> None:
        """Close what ended without our noticing; put back what nobody works on any more.

        A delivery that waits in the engine, behind a backlog or for Zendesk's return, is late and not stuck.
        """
        late = self._inbox.stuck(_LATE)
        held = self._engine.holds([_key(row) for row in late])
        for row in late:
            outcome = self._journal.outcome(row.fact)
            if outcome is not None:
                self._inbox.finish({row.fact: _final(outcome)})
            elif _key(row) in held or row.changed_at > self._clock() - _STUCK_AFTER:
                continue
            elif row.attempts >= _MOST_RESUBMISSIONS:
                self._bury(row.fact, "stuck")
            else:
                self._inbox.try_again([row.fact])
                log.warning("delivery_put_back", fact=row.fact, attempts=row.attempts + 1)

    def _bury(self, key: str, why: str) -> None:
        fact = fact_of(key)
        log.error("delivery_dead", fact=fact, error=why)
        self._on_dead()
        self._journal.finish(fact, ticket_of(fact), "dead", why)

    def _loop(self, step: Callable[[], bool], idle: float) -> None:
        while not self._stopping.is_set():
            try:
                busy = step()
            except Exception as error:  # noqa: BLE001 - a database that is away comes back; the thread must be there then
                log.error("worker_step_failed", step=step.__name__, error=type(error).__name__)  # noqa: TRY400 - no text of rows in logs
                busy = self._stopping.wait(1.0)
            if not busy:
                self._stopping.wait(idle)


def _final(outcome: str) -> str:
    return "dead" if outcome == "dead" else "done"


def _key(row: InboxRow) -> str:
    """The engine runs every key once, so a resubmission needs a key of its own."""
    return f"{row.fact}#{row.attempts}" if row.attempts else row.fact


def fact_of(key: str) -> str:
    """The fact that an engine key stands for, whichever resubmission it is."""
    return key.split("#", maxsplit=1)[0]


def ticket_of(fact: str) -> int | None:
    """The ticket id at the end of a ticket's fact."""
    last = fact.rsplit(":", maxsplit=1)[-1]
    return int(last) if last.isdigit() else None


def _as_delivery(row: object) -> dict[str, object]:
    names = ("fact", "account_id", "ticket_id", "kind", "webhook_id", "invocation_id", "event_id", "received_at")
    return {name: getattr(row, name) for name in names}
