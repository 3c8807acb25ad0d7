"""What the product asks of a job engine, asked of every engine it has: in memory, DBOS on SQLite, DBOS on PostgreSQL."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.support.databases import in_threads
from tests.support.engines import Bench, dbos
from tests.support.waiting import until
from zd_automation.engine import dbos_engine
from zd_automation.engine.jobs import MOST_ATTEMPTS, NORMAL, URGENT, InProcessEngine

AT_ONCE = 3
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=["in process", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """One running engine of each kind for all tests: DBOS takes seconds to start and to stop."""
    if request.param == "in process":
        bench = Bench(InProcessEngine(AT_ONCE)).start()
    elif request.param == "sqlite":
        bench = dbos(f"sqlite:///{tmp_path_factory.mktemp('engine') / 'engine.sqlite'}", "worker-1", at_once=AT_ONCE)
    else:
        bench = dbos(request.getfixturevalue("module_postgres_url"), "worker-1", at_once=AT_ONCE)
    yield bench
    bench.engine.stop(1)


@pytest.fixture
def bench(running: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The engine with nothing noted yet; the pauses between failed attempts are cut short."""
    monkeypatch.setattr(dbos_engine, "_BACKOFF", (0.05, 0.05, 0.05, 0.05))
    running.use(None)
    return running


@pytest.fixture
def key() -> Callable[[str], str]:
    """Names that no other test used."""
    number = next(_numbers)
    return lambda name: f"{number}:{name}"


def settled(bench: Bench, key: Callable[[str], str]) -> None:
    """Give a wrong second run the time to happen: two more jobs go the whole way through both queues."""
    bench.engine.submit(key("last-urgent"), URGENT)
    bench.engine.submit(key("last-normal"), NORMAL)
    assert bench.called(key("last-urgent"), key("last-normal"))


def test_every_key_is_run_once(bench: Bench, key) -> None:
    keys = [key(f"ticket.created:{number}") for number in range(20)]
    for number, name in enumerate(keys):
        bench.engine.submit(name, URGENT if number % 4 == 0 else NORMAL)
    assert bench.called(*keys)
    settled(bench, key)
    assert Counter(bench.calls) == Counter([*keys, key("last-urgent"), key("last-normal")])
    assert bench.dead == []


def test_a_key_that_was_submitted_before_is_not_run_again(bench: Bench, key) -> None:
    bench.engine.submit(key("a"), NORMAL)
    bench.engine.submit(key("a"), URGENT)
    assert bench.called(key("a"))
    bench.engine.submit(key("a"), NORMAL)
    in_threads(4, lambda _: bench.engine.submit(key("b"), NORMAL))
    assert bench.called(key("b"))
    settled(bench, key)
    assert (bench.calls.count(key("a")), bench.calls.count(key("b"))) == (1, 1)


def test_another_number_behind_the_key_is_another_run(bench: Bench, key) -> None:
    bench.engine.submit(key("a"), NORMAL)
    assert bench.called(key("a"))
    bench.engine.submit(key("a#1"), NORMAL)
    assert bench.called(key("a#1"))


def test_urgent_keys_overtake_normal_ones_that_wait(bench: Bench, key) -> None:
    gate = threading.Event()

    def job(name: str) -> None:
        if "first" in name:
            gate.wait(20)

    bench.use(job)
    first = [key(f"first-{number}") for number in range(AT_ONCE)]
    for name in first:
        bench.engine.submit(name, NORMAL)
    assert bench.called(*first)
    waiting = [key(f"waiting-{number}") for number in range(4)]
    for name in waiting:
        bench.engine.submit(name, NORMAL)
    bench.engine.submit(key("urgent"), URGENT)
    until(lambda: key("urgent") in bench.calls, timeout=0.5)  # an engine with places of its own for urgent ones runs it
    gate.set()
    assert bench.called(key("urgent"), *waiting)
    assert bench.calls.index(key("urgent")) < min(bench.calls.index(name) for name in waiting)


def test_it_holds_what_waits_or_runs_and_not_what_ended_or_never_came(bench: Bench, key) -> None:
    gate = threading.Event()
    bench.use(lambda name: None if "done" in name else (gate.wait(20), None)[1])
    bench.engine.submit(key("done"), NORMAL)
    assert bench.called(key("done"))
    bench.engine.submit(key("runs"), NORMAL)
    assert bench.called(key("runs"))
    keys = [key("done"), key("runs"), key("never")]
    assert until(lambda: bench.engine.holds(keys) == {key("runs")}, timeout=5)
    gate.set()
    assert until(lambda: bench.engine.holds(keys) == set(), timeout=5)
    assert bench.engine.holds([]) == set()


def test_a_job_that_names_seconds_is_called_again_after_them_and_waiting_is_no_failure(bench: Bench, key) -> None:
    times: list[float] = []

    def job(_: str) -> float | None:
        times.append(time.monotonic())
        return 0.1 if len(times) < MOST_ATTEMPTS + 3 else None

    bench.use(job)
    bench.engine.submit(key("a"), NORMAL)
    assert until(lambda: len(times) == MOST_ATTEMPTS + 3)
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.1
    assert until(lambda: len(times) > MOST_ATTEMPTS + 3, timeout=0.3) is False
    assert bench.dead == []


def test_a_job_that_fails_is_called_again(bench: Bench, key) -> None:
    def job(_: str) -> None:
        if len(bench.calls) < 3:
            raise ConnectionError("the database is away")

    bench.use(job)
    bench.engine.submit(key("a"), NORMAL)
    assert until(lambda: len(bench.calls) == 3)
    assert until(lambda: len(bench.calls) > 3, timeout=0.3) is False
    assert bench.dead == []


def test_a_job_that_always_fails_is_given_up_once_and_the_others_go_on(bench: Bench, key) -> None:
    def job(name: str) -> None:
        if "bad" in name:
            raise KeyError("a word of the ticket")

    bench.use(job)
    for name in ("bad", "good", "bad#1"):
        bench.engine.submit(key(name), NORMAL)
    assert until(lambda: len(bench.dead) == 2)
    assert sorted(bench.dead) == [(key("bad"), "KeyError"), (key("bad#1"), "KeyError")]
    assert Counter(bench.calls) == {key("bad"): MOST_ATTEMPTS, key("bad#1"): MOST_ATTEMPTS, key("good"): 1}
    bench.engine.submit(key("bad"), NORMAL)
    assert until(lambda: len(bench.dead) > 2, timeout=0.4) is False


def test_one_key_never_runs_twice_at_a_time_and_no_more_jobs_run_than_allowed(bench: Bench, key) -> None:
    running: Counter[str] = Counter()
    of_one_key, of_all = [0], [0]
    lock = threading.Lock()

    def job(name: str) -> float | None:
        with lock:
            running[name] += 1
            of_one_key.append(running[name])
            of_all.append(running.total())
        time.sleep(0.02)
        with lock:
            running[name] -= 1
        return 0.02 if bench.calls.count(name) < 3 else None

    bench.use(job)
    keys = [key(f"k{number}") for number in range(8)]
    for name in keys * 2:
        bench.engine.submit(name, NORMAL)
    assert until(lambda: all(bench.calls.count(name) == 3 for name in keys))
    assert max(of_one_key) == 1
    assert 1 < max(of_all) <= AT_ONCE


def test_nothing_is_taken_over_or_forgotten_where_nothing_is(bench: Bench) -> None:
    assert bench.engine.take_over("never-heard-of") == 0
    assert bench.engine.forget_older_than(3600) == 0
