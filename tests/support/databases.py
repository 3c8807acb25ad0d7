"""Databases for tests: a clock that tests turn, prepared stores, and work done at once by threads and by processes."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

from zd_automation.events import Delivery, TicketCreated

START = 1_700_000_000.0


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def a_ticket_created(ticket_id: int = 1, account_id: int = 7, *, invocation: str = "", event_id: str | None = "e-1"):
    """The fact that a ticket was created, as one delivery told it."""
    delivery = Delivery(account_id, "wh-1", invocation or f"inv-{ticket_id}", event_id, "2026-11-22T06:00:00Z")
    return TicketCreated(delivery, ticket_id)


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What ``work(number)`` gave in each of ``count`` threads that began together."""
    ready = threading.Barrier(count)

    def begin(number: int) -> Any:
        ready.wait(30)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def in_processes(work: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What ``work`` gave in a fresh process for each row of arguments, all at once; it must be importable."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(len(arguments)) as pool:
        return pool.starmap(work, arguments, chunksize=1)


def drop_database(url: str) -> None:
    """Take a PostgreSQL database away, whoever is connected to it."""
    name = sa.make_url(url).database
    server = sa.create_engine(
        sa.make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with server.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
