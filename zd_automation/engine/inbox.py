"""The inbox: one row a delivery, written before Zendesk gets its answer. It is the truth; engines come and go.

It has a SQLite file of its own, so that the receiver never waits for a worker's lock; on PostgreSQL it is a table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from zd_automation.events import Event, TicketCreated
from zd_automation.journal.database import for_reading, migrate

metadata = sa.MetaData()

inbox = sa.Table(
    "zd_inbox",
    metadata,
    sa.Column("fact", sa.String(200), primary_key=True),
    sa.Column("account_id", sa.BigInteger, nullable=False),
    sa.Column("ticket_id", sa.BigInteger),
    sa.Column("kind", sa.String(80), nullable=False),
    sa.Column("webhook_id", sa.String(80)),
    sa.Column("invocation_id", sa.String(80)),
    sa.Column("event_id", sa.String(80)),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("received_at", sa.Float, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Index("zd_inbox_by_state", "state", "urgent", "received_at"),
)

# new: nobody works on it; sent: an engine has it; done, dead, ignored: nothing left to do.
STATES = ("new", "sent", "done", "dead", "ignored")


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A delivery as stored."""

    fact: str
    account_id: int
    ticket_id: int | None
    kind: str
    webhook_id: str | None
    invocation_id: str | None
    event_id: str | None
    urgent: bool
    state: str
    attempts: int
    received_at: float
    changed_at: float


class Inbox:
    """Accepts deliveries and hands them on; thread-safe, shared by processes through the database."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._reading = for_reading(engine)
        self._clock = clock
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        # RETURNING, since the row count of an INSERT is not told on PostgreSQL.
        insert = dialect.insert(inbox).on_conflict_do_nothing().returning(inbox.c.fact)
        # Compiled once: a sender waits while a delivery is stored.
        compiled = insert.compile(engine)
        self._insert, self._places = str(compiled), getattr(compiled, "positiontup", None)
        self._skip_locked = engine.dialect.name == "postgresql"

    def prepare(self) -> None:
        """Create the table or bring it up to date."""
        migrate(self._engine, Path(__file__).parent, "zd_inbox_version")

    def accept(self, event: Event, *, urgent: bool = False) -> bool:
        """Store a delivery durably. False when the same fact has been stored before, by whichever way it came."""
        now, delivery = self._clock(), event.delivery
        row = {
            "fact": event.fact,
            "account_id": delivery.account_id,
            "ticket_id": event.ticket_id if isinstance(event, TicketCreated) else None,
            "kind": "ticket.created" if isinstance(event, TicketCreated) else event.kind,
            "webhook_id": delivery.webhook_id,
            "invocation_id": delivery.invocation_id,
            "event_id": delivery.event_id,
            "urgent": urgent,
            "state": "new" if isinstance(event, TicketCreated) else "ignored",
            "attempts": 0,
            "received_at": now,
            "changed_at": now,
        }
        with self._engine.begin() as connection:
            return connection.exec_driver_sql(self._insert, self._placed(row)).first() is not None

    def _placed(self, row: dict[str, Any]) -> Any:
        """A row as the driver wants it: in order for SQLite, by name for PostgreSQL."""
        return tuple(row[name] for name in self._places) if self._places else row

    def claim(self, limit: int = 100) -> list[InboxRow]:
        """Up to ``limit`` new rows, urgent ones first, marked as sent. A row claimed by one worker is not given to another.

        Whoever claims and then dies leaves the row ``sent``; :meth:`stuck` finds it.
        """
        oldest = sa.select(inbox.c.fact).where(inbox.c.state == "new")
        oldest = oldest.order_by(inbox.c.urgent.desc(), inbox.c.received_at).limit(limit)
        if self._skip_locked:
            oldest = oldest.with_for_update(skip_locked=True)
        taken = (
            sa.update(inbox)
            .where(inbox.c.fact.in_(oldest.scalar_subquery()))
            .values(state="sent", changed_at=self._clock())
            .returning(inbox)
        )
        with self._engine.begin() as connection:
            rows = [InboxRow(**row) for row in connection.execute(taken).mappings()]
        return sorted(rows, key=lambda row: (not row.urgent, row.received_at))

    def has_new(self) -> bool:
        """Whether anything waits to be claimed; takes no write lock."""
        query = sa.select(sa.literal(1)).where(inbox.c.state == "new").limit(1)
        with self._reading.connect() as connection:
            return connection.execute(query).scalar() is not None

    def finish(self, facts: Mapping[str, str]) -> None:
        """Close deliveries; ``facts`` maps each to its final state, done or dead."""
        with self._engine.begin() as connection:
            for state in ("done", "dead"):
                chosen = [fact for fact, final in facts.items() if final == state]
                if chosen:
                    closed = sa.update(inbox).where(inbox.c.fact.in_(chosen))
                    connection.execute(closed.values(state=state, changed_at=self._clock()))

    def try_again(self, facts: Iterable[str]) -> int:
        """Put deliveries back to new and count the attempt; returns how many there were."""
        with self._engine.begin() as connection:
            again = sa.update(inbox).where(inbox.c.fact.in_(list(facts)), inbox.c.state.in_(["sent", "dead"]))
            values = {"state": "new", "attempts": inbox.c.attempts + 1, "changed_at": self._clock()}
            return int(connection.execute(again.values(**values)).rowcount)

    def stuck(self, older_than: float, limit: int = 1000) -> list[InboxRow]:
        """Rows that were handed on more than ``older_than`` seconds ago and have not ended, oldest first."""
        query = sa.select(inbox).where(inbox.c.state == "sent", inbox.c.changed_at < self._clock() - older_than)
        with self._reading.connect() as connection:
            return [
                InboxRow(**row)
                for row in connection.execute(query.order_by(inbox.c.changed_at).limit(limit)).mappings()
            ]

    def get(self, fact: str) -> InboxRow | None:
        """One delivery by its fact."""
        with self._reading.connect() as connection:
            row = connection.execute(sa.select(inbox).where(inbox.c.fact == fact)).mappings().first()
        return InboxRow(**row) if row else None

    def depth(self) -> dict[str, int]:
        """How many rows are in each state."""
        query = sa.select(inbox.c.state, sa.func.count()).group_by(inbox.c.state)
        with self._reading.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def oldest_waiting(self) -> float:
        """Age in seconds of the oldest delivery that has not ended; 0 when there is none."""
        query = sa.select(sa.func.min(inbox.c.received_at)).where(inbox.c.state.in_(["new", "sent"]))
        with self._reading.connect() as connection:
            oldest: Any = connection.execute(query).scalar()
        return max(0.0, self._clock() - float(oldest)) if oldest is not None else 0.0

    def forget_older_than(self, seconds: float) -> int:
        """Delete ended deliveries older than this; keep them longer than Zendesk can send them again."""
        ended = sa.delete(inbox).where(
            inbox.c.state.in_(["done", "ignored"]), inbox.c.changed_at < self._clock() - seconds
        )
        with self._engine.begin() as connection:
            return int(connection.execute(ended).rowcount)
