"""Receiver and worker are killed at random moments; every accepted ticket ends with exactly one write."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from tests.support.kill_process import SECRET, urls
from tests.support.waiting import until
from zd_automation.demo.service import free_port
from zd_automation.engine.inbox import Inbox
from zd_automation.journal.database import open_database
from zd_automation.journal.journal import Journal
from zd_automation.sandbox.account import SandboxSettings
from zd_automation.sandbox.server import SandboxServer
from zd_automation.webhooks.verify import SIGNATURE, TIMESTAMP, sign

pytestmark = [pytest.mark.kill, pytest.mark.timeout(150)]

EVENTS = 60
ROOT = Path(__file__).parents[2]
NO_LIMITS = SandboxSettings(
    account_limit=0, ticket_update_limit=0, per_ticket_limit=0, incremental_limit=0, help_center_limit=0
)


class Killable:
    """One role's process, started again after each kill; every worker has a name of its own."""

    def __init__(self, role: str, folder: Path, *arguments: str) -> None:
        self._role, self._folder, self._arguments = role, folder, arguments
        self._count = 0
        self.start()

    def start(self) -> None:
        self._count += 1
        own = [f"worker-{self._count}"] if self._role == "work" else []
        command = [sys.executable, "-m", "tests.support.kill_process", self._role, str(self._folder), *own]
        with (self._folder / f"{self._role}.log").open("ab") as log:
            self._popen = subprocess.Popen([*command, *self._arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=log)

    def wait_until_ready(self) -> None:
        assert self._popen.stdout.readline() == b"ready\n", (self._folder / f"{self._role}.log").read_text()[-2000:]

    def kill(self) -> None:
        self._popen.kill()
        self._popen.wait(10)
        self._popen.stdout.close()


def deliver(port: int, ticket_id: int, give_up_at: float) -> int:
    """Send one signed delivery until it is accepted, as Zendesk would; returns how often it was sent."""
    body = json.dumps({"event": "ticket_created", "ticket_id": ticket_id, "account_id": 7}).encode()
    sent = 0
    while time.monotonic() < give_up_at:
        stamp = datetime.now(UTC).isoformat()
        headers = {SIGNATURE: sign(SECRET, stamp, body), TIMESTAMP: stamp, "Content-Type": "application/json"}
        sent += 1
        try:
            answer = requests.post(f"http://127.0.0.1:{port}/zendesk/events", body, headers=headers, timeout=5)
        except requests.RequestException:
            time.sleep(0.05)
            continue
        assert answer.status_code in {200, 202, 503}, answer.text
        if answer.ok:
            return sent
    raise AssertionError(f"delivery of ticket {ticket_id} was never accepted")


def new_tickets(sandbox: SandboxServer) -> list[int]:
    client = sandbox.client()
    client.post("/api/v2/groups", json={"group": {"name": "Cards"}}).raise_for_status()
    rows = [{"subject": f"Card {number}", "comment": {"body": "My card does not work"}} for number in range(EVENTS)]
    answers = [client.post("/api/v2/tickets", json={"ticket": row}) for row in rows]
    return [answer.json()["ticket"]["id"] for answer in answers]


def notes(sandbox: SandboxServer) -> Counter[int]:
    """How many internal notes each ticket has: what an agent would see of a write done twice."""
    comments = list(sandbox.account.store.collection("comments"))
    return Counter(comment["ticket_id"] for comment in comments if not comment["public"])


def test_every_accepted_ticket_is_written_exactly_once_whoever_is_killed(tmp_path: Path) -> None:
    chance, port = random.Random(20261122), free_port()
    with SandboxServer(NO_LIMITS) as sandbox:
        tickets = new_tickets(sandbox)
        receiver = Killable("receive", tmp_path, str(port))
        worker = Killable("work", tmp_path, sandbox.url)
        give_up_at = time.monotonic() + 100

        def send() -> None:
            for ticket in tickets:
                deliver(port, ticket, give_up_at)
                if chance.random() < 0.2:
                    deliver(port, ticket, give_up_at)  # the same fact a second time
                time.sleep(0.15)

        sender = threading.Thread(target=send, daemon=True)
        receiver.wait_until_ready()
        sender.start()
        try:
            for victim in (worker, receiver, worker, worker, receiver, worker):
                victim.wait_until_ready() if victim is worker else None
                time.sleep(chance.uniform(0.1, 1.5))
                victim.kill()
                victim.start()
            inbox, journal = (open_database(url) for url in urls(tmp_path))
            assert until(lambda: not sender.is_alive(), 40)
            finished = until(lambda: Inbox(inbox).depth() == {"done": EVENTS}, 60, every=0.2)
            assert finished, (Inbox(inbox).depth(), Journal(journal).counts())
            time.sleep(1)  # a second write would come now
            assert notes(sandbox) == Counter(tickets)
            outcomes = Journal(journal).counts()
            assert outcomes.keys() <= {"written", "already_done"}
            assert sum(outcomes.values()) == EVENTS
            assert [Journal(journal).unfinished_writes(ticket) for ticket in tickets] == [[]] * EVENTS
        finally:
            receiver.kill()
            worker.kill()
