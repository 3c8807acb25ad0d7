"""How databases are opened while another process has its hands on the file."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from zd_automation.journal.database import open_database


@pytest.fixture
def held(tmp_path: Path):
    """A new SQLite file, and the connection of somebody who is writing to it: until then nobody can switch it to WAL."""
    path = tmp_path / "new.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE theirs (id INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO theirs VALUES (1)")
    yield path, other
    other.close()


def test_a_new_file_that_another_process_is_setting_up_is_waited_for(held) -> None:
    path, other = held
    threading.Timer(0.3, other.commit).start()
    with open_database(f"sqlite:///{path}").begin() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(sa.text("SELECT count(*) FROM theirs")).scalar() == 1


def test_a_file_that_stays_locked_is_told_as_such_after_the_time_that_was_given(held) -> None:
    path, _ = held
    with pytest.raises(sa.exc.OperationalError, match="database is locked"):
        open_database(f"sqlite:///{path}", busy_ms=100).connect()
