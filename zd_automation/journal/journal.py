"""The journal: one place that remembers every delivery, decision, write and outcome."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from zd_automation.journal.database import for_reading, migrate
from zd_automation.journal.tables import decisions, deliveries, outcomes, writes

# What can become of a delivery.
OUTCOMES = ("written", "silent", "gone", "already_done", "refused", "dead")
_NAMESPACE = uuid.UUID("6f2b9a3e-51c4-4a57-9c6e-0d6b6f1f4a11")


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it was made. ``plan`` is the Plan as JSON, without any ticket text but the masked evidence."""

    id: str
    fact: str
    ticket_id: int
    desk: str
    inputs_hash: str
    plan: Mapping[str, Any]
    urgent: bool
    decided_at: float


def decision_id(fact: str, inputs_hash: str) -> str:
    """The same delivery decided on the same ticket state has the same id, whoever decides it and however often."""
    return str(uuid.uuid5(_NAMESPACE, f"{fact}|{inputs_hash}"))


class Journal:
    """Reads and writes the journal's tables; thread-safe."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._reading = for_reading(engine)
        self._clock = clock

    def prepare(self) -> None:
        """Create the tables or bring them up to date."""
        migrate(self._engine, Path(__file__).parent, "zd_journal_version")

    def record_deliveries(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep deliveries; one that is there already stays as it was."""
        known = deliveries.columns.keys()
        values = [{key: row[key] for key in known} for row in rows]
        if values:
            with self._engine.begin() as connection:
                connection.execute(self._insert(deliveries).on_conflict_do_nothing(), values)

    def record_decision(self, decision: Decision) -> None:
        """Keep a decision; deciding the same again changes nothing."""
        values = {name: getattr(decision, name) for name in decisions.columns.keys()}  # noqa: SIM118 - not a dict
        with self._engine.begin() as connection:
            connection.execute(self._insert(decisions).on_conflict_do_nothing(), values)

    def begin_write(self, decision: Decision, change: Mapping[str, Any]) -> bool:
        """Note the decision and that its write is about to go out, in one commit.

        False when a write of this decision has gone out before: look at the audits then.
        """
        values = {name: getattr(decision, name) for name in decisions.columns.keys()}  # noqa: SIM118 - not a dict
        row = {"decision_id": decision.id, "ticket_id": decision.ticket_id, "change": dict(change), "at": self._clock()}
        with self._engine.begin() as connection:
            connection.execute(self._insert(decisions).on_conflict_do_nothing(), values)
            # RETURNING, since the row count of an INSERT is not told on PostgreSQL.
            first = self._insert(writes).on_conflict_do_nothing().returning(writes.c.decision_id)
            return connection.execute(first, {**row, "state": "started"}).first() is not None

    def forget_write(self, decision: str) -> None:
        """The write provably did not land (a conflict, a refusal by the limiter): it never happened."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(writes).where(writes.c.decision_id == decision))

    def unfinished_writes(self, ticket_id: int) -> list[str]:
        """Ids of decisions whose write went out without a known end."""
        query = sa.select(writes.c.decision_id).where(writes.c.ticket_id == ticket_id, writes.c.state == "started")
        with self._reading.connect() as connection:
            return list(connection.execute(query).scalars())

    def finish(
        self, fact: str, ticket_id: int | None, outcome: str, detail: str = "", *, decision: str | None = None,
        audit_id: int | None = None,
    ) -> None:  # fmt: skip
        """Close a delivery: its outcome and, when something was written, the end of that write, in one commit."""
        row = {"fact": fact, "ticket_id": ticket_id, "outcome": outcome, "detail": detail[:500], "at": self._clock()}
        with self._engine.begin() as connection:
            if decision:
                done = sa.update(writes).where(writes.c.decision_id == decision)
                connection.execute(done.values(state="applied", audit_id=audit_id, at=self._clock()))
            insert = self._insert(outcomes)
            changed = {key: insert.excluded[key] for key in ("outcome", "detail", "at")}
            connection.execute(insert.on_conflict_do_update(index_elements=["fact"], set_=changed), row)

    def outcome(self, fact: str) -> str | None:
        """How a delivery ended, or None while it has not."""
        query = sa.select(outcomes.c.outcome).where(outcomes.c.fact == fact)
        with self._reading.connect() as connection:
            return connection.execute(query).scalar()

    def finished_since(self, at: float, limit: int = 5000) -> list[tuple[str, str, float]]:
        """Deliveries (fact, outcome, time) that ended at or after a time, oldest first."""
        query = (
            sa.select(outcomes.c.fact, outcomes.c.outcome, outcomes.c.at)
            .where(outcomes.c.at >= at)
            .order_by(outcomes.c.at)
            .limit(limit)
        )
        with self._reading.connect() as connection:
            return [(row.fact, row.outcome, row.at) for row in connection.execute(query)]

    def decisions_of(self, ticket_id: int) -> list[Decision]:
        """Every decision on a ticket, oldest first."""
        query = sa.select(decisions).where(decisions.c.ticket_id == ticket_id).order_by(decisions.c.decided_at)
        with self._reading.connect() as connection:
            return [Decision(**row) for row in connection.execute(query).mappings()]

    def decisions_since(self, at: float, desk: str) -> Iterator[Decision]:
        """The last decision on each ticket of a desk that was decided at or after a time, oldest first."""
        last = (
            sa.select(decisions.c.ticket_id, sa.func.max(decisions.c.decided_at).label("decided_at"))
            .where(decisions.c.desk == desk, decisions.c.decided_at >= at)
            .group_by(decisions.c.ticket_id)
            .subquery()
        )
        both = sa.and_(decisions.c.ticket_id == last.c.ticket_id, decisions.c.decided_at == last.c.decided_at)
        query = sa.select(decisions).join(last, both).where(decisions.c.desk == desk).order_by(decisions.c.decided_at)
        with self._reading.connect() as connection:
            for row in connection.execution_options(yield_per=500).execute(query).mappings():
                yield Decision(**row)

    def counts(self) -> dict[str, int]:
        """How many deliveries ended in each way."""
        query = sa.select(outcomes.c.outcome, sa.func.count()).group_by(outcomes.c.outcome)
        with self._reading.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def _insert(self, table: sa.Table) -> Any:
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        return dialect.insert(table)
