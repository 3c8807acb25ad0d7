"""How engines stop, and what becomes of their jobs when a worker stops or is killed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.databases import drop_database
from tests.support.engines import Bench, Process
from tests.support.engines import dbos as dbos_bench
from tests.support.waiting import until
from zd_automation.engine.jobs import NORMAL, InProcessEngine, Job


def held_until(gate: threading.Event):
    """A job that goes on until the gate opens."""

    def job(_: str) -> None:
        gate.wait(20)

    return job


def test_an_engine_in_memory_finishes_what_runs_and_starts_no_other() -> None:
    gate = threading.Event()
    bench = Bench(InProcessEngine(1), held_until(gate)).start()
    for key in ("running", "waiting"):
        bench.engine.submit(key, NORMAL)
    assert bench.called("running")
    threading.Timer(0.2, gate.set).start()
    bench.engine.stop(10)
    assert gate.is_set()
    assert bench.calls == ["running"]


def test_an_engine_in_memory_does_not_wait_for_ever() -> None:
    gate = threading.Event()
    bench = Bench(InProcessEngine(1), held_until(gate)).start()
    bench.engine.submit("running", NORMAL)
    assert bench.called("running")
    bench.engine.stop(0.2)
    assert not gate.is_set()
    gate.set()


def test_what_waited_at_stop_is_done_by_the_next_worker_and_what_ended_is_forgotten_in_time(
    dbos, database_url: str
) -> None:
    gate = threading.Event()
    first = dbos(database_url, "worker-1", held_until(gate), at_once=1)
    for key in ("running", "w1", "w2"):
        first.engine.submit(key, NORMAL)
    assert first.called("running")
    threading.Timer(0.2, gate.set).start()
    first.engine.stop(10)
    assert gate.is_set()
    assert first.calls == ["running"]
    second = dbos(database_url, "worker-2")
    assert second.called("w1", "w2")
    assert second.calls.count("running") == 0
    forgotten: list[int] = []  # one call may come before the last of the three is written down as done
    assert until(lambda: forgotten.append(second.engine.forget_older_than(0)) or sum(forgotten) == 3)
    assert second.engine.forget_older_than(0) == 0
    second.engine.submit("w1", NORMAL)  # known no more, so that it is run again
    assert until(lambda: second.calls.count("w1") == 2)


@pytest.fixture
def dbos():
    """Makes started DBOS engines, one at a time; the last one is stopped with the test, however it ends."""
    made: list[Bench] = []

    def start(url: str, name: str, job: Job | None = None, *, at_once: int = 3) -> Bench:
        made.append(dbos_bench(url, name, job, at_once=at_once))
        return made[-1]

    yield start
    if made:
        made[-1].engine.stop(1)


@pytest.fixture
def killed(database_url: str, tmp_path: Path) -> Process:
    """worker-1, killed when ``done`` had ended, two jobs ran and one waited."""
    process = Process(database_url, "worker-1", tmp_path, "done", "a", "b", "c")
    try:
        assert until(lambda: len(process.calls()) == 3)
        time.sleep(0.3)  # what was done must be stored as done
    finally:
        process.kill()
    assert sorted(process.calls()) == ["worker-1 a", "worker-1 b", "worker-1 done"]
    return process


def test_a_killed_workers_jobs_are_taken_over_by_another(dbos, killed: Process, database_url: str) -> None:
    bench = dbos(database_url, "worker-2")
    assert bench.called("c")
    assert until(lambda: len(bench.calls) > 1, timeout=0.4) is False  # DBOS by itself leaves another's jobs alone
    assert bench.engine.take_over("worker-1") == 2
    assert bench.called("a", "b", "c")
    assert until(lambda: bench.engine.take_over("worker-1") == 0)
    bench.engine.submit("done", NORMAL)
    bench.engine.submit("new", NORMAL)
    assert bench.called("new")
    assert Counter(bench.calls) == {"a": 1, "b": 1, "c": 1, "new": 1}


def test_a_worker_that_starts_again_under_its_name_finds_its_jobs(dbos, killed: Process, database_url: str) -> None:
    bench = dbos(database_url, "worker-1")
    assert bench.called("a", "b", "c")
    assert Counter(bench.calls) == {"a": 1, "b": 1, "c": 1}


@pytest.mark.postgres
def test_a_process_whose_database_went_away_beneath_a_job_can_leave(postgres_url: str, tmp_path: Path) -> None:
    process = Process(postgres_url, "worker-1", tmp_path, "a")
    try:
        assert until(lambda: process.calls() == ["worker-1 a"])
        drop_database(postgres_url)
        process.end_jobs()
        time.sleep(1)  # the job's end cannot be stored, and is tried again and again
        assert process.leave() == 0
    finally:
        process.kill()
