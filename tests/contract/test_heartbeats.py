"""Heartbeats over both databases: a silent worker is buried by exactly one other."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.support.databases import START, Clock, in_processes, in_threads
from zd_automation.engine.shared_tables import workers
from zd_automation.engine.worker import Heartbeats
from zd_automation.journal.database import open_database
from zd_automation.journal.journal import Journal


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(database_url: str):
    engine = open_database(database_url)
    Journal(engine).prepare()
    yield engine
    engine.dispose()


def seen(engine: sa.Engine) -> dict[str, float]:
    with engine.connect() as connection:
        return {row.id: row.seen_at for row in connection.execute(sa.select(workers))}


def test_a_beat_is_kept_with_its_time_and_renewed(engine: sa.Engine, clock: Clock) -> None:
    heart = Heartbeats(engine, "a", clock)
    heart.beat()
    assert seen(engine) == {"a": START}
    clock.advance(5)
    heart.beat()
    assert seen(engine) == {"a": START + 5}


def test_only_those_that_were_silent_long_enough_are_buried(engine: sa.Engine, clock: Clock) -> None:
    for name in ("a", "b", "c"):
        Heartbeats(engine, name, clock).beat()
        clock.advance(20)
    me = Heartbeats(engine, "me", clock)
    me.beat()
    assert me.bury_silent(70) == []
    assert me.bury_silent(30) == ["a", "b"]
    assert me.bury_silent(30) == []
    assert set(seen(engine)) == {"c", "me"}


def test_a_worker_never_buries_itself(engine: sa.Engine, clock: Clock) -> None:
    me = Heartbeats(engine, "me", clock)
    me.beat()
    clock.advance(1000)
    assert me.bury_silent(30) == []
    assert set(seen(engine)) == {"me"}


def test_a_buried_worker_that_was_only_slow_comes_back_with_its_next_beat(engine: sa.Engine, clock: Clock) -> None:
    slow, other = Heartbeats(engine, "slow", clock), Heartbeats(engine, "other", clock)
    slow.beat()
    clock.advance(31)
    assert other.bury_silent(30) == ["slow"]
    slow.beat()
    assert set(seen(engine)) == {"slow"}
    assert other.bury_silent(30) == []


def bury_in_a_process(url: str, name: str) -> list[str]:
    engine = open_database(url)
    return Heartbeats(engine, name, Clock(START + 100)).bury_silent(30)


def test_each_dead_worker_is_given_to_one_of_many_threads(engine: sa.Engine, clock: Clock) -> None:
    names = [f"dead-{number}" for number in range(20)]
    for name in names:
        Heartbeats(engine, name, clock).beat()
    clock.advance(100)
    buried = in_threads(6, lambda number: Heartbeats(engine, f"alive-{number}", clock).bury_silent(30))
    assert sorted(name for some in buried for name in some) == sorted(names)


def test_each_dead_worker_is_given_to_one_of_many_processes(database_url: str, engine: sa.Engine, clock: Clock) -> None:
    names = [f"dead-{number}" for number in range(20)]
    for name in names:
        Heartbeats(engine, name, clock).beat()
    buried = in_processes(bury_in_a_process, [(database_url, f"alive-{number}") for number in range(3)])
    assert sorted(name for some in buried for name in some) == sorted(names)


def test_workers_that_beat_for_the_first_time_at_once_are_all_seen(engine: sa.Engine, clock: Clock) -> None:
    in_threads(8, lambda number: Heartbeats(engine, f"worker-{number % 4}", clock).beat())
    assert seen(engine) == {f"worker-{number}": START for number in range(4)}


def test_who_leaves_is_given_to_the_next_who_looks_without_waiting(engine: sa.Engine, clock: Clock) -> None:
    leaving, other = Heartbeats(engine, "leaving", clock), Heartbeats(engine, "other", clock)
    leaving.beat()
    other.beat()
    leaving.leave()
    assert other.bury_silent(30) == ["leaving"]
    assert set(seen(engine)) == {"other"}


def test_who_starts_again_under_its_name_after_leaving_is_alive(engine: sa.Engine, clock: Clock) -> None:
    again, other = Heartbeats(engine, "again", clock), Heartbeats(engine, "other", clock)
    again.beat()
    again.leave()
    again.beat()
    assert other.bury_silent(30) == []
