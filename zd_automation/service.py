"""Puts the running service together from settings: databases, gateway, desks, receiver and worker."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import structlog
from flask import Flask

from zd_automation.config import Settings
from zd_automation.danger_files import load_books
from zd_automation.danger_hint import LearningHint, learnt_glance
from zd_automation.definitions import Problems, room
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.desks import DeskRegistry
from zd_automation.engine.dbos_engine import DbosEngine
from zd_automation.engine.inbox import Inbox
from zd_automation.engine.limiter import Allowance, SharedLimiter
from zd_automation.engine.ticket_job import TicketJob
from zd_automation.engine.worker import Heartbeats, Worker
from zd_automation.errors import ZdAutomationError
from zd_automation.journal.database import open_database
from zd_automation.journal.journal import Journal
from zd_automation.metrics import Metrics
from zd_automation.models.cache import ModelCache, default_cache_folder
from zd_automation.webhooks.app import Parts, create_app
from zd_automation.webhooks.queue_hint import queue_hint
from zd_automation.zendesk.gateway import Gateway
from zd_automation.zendesk.oauth import ApiToken, ClientCredentials, TokenProvider
from zd_automation.zendesk.print_gateway import PrintGateway
from zd_automation.zendesk.session import REQUESTS, UPDATES
from zd_automation.zendesk.zenpy_gateway import ZenpyGateway

log = structlog.get_logger("zd_automation.service")


@dataclass(frozen=True)
class Stores:
    """The two databases, prepared."""

    inbox: Inbox
    journal: Journal
    engine: sa.Engine


def open_stores(settings: Settings) -> Stores:
    """Open inbox and journal and bring their tables up to date. Raises ZdAutomationError when that cannot be done."""
    try:
        return _open_stores(settings)
    except (OSError, sa.exc.SQLAlchemyError) as error:
        raise ZdAutomationError(
            f"the databases cannot be opened ({type(error).__name__}); look at ZD_DATA_DIR, ZD_INBOX_URL and ZD_DATABASE_URL"
        ) from error


def _open_stores(settings: Settings) -> Stores:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # Zendesk waits 10 s for an answer: a receiver that has not got its turn by then says 503 in time.
    inbox = Inbox(open_database(settings.inbox_url, busy_ms=5_000))
    inbox.prepare()
    # NORMAL: what this file loses in a power cut the inbox puts back to work.
    engine = open_database(settings.database_url, synchronous="NORMAL", pool_size=settings.concurrency * 2 + 10)
    journal = Journal(engine)
    journal.prepare()
    return Stores(inbox, journal, engine)


def token_provider(settings: Settings) -> TokenProvider:
    """OAuth client credentials where they are set, the legacy API token otherwise."""
    if settings.oauth_client_id:
        return ClientCredentials(settings.base_url, settings.oauth_client_id, settings.oauth_client_secret)
    return ApiToken(settings.email, settings.api_token)


def open_gateway(settings: Settings, files: DeskFiles, engine: sa.Engine, metrics: Metrics) -> ZenpyGateway:
    """The real gateway behind the account-wide limiter; the first desk's limits are the account's."""
    limits = files.limits
    share = 1 - limits.agents_share
    allowances = [
        Allowance(UPDATES, limits.updates_per_minute * share, limits.urgent_reserve),
        Allowance(REQUESTS, limits.requests_per_minute * share, limits.urgent_reserve),
    ]
    limiter = SharedLimiter(engine, allowances)
    return ZenpyGateway(settings.base_url, token_provider(settings), limiter, metrics.observe_call)


def print_line(line: str) -> None:
    """To standard output, where a dry run shows what it would write."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _glance(examples: Path, settings: Settings) -> Callable[[str], bool]:
    return learnt_glance(examples, ModelCache(settings.cache_dir or default_cache_folder()))


class Service:
    """Receiver and worker over one set of stores. Either half may run alone, in its own process.

    ``dry_run`` prints every write instead of sending it; the journal keeps the decisions as if it were sent.
    """

    def __init__(self, settings: Settings, *, dry_run: bool = False) -> None:
        self.settings = settings
        self._dry_run = dry_run
        self.metrics = Metrics()
        self.stores = open_stores(settings)
        self.metrics.watch_queue(self.stores.inbox.depth, self.stores.inbox.oldest_waiting)
        self._stopping = threading.Event()
        self._worker: Worker | None = None
        self._desks: DeskRegistry | None = None
        self._starting: threading.Thread | None = None

    def receiver(self) -> Flask:
        """The WSGI application."""
        folder = room("models") / "danger"
        books = load_books(folder / "patterns", Problems())
        hint = LearningHint(queue_hint(books.values()), lambda: _glance(folder / "examples", self.settings))
        parts = Parts(self.stores.inbox, self.metrics, looks_urgent=hint, not_ready=self.not_ready)
        return create_app(self.settings, parts)

    def not_ready(self) -> list[str]:
        """What keeps this process from its work; a receiver alone is ready when its inbox answers."""
        troubles = self._desks.not_ready() if self._desks else []
        try:
            self.stores.inbox.has_new()
        except sa.exc.SQLAlchemyError as error:
            troubles.append(f"the inbox does not answer ({type(error).__name__})")
        return troubles

    def start_worker(self) -> None:
        """Load the desks and begin to work, in the background: the receiver accepts meanwhile."""
        files = [load_desk(Path(folder)) for folder in self.settings.desks]
        gateway: Gateway = open_gateway(self.settings, files[0], self.stores.engine, self.metrics)
        if self._dry_run:
            gateway = PrintGateway(gateway, print_line)
        models = ModelCache(self.settings.cache_dir or default_cache_folder())
        self._desks = DeskRegistry(files, gateway, models, models_dir=self.settings.registries)
        job = TicketJob(gateway, self._desks, self.stores.journal, self.metrics)
        engine = DbosEngine(self.settings.database_url, self.settings.worker, self.settings.concurrency)
        heartbeats = Heartbeats(self.stores.engine, self.settings.worker)
        self._worker = Worker(self.stores.inbox, self.stores.journal, engine, heartbeats, job)
        self._starting = threading.Thread(target=self._load_and_work, name="loader", daemon=True)
        self._starting.start()

    def stop(self, timeout: float = 6.0) -> None:
        """Finish what runs and end, all within ten seconds; what takes longer is taken up after the restart."""
        self._stopping.set()
        if self._starting is not None:
            self._starting.join(timeout)
        if self._worker is not None and self._worker.is_running:
            self._worker.stop(timeout)
        self.stores.engine.dispose()

    def _load_and_work(self) -> None:
        """Try until the account answers: a service that starts during Zendesk's outage must not give up."""
        desks, worker = self._desks, self._worker
        if desks is None or worker is None:
            return
        wait = 1.0
        while not self._stopping.is_set():
            try:
                desks.load()
                break
            except ZdAutomationError as error:
                log.error("start_delayed", problem=str(error), retry_in=wait)  # noqa: TRY400 - said in one line
            except Exception as error:
                log.exception("start_failed", error=type(error).__name__, retry_in=wait)
            self._stopping.wait(wait)
            wait = min(wait * 2, 60.0)
        if self._stopping.is_set():
            return
        worker.start()
        log.info("worker_started", worker=self.settings.worker)
        while not self._stopping.wait(30.0):
            desks.refresh()
