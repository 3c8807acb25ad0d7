"""Opens databases the way this product needs them, and brings their tables up to date."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event

# One number for "somebody is migrating", so that two workers that start at once do not both do it.
_MIGRATION_LOCK = 7_243_001


_READING = "zd_reading"
_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


class WritesInTurn(sqlite3.Connection):
    """A SQLite connection whose writers wait for each other at a lock of this process.

    SQLite itself makes them ask again and again, with sleeps of up to 100 ms between: with eight threads that costs
    more than all the work. Other processes are still waited for in SQLite's way.
    """

    _turn: threading.Lock | None = None
    _patience = 0.0
    _has_turn = False

    def prepare(self, path: str, *, synchronous: str, busy_ms: int) -> None:
        """Set the connection up for a file that all who name ``path`` share."""
        self._turn, self._patience = _turns[path], busy_ms / 1000
        self.execute(f"PRAGMA busy_timeout={busy_ms}")
        self._switch_to_wal()
        for pragma in (f"synchronous={synchronous}", "foreign_keys=ON"):
            self.execute(f"PRAGMA {pragma}")

    def _switch_to_wal(self) -> None:
        # A new file is switched by one process; SQLite tells another that comes meanwhile "locked" at once, without
        # the busy timeout (sqlite3_busy_handler: it is not called where waiting could deadlock).
        deadline = time.monotonic() + self._patience
        while not self._is_in_wal():
            if time.monotonic() > deadline:
                raise sqlite3.OperationalError("database is locked")
            time.sleep(0.01)

    def _is_in_wal(self) -> bool:
        try:
            self.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            return False
        return True

    def take_turn(self) -> None:
        """Wait to be the one writer until commit, rollback or close. Raises OperationalError as SQLite would."""
        if self._has_turn or self._turn is None:
            return
        if not self._turn.acquire(timeout=self._patience):
            raise _locked(sqlite3.OperationalError("database is locked"))
        self._has_turn = True

    def begin(self) -> None:
        """Begin a transaction that may write. Raises OperationalError when another process keeps the file too long."""
        self.take_turn()
        try:
            self.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            self._leave()
            raise _locked(error) from None

    def commit(self) -> None:
        """Commit, and let the next one write."""
        super().commit()
        self._leave()

    def rollback(self) -> None:
        """Roll back, and let the next one write."""
        try:
            super().rollback()
        finally:
            self._leave()

    def close(self) -> None:
        """Close, and let the next one write."""
        try:
            super().close()
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._has_turn and self._turn is not None:
            self._has_turn = False
            self._turn.release()


def _locked(error: sqlite3.OperationalError) -> sa.exc.OperationalError:
    return sa.exc.OperationalError("BEGIN IMMEDIATE", None, error)


def open_database(url: str, *, synchronous: str = "FULL", pool_size: int = 20, busy_ms: int = 30_000) -> sa.Engine:
    """An engine for a SQLite or PostgreSQL URL.

    SQLite runs in WAL mode with immediate transactions, so that writers queue instead of failing. ``synchronous``
    is FULL for the inbox (an acknowledged delivery survives power loss) and NORMAL for what can be done again.
    ``busy_ms`` is how long a writer waits for its turn.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)
    arguments = {"check_same_thread": False, "factory": WritesInTurn}
    engine = sa.create_engine(url, pool_size=pool_size, max_overflow=pool_size, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def prepare(connection: WritesInTurn, _: Any) -> None:
        connection.isolation_level = None
        connection.prepare(url, synchronous=synchronous, busy_ms=busy_ms)

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get(_READING):
            _driver(connection).begin()

    return engine


def for_reading(engine: sa.Engine) -> sa.Engine:
    """The same engine for single SELECTs: on SQLite they wait for no writer and hold none up."""
    return engine.execution_options(**{_READING: True})


def _driver(connection: sa.Connection) -> WritesInTurn:
    driver = connection.connection.driver_connection
    if not isinstance(driver, WritesInTurn):
        raise TypeError("this engine was not opened by open_database")
    return driver


def migrate(engine: sa.Engine, package_folder: Path, version_table: str) -> None:
    """Bring the tables of one part (journal or inbox) to the newest version; safe to call from several processes."""
    config = Config()
    config.set_main_option("script_location", str(package_folder / "migrations"))
    config.attributes["version_table"] = version_table
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
