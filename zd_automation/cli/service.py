"""``serve``, ``work`` and ``run``: the halves of the service, apart or together."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from zd_automation.cli.environment import settings, settings_and_desks
from zd_automation.config import Settings
from zd_automation.definitions import room
from zd_automation.log import configure_logging

if TYPE_CHECKING:
    from zd_automation.service import Service

_M_ARENA_MAX = -8  # malloc.h
_LEVEL = click.option("--log-level", default="INFO", show_default=True, help="DEBUG, INFO, WARNING or ERROR.")

_DRY_RUN = click.option("--dry-run", is_flag=True, help="Print the writes to Zendesk instead of sending them.")


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    """Gunicorn with the shipped configuration; its one worker process holds the service."""

    def __init__(self, config: Settings, *, with_worker: bool, level: str, dry_run: bool = False) -> None:
        self._settings = config
        self._with_worker = with_worker
        self._level = level
        self._dry_run = dry_run
        self._service: Service | None = None
        super().__init__()

    def load_config(self) -> None:
        """Read ``deploy/gunicorn.conf.py`` as gunicorn itself would."""
        values: dict[str, Any] = {}
        exec((room("deploy") / "gunicorn.conf.py").read_text("utf-8"), values)  # noqa: S102 - our own file
        for name, value in values.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)
        self.cfg.set("bind", self._settings.bind)
        self.cfg.set("worker_exit", self._leave)

    def _leave(self, _server: object, _worker: object) -> None:
        if self._service is not None:
            self._service.stop()

    def load(self) -> Flask:
        """Called in the worker process."""
        # Here, not above: gunicorn's parent process must not carry the models' libraries in memory.
        from zd_automation.service import Service

        configure_logging(self._level)
        fewer_heaps()
        self._service = Service(self._settings, dry_run=self._dry_run)
        if self._with_worker:
            self._service.start_worker()
        return self._service.receiver()


def fewer_heaps() -> None:
    """Hold glibc to two heaps: it would give every thread one of its own, and keep what each once needed.

    What MALLOC_ARENA_MAX=2 does, for whoever does not know to set it. Other systems' allocators need no telling.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


@click.command("serve")
@_LEVEL
def serve_command(log_level: str) -> None:
    """Receive signed webhooks: POST /zendesk/events, GET /healthz /readyz /metrics."""
    _Gunicorn(settings(needs_zendesk=False), with_worker=False, level=log_level).run()


@click.command("run")
@_LEVEL
@_DRY_RUN
def run_command(*, log_level: str, dry_run: bool) -> None:
    """Receive and work in one process: the default for one container."""
    _Gunicorn(settings_and_desks(), with_worker=True, level=log_level, dry_run=dry_run).run()


@click.command("work")
@_LEVEL
@_DRY_RUN
def work_command(*, log_level: str, dry_run: bool) -> None:
    """Work on what receivers accepted. SIGTERM finishes what runs, within ten seconds."""
    from zd_automation.service import Service

    configure_logging(log_level)
    fewer_heaps()
    service = Service(settings_and_desks(needs_webhooks=False), dry_run=dry_run)
    service.start_worker()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    service.stop()
    # A job that sleeps out a Retry-After would hold the process for minutes; it is handed back already.
    logging.shutdown()
    os._exit(0)
