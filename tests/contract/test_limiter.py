"""The account-wide limiter over both databases: never over the allowance in any minute, whoever asks."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.databases import Clock, in_threads
from zd_automation.engine.limiter import Allowance, NoLimiter, SharedLimiter
from zd_automation.engine.shared_tables import buckets
from zd_automation.journal.database import open_database
from zd_automation.journal.journal import Journal


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000_000.0)


@pytest.fixture
def engine(database_url: str):
    engine = open_database(database_url)
    Journal(engine).prepare()
    yield engine
    engine.dispose()


def limiter_of(engine: sa.Engine, clock: Clock, per_minute: float, urgent_reserve: float = 0.1) -> SharedLimiter:
    return SharedLimiter(engine, [Allowance("updates", per_minute, urgent_reserve)], clock)


def taken(limiter: SharedLimiter, *, urgent: bool = False) -> int:
    """How many calls may go out at this very moment."""
    count = 0
    while limiter.wait_for("updates", urgent=urgent) == 0:
        count += 1
    return count


def most_in_a_minute(times: list[float]) -> int:
    """The largest number of calls in any window of sixty seconds."""
    most, window = 0, deque[float]()
    for at in sorted(times):
        window.append(at)
        while at - window[0] > 60:
            window.popleft()
        most = max(most, len(window))
    return most


@pytest.mark.parametrize(
    ("per_minute", "reserve", "ordinary", "urgent"),
    [(100, 0.1, 18, 2), (100, 0.0, 20, 0), (100, 0.5, 10, 10), (400, 0.1, 72, 8), (10, 0.1, 1, 1), (1, 0.1, 1, 0)],
)
def test_a_burst_of_ordinary_calls_leaves_the_urgent_reserve(
    engine: sa.Engine, clock: Clock, per_minute: int, reserve: float, ordinary: int, urgent: int
) -> None:
    limiter = limiter_of(engine, clock, per_minute, reserve)
    assert taken(limiter) == ordinary
    assert taken(limiter, urgent=True) == urgent
    assert taken(limiter) == 0


def test_the_wait_is_told_and_is_long_enough(engine: sa.Engine, clock: Clock) -> None:
    limiter = limiter_of(engine, clock, 100)
    assert taken(limiter) == 18
    wait = limiter.wait_for("updates")
    assert wait == pytest.approx(0.75)  # 100 a minute less a fifth is one every 0.75 s
    clock.advance(wait - 0.05)
    assert limiter.wait_for("updates") > 0
    clock.advance(0.06)
    assert limiter.wait_for("updates") == 0


def test_a_refused_call_costs_nothing(engine: sa.Engine, clock: Clock) -> None:
    limiter = limiter_of(engine, clock, 100)
    taken(limiter)
    waits = [limiter.wait_for("updates") for _ in range(20)]
    assert waits == [pytest.approx(0.75)] * 20


def test_an_idle_hour_does_not_save_up_more_than_one_burst(engine: sa.Engine, clock: Clock) -> None:
    limiter = limiter_of(engine, clock, 100)
    taken(limiter)
    clock.advance(3600)
    assert taken(limiter) == 18


def test_urgent_calls_pass_while_ordinary_ones_queue(engine: sa.Engine, clock: Clock) -> None:
    limiter = limiter_of(engine, clock, 60, urgent_reserve=0.5)
    for _ in range(120):
        taken(limiter)
        assert limiter.wait_for("updates") > 0
        clock.advance(1.0)
    assert limiter.wait_for("updates", urgent=True) == 0


def test_limits_are_counted_apart(engine: sa.Engine, clock: Clock) -> None:
    limiter = SharedLimiter(engine, [Allowance("updates", 10, 0.0), Allowance("requests", 50, 0.0)], clock)
    assert taken(limiter) == 2
    assert limiter.wait_for("requests") == 0


def test_no_limit_and_an_unknown_name_let_everything_pass(engine: sa.Engine, clock: Clock) -> None:
    limiter = SharedLimiter(engine, [Allowance("updates", 0)], clock)
    assert [limiter.wait_for(name) for name in ("updates", "unheard") for _ in range(50)] == [0.0] * 100
    limiter.penalise("updates", 60)
    assert limiter.wait_for("updates") == 0.0
    nothing = NoLimiter()
    nothing.penalise("updates", 60)
    assert nothing.wait_for("updates") == 0.0


def test_after_a_429_nobody_calls_until_it_is_over(engine: sa.Engine, clock: Clock) -> None:
    limiter, other = limiter_of(engine, clock, 100), limiter_of(engine, clock, 100)
    limiter.penalise("updates", 30)
    assert limiter.wait_for("updates") >= 30
    assert other.wait_for("updates", urgent=True) >= 30
    clock.advance(29.9)
    assert other.wait_for("updates", urgent=True) > 0
    clock.advance(3)
    assert other.wait_for("updates", urgent=True) == 0


def test_a_shorter_penalty_does_not_end_a_longer_one(engine: sa.Engine, clock: Clock) -> None:
    limiter = limiter_of(engine, clock, 100)
    limiter.penalise("updates", 30)
    limiter.penalise("updates", 1)
    clock.advance(20)
    assert limiter.wait_for("updates", urgent=True) > 9


def test_what_is_spent_survives_a_restart_and_counts_for_every_machine(
    database_url: str, engine: sa.Engine, clock: Clock
) -> None:
    assert taken(limiter_of(engine, clock, 100)) == 18
    elsewhere = open_database(database_url)
    assert taken(limiter_of(elsewhere, clock, 100)) == 0
    with elsewhere.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(buckets)).scalar() == 1
    elsewhere.dispose()


def test_threads_on_two_machines_never_take_more_than_the_allowance_in_any_minute(
    database_url: str, engine: sa.Engine, clock: Clock
) -> None:
    per_minute, seconds, threads = 60, 150, 4
    elsewhere = open_database(database_url)
    limiters = [limiter_of(engine, clock, per_minute), limiter_of(elsewhere, clock, per_minute)]
    calls: list[float] = []
    tick = threading.Barrier(threads, action=lambda: clock.advance(1.0))

    def call(number: int) -> None:
        for _ in range(seconds):
            while limiters[number % 2].wait_for("updates", urgent=number == 3) == 0:
                calls.append(clock.now)
            tick.wait(60)

    in_threads(threads, call)
    elsewhere.dispose()
    assert most_in_a_minute(calls) <= per_minute
    # Nor does it waste the allowance: four fifths of it flow steadily, and a burst on top.
    assert len(calls) >= per_minute * 0.8 * (seconds - 1) / 60


@settings(max_examples=25, deadline=None)
@given(
    per_minute=st.integers(1, 40) | st.floats(5, 40),
    reserve=st.floats(0, 1),
    steps=st.lists(st.tuples(st.floats(0, 20), st.integers(1, 6), st.booleans()), max_size=25),
)
def test_whatever_the_rhythm_no_minute_is_over_the_allowance(
    tmp_path_factory: pytest.TempPathFactory, per_minute: float, reserve: float, steps: list[tuple[float, int, bool]]
) -> None:
    path: Path = tmp_path_factory.mktemp("limiter") / "shared.sqlite"
    engine = open_database(f"sqlite:///{path}", synchronous="OFF")
    buckets.metadata.create_all(engine)
    clock, calls = Clock(1_000_000.0), []
    limiter = limiter_of(engine, clock, per_minute, reserve)
    for pause, tries, urgent in steps:
        clock.advance(pause)
        calls += [clock.now for _ in range(tries) if limiter.wait_for("updates", urgent=urgent) == 0]
    engine.dispose()
    assert most_in_a_minute(calls) <= per_minute
