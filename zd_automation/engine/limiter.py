"""The account-wide limiter: one allowance for all workers and machines, kept in the database they share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from zd_automation.engine.shared_tables import buckets

_MINUTE = 60.0
# Zendesk counts by whole minutes that start when they like. Rate x 60 + burst stays within the allowance in any of them.
_BURST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Allowance:
    """What we may take of one Zendesk limit. ``per_minute`` 0 means no limit."""

    name: str
    per_minute: float
    urgent_reserve: float = 0.1

    @property
    def interval(self) -> float:
        """Seconds that one call costs at the steady rate."""
        return _MINUTE / (self.per_minute * (1 - _BURST_SHARE))

    @property
    def burst(self) -> float:
        """How far ahead of the steady rate calls may run, in seconds."""
        return self.per_minute * _BURST_SHARE * self.interval


class RateLimiter(Protocol):
    """Says when a call may go out."""

    def wait_for(self, name: str, *, urgent: bool = False) -> float:
        """Seconds to wait before trying again; 0 when the call may go out now, and is counted."""
        ...

    def penalise(self, name: str, seconds: float) -> None:
        """Zendesk said 429: nobody calls for this long."""
        ...


class NoLimiter:
    """For tests and for a sandbox with its limits off."""

    def wait_for(self, name: str, *, urgent: bool = False) -> float:  # noqa: ARG002 - the Protocol's shape
        """See :class:`RateLimiter`."""
        return 0.0

    def penalise(self, name: str, seconds: float) -> None:
        """See :class:`RateLimiter`."""


class SharedLimiter:
    """GCRA in one row a limit: a single atomic UPDATE takes a place or says no.

    Ordinary calls may use the burst but for the urgent reserve; urgent calls may use all of it, and that is what lets
    a security case pass while ordinary ones queue.
    """

    def __init__(self, engine: sa.Engine, allowances: list[Allowance], clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock
        self._allowances = {allowance.name: allowance for allowance in allowances if allowance.per_minute > 0}
        for name in self._allowances:
            self._ensure(name)

    def wait_for(self, name: str, *, urgent: bool = False) -> float:
        """See :class:`RateLimiter`."""
        allowance = self._allowances.get(name)
        if allowance is None:
            return 0.0
        now = self._clock()
        room = allowance.burst * (1.0 if urgent else 1.0 - allowance.urgent_reserve)
        start = sa.case((buckets.c.spent_until > now, buckets.c.spent_until), else_=now)
        latest = now + max(room - allowance.interval, 0.0)
        take = (
            sa.update(buckets)
            .where(buckets.c.name == name, start <= latest)
            .values(spent_until=start + allowance.interval)
        )
        with self._engine.begin() as connection:
            if connection.execute(take).rowcount:
                return 0.0
            spent = connection.execute(sa.select(buckets.c.spent_until).where(buckets.c.name == name)).scalar()
        return max(float(spent or now) - latest, 0.01)

    def penalise(self, name: str, seconds: float) -> None:
        """See :class:`RateLimiter`."""
        if name not in self._allowances:
            return
        until = self._clock() + seconds + self._allowances[name].burst
        later = sa.update(buckets).where(buckets.c.name == name, buckets.c.spent_until < until)
        with self._engine.begin() as connection:
            connection.execute(later.values(spent_until=until))

    def _ensure(self, name: str) -> None:
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        row = dialect.insert(buckets).values(name=name, spent_until=0.0).on_conflict_do_nothing()
        with self._engine.begin() as connection:
            connection.execute(row)
