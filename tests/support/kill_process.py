"""A receiver or a worker as a process of its own, for the kill test: ``python -m tests.support.kill_process ROLE FOLDER ...``.

The parts are those of the service; only the models are left out, so that a killed process is back in a second.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tests.support.builders import TopicsByWord, a_triage
from zd_automation.config import Secret, Settings
from zd_automation.engine import worker as worker_module
from zd_automation.engine.dbos_engine import DbosEngine
from zd_automation.engine.inbox import Inbox
from zd_automation.engine.limiter import NoLimiter
from zd_automation.engine.ticket_job import TicketJob
from zd_automation.engine.worker import Heartbeats, Worker
from zd_automation.journal.database import open_database
from zd_automation.journal.journal import Journal
from zd_automation.metrics import Metrics
from zd_automation.tickets import Ticket
from zd_automation.triage.decide import Triage
from zd_automation.webhooks.app import Parts, create_app
from zd_automation.zendesk.oauth import ApiToken
from zd_automation.zendesk.zenpy_gateway import ZenpyGateway

SECRET = "a-signing-secret"


class OneDesk:
    """The same desk for every ticket."""

    def __init__(self, groups: dict[str, int]) -> None:
        self._groups = groups
        self._triage = a_triage(topics=TopicsByWord({"card": ("card_problem", 0.93)}))

    def for_ticket(self, ticket: Ticket) -> Triage | None:
        return self._triage

    def groups(self) -> dict[str, int]:
        return self._groups


def urls(folder: Path) -> tuple[str, str]:
    """The inbox's database and the worker's."""
    return f"sqlite:///{folder / 'inbox.sqlite'}", f"sqlite:///{folder / 'zd.sqlite'}"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def receive(folder: Path, port: str) -> None:
    """Accept signed deliveries until killed."""
    from werkzeug.serving import make_server

    inbox_url, database_url = urls(folder)
    settings = Settings((), "http://127.0.0.1", folder, inbox_url, database_url, webhook_secrets=(Secret(SECRET),))
    inbox = Inbox(open_database(inbox_url))
    inbox.prepare()
    server = make_server("127.0.0.1", int(port), create_app(settings, Parts(inbox, Metrics())), threaded=True)
    say("ready")
    server.serve_forever()


def work(folder: Path, name: str, base_url: str) -> None:
    """Work on what was accepted until killed. Waits for dead workers and stuck deliveries are cut to seconds."""
    worker_module._STUCK_AFTER, worker_module._LATE = 4.0, 1.0
    inbox_url, database_url = urls(folder)
    inbox, engine = Inbox(open_database(inbox_url)), open_database(database_url, synchronous="NORMAL")
    inbox.prepare()
    journal = Journal(engine)
    journal.prepare()
    gateway = ZenpyGateway(base_url, ApiToken("agent@example.com", Secret("token")), NoLimiter())
    job = TicketJob(gateway, OneDesk(gateway.groups()), journal, Metrics())
    hearts = Heartbeats(engine, name)
    Worker(inbox, journal, DbosEngine(database_url, name, 4), hearts, job, dead_after=1.5).start()
    say("ready")
    threading.Event().wait()


if __name__ == "__main__":
    {"receive": receive, "work": work}[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
