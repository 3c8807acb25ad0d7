"""The job engine on DBOS Transact: embedded on SQLite, distributed on PostgreSQL, same code.

The only module that imports dbos. Why it and how its gaps are filled: docs/decisions/0002-engine.md.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig
from sqlalchemy import event

from zd_automation.engine.jobs import MOST_ATTEMPTS, NORMAL, URGENT, Job, OnDead
from zd_automation.journal.database import WritesInTurn

_NAME = "zd-automation"
_WORKFLOW = "ticket"
# Constant on purpose: DBOS leaves jobs of another application version alone (research page, section 7).
_VERSION = "1"
# Each look costs milliseconds of the interpreter, idle or not.
_POLLING = {URGENT: 0.1, NORMAL: 0.1}
_ALIVE = ["ENQUEUED", "DELAYED", "PENDING"]
_BACKOFF = (1.0, 5.0, 20.0, 60.0)
_WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "REPLAC", "BEGIN "})


class EngineStopped(Exception):
    """A job outlived ``stop()`` and asks for the database: it ends here, and is taken over like one of a killed worker."""


@dataclass
class _Work:
    """What the one workflow calls; DBOS wants plain functions at module level."""

    job: Job | None = None
    on_dead: OnDead | None = None


_work = _Work()


@DBOS.step(name="attempt")
def _attempt(key: str) -> tuple[str, float]:
    """One attempt: ("done", 0), ("wait", seconds) or ("error", 0) with the error's name in between."""
    if _work.job is None:
        raise RuntimeError("the engine was not started: call start() first")
    try:
        wait = _work.job(key)
    except Exception as error:  # noqa: BLE001 - whatever a job raises counts as a failed attempt
        return f"error:{type(error).__name__}", 0.0
    return ("done", 0.0) if wait is None else ("wait", wait)


@DBOS.step(name="bury")
def _bury(key: str, why: str) -> None:
    if _work.on_dead is not None:
        _work.on_dead(key, why)


@DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=MOST_ATTEMPTS)
def _ticket(key: str) -> str:
    errors = 0
    # Waiting for Zendesk may take as long as its outage does; only errors of ours are counted.
    while True:
        said, wait = _attempt(key)
        if said == "done":
            return said
        if said.startswith("error:"):
            errors += 1
            if errors >= MOST_ATTEMPTS:
                _bury(key, said.removeprefix("error:"))
                return "dead"
            wait = _BACKOFF[errors - 1]
        DBOS.sleep(wait)


def _database(url: str, pool_size: int) -> sa.Engine:
    """An engine as DBOS would make it, in WAL mode, which it does not set by itself, and with writers in turn.

    synchronous=NORMAL: what this file loses in a power cut, the inbox puts back to work.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=pool_size, max_overflow=pool_size)
    arguments = {"check_same_thread": False, "factory": WritesInTurn}
    engine = sa.create_engine(url, pool_size=pool_size, max_overflow=pool_size, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def prepare(connection: WritesInTurn, _: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.prepare(url, synchronous="NORMAL", busy_ms=30_000)

    @event.listens_for(engine, "before_cursor_execute")
    def take_turn(_: Any, cursor: Any, statement: str, *__: Any) -> None:
        # The words before which the driver begins a transaction, and DBOS's own beginning of one.
        if statement.lstrip()[:6].upper() in _WRITING:
            cursor.connection.take_turn()

    return engine


def _refuse_after(stopped: threading.Event, engine: sa.Engine) -> sa.Engine:
    """Let no job reconnect once the engine has stopped.

    DBOS tries a lost connection again for ever, in a thread that the interpreter waits for at its end: with the database
    away as well, the process would never leave.
    """

    @event.listens_for(engine, "do_connect")
    def connect(*_: Any) -> None:
        if stopped.is_set():
            raise EngineStopped

    return engine


class DbosEngine:
    """Implements :class:`JobEngine`. One a process: DBOS itself is a singleton."""

    def __init__(self, url: str, worker: str, concurrency: int = 8) -> None:
        self._url = url
        self._worker = worker
        self._concurrency = concurrency

    def start(self, job: Job, on_dead: OnDead) -> None:
        """See :class:`JobEngine`."""
        _work.job, _work.on_dead = job, on_dead
        self._stopped = threading.Event()
        self._database = _refuse_after(self._stopped, _database(self._url, self._concurrency + 10))
        config: DBOSConfig = {
            "name": _NAME,
            "application_version": _VERSION,
            "executor_id": self._worker,
            "system_database_url": self._url,
            "system_database_engine": self._database,
            "log_level": "WARNING",
            "enable_otlp": False,
            "use_listen_notify": False,
        }
        DBOS(config=config)
        DBOS.launch()
        for name, polling in _POLLING.items():
            DBOS.register_queue(name, worker_concurrency=self._concurrency, polling_interval_sec=polling)

    def submit(self, key: str, queue: str) -> None:
        """See :class:`JobEngine`. The key is the workflow's id, so a second submit finds the first."""
        options = {"workflow_name": _WORKFLOW, "workflow_id": key, "queue_name": queue, "app_version": _VERSION}
        DBOS.enqueue_workflow_with_options(options, key)  # type: ignore[arg-type]

    def holds(self, keys: Sequence[str]) -> set[str]:
        """See :class:`JobEngine`."""
        if not keys:
            return set()
        found = DBOS.list_workflows(workflow_ids=list(keys), status=_ALIVE, load_input=False, load_output=False)
        return {row.workflow_id for row in found}

    def take_over(self, worker: str) -> int:
        """See :class:`JobEngine`. Public calls only; DBOS itself recovers nobody else's jobs."""
        left = DBOS.list_workflows(executor_id=worker, status=["PENDING"], load_input=False, load_output=False)
        for row in left:
            DBOS.resume_workflows([row.workflow_id], queue_name=row.queue_name or NORMAL)
        return len(left)

    def forget_older_than(self, seconds: float) -> int:
        """See :class:`JobEngine`."""
        before = datetime.fromtimestamp(time.time() - seconds, UTC).isoformat()
        ended = DBOS.list_workflows(
            completed_before=before,
            status=["SUCCESS", "ERROR", "CANCELLED"],
            limit=1000,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([row.workflow_id for row in ended])
        return len(ended)

    def stop(self, timeout: float) -> None:
        """See :class:`JobEngine`."""
        DBOS.destroy(workflow_completion_timeout_sec=max(1, int(timeout)))
        self._stopped.set()
        # DBOS closes only connections that it made itself.
        self._database.dispose()
        _work.job = _work.on_dead = None
