"""The service as a user runs it: its own process beside a sandbox, seen only from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.support.builders import a_desk_folder
from tests.support.command import without_settings
from tests.support.gateways import NO_LIMITS, words_of
from zd_automation.definitions import room
from zd_automation.demo.service import free_port
from zd_automation.sandbox.control import calls
from zd_automation.sandbox.delivery import deliveries
from zd_automation.sandbox.server import SandboxServer
from zd_automation.triggers.install import install

_T = TypeVar("_T")
_SAMPLE = re.compile(r"^(\w+)(?:\{(.*?)\})? ([\d.e+-]+)$", re.MULTILINE)
_WAITING = ('state="new"', 'state="sent"')
GROUPS = ("Access", "Cards", "Delivery", "Security")
DESK = """\
name = "Little desk"
languages = ["en", "es", "de"]

[language]
rung = "tag"

[topics]
rung = "route"
target_precision = 0.5

[limits]
updates_per_minute = 60000
requests_per_minute = 60000
"""


def until(found: Callable[[], _T], what: str, timeout: float = 60.0) -> _T:
    """The first true value of ``found``; fails with ``what`` when there is none in time."""
    deadline = time.monotonic() + timeout
    while not (value := found()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout:.0f} s still not: {what}")
        time.sleep(0.02)
    return value


class Account:
    """A sandbox set up as an admin would: groups, OAuth client, webhooks, trigger, view."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        self.http = sandbox.client()
        self.port = free_port()
        for name in GROUPS:
            self.post("groups", {"group": {"name": name}})
        self.groups = {row["id"]: row["name"] for row in self.http.get("/api/v2/groups", timeout=10).json()["groups"]}
        client = {"name": "zd-automation", "identifier": "zd-automation", "kind": "confidential"}
        self.client = self.post("oauth/clients", {"client": client})["client"]
        values = {"endpoint": f"{self.url}/zendesk/events", "tag_prefix": "zdauto_"}
        self.installed = install(room("triggers"), self.http, sandbox.url, values)

    @property
    def url(self) -> str:
        """Where the service listens."""
        return f"http://127.0.0.1:{self.port}"

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create something as the admin."""
        answer = self.http.post(f"/api/v2/{path}", json=body, timeout=30)
        assert answer.status_code in {200, 201}, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def environment(self, desk: Path, data: Path, cache: Path) -> dict[str, str]:
        """What an admin would put into ``.env``, over an environment without any of our variables."""
        return {
            **without_settings(os.environ),
            "ZD_DESK": str(desk),
            "ZD_BASE_URL": self.sandbox.url,
            "ZD_OAUTH_CLIENT_ID": self.client["identifier"],
            "ZD_OAUTH_CLIENT_SECRET": self.client["secret"],
            "ZD_WEBHOOK_SECRETS": ",".join(secret.reveal() for secret in self.installed.secrets.values()),
            "ZD_DATA_DIR": str(data),
            "ZD_CACHE_DIR": str(cache),
            "ZD_BIND": f"127.0.0.1:{self.port}",
        }

    # --- what customers and agents do ---

    def arrives(self, subject: str, body: str = "", *, html: bool = False, **more: Any) -> int:
        """A customer writes; gives the ticket's number."""
        words = {"html_body": body} if html else {"body": body}
        requester = {"name": "Kim", "email": "kim@customers.example"}
        ticket = {"subject": subject, "comment": words, "requester": requester, **more}
        key: int = self.post("tickets", {"ticket": ticket})["ticket"]["id"]
        return key

    def agent_sets(self, ticket_id: int, **values: Any) -> None:
        """An agent changes a ticket, seconds after whatever happened last."""
        self.sandbox.account.clock.advance(2)
        answer = self.http.put(f"/api/v2/tickets/{ticket_id}", json={"ticket": values}, timeout=30)
        assert answer.status_code == 200, answer.text

    def fault(self, name: str, **parameters: Any) -> None:
        """Something goes wrong from now on, or ``count`` times."""
        answer = self.http.post("/__sandbox__/faults", json={name: parameters}, timeout=10)
        assert answer.status_code == 200, answer.text

    def fault_struck(self, name: str) -> None:
        """Wait until a fault has hit as often as it should."""
        until(lambda: name not in self.sandbox.account.faults, f"the fault {name} has hit")

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        self.http.delete("/__sandbox__/faults", timeout=10)

    # --- what they see ---

    def ticket(self, ticket_id: int) -> dict[str, Any]:
        """A ticket as the API shows it."""
        found: dict[str, Any] = self.http.get(f"/api/v2/tickets/{ticket_id}", timeout=10).json()["ticket"]
        return found

    def group_of(self, ticket_id: int) -> str | None:
        """The name of a ticket's group."""
        return self.groups.get(self.ticket(ticket_id)["group_id"])

    def notes(self, ticket_id: int) -> list[str]:
        """The internal notes of a ticket."""
        comments = self.http.get(f"/api/v2/tickets/{ticket_id}/comments", timeout=10).json()["comments"]
        return [words_of(comment) for comment in comments if not comment["public"]]

    def public_comments(self, ticket_id: int) -> int:
        """How many comments the customer can read."""
        comments = self.http.get(f"/api/v2/tickets/{ticket_id}/comments", timeout=10).json()["comments"]
        return sum(comment["public"] for comment in comments)

    def our_audits(self, ticket_id: int) -> list[dict[str, Any]]:
        """The writes of the service, as the ticket's audits tell them."""
        audits = self.http.get(f"/api/v2/tickets/{ticket_id}/audits", timeout=10).json()["audits"]
        return [audit for audit in audits if "zdauto_decision" in audit["metadata"]["custom"]]

    def calls_on(self, ticket_id: int) -> list[tuple[str, int]]:
        """Every read and write of one ticket so far, this test's own among them: method and status."""
        path = f"/api/v2/tickets/{ticket_id}"
        return [(call["method"], call["status"]) for call in list(calls(self.sandbox.account)) if call["path"] == path]

    def senior_queue(self) -> list[int]:
        """The tickets that stand in the installed view."""
        view = self.installed.ids["view-senior-queue"]
        rows = self.http.get(f"/api/v2/views/{view}/tickets", timeout=10).json()["tickets"]
        return [row["id"] for row in rows]


@dataclass(frozen=True)
class Running:
    """A service process and what it says of itself."""

    account: Account
    process: subprocess.Popen[bytes]
    log: Path

    def metric(self, name: str, labels: str = "") -> float:
        """The sum of a metric's samples whose labels contain ``labels``."""
        text = requests.get(f"{self.account.url}/metrics", timeout=10).text
        return sum(float(value) for found, told, value in _SAMPLE.findall(text) if found == name and labels in told)

    def outcome(self, ticket_id: int, timeout: float = 60.0) -> str:
        """How the ticket ended, as the log says."""
        return str(until(lambda: self.outcomes(ticket_id), f"ticket {ticket_id} has ended", timeout)[-1])

    def outcomes(self, ticket_id: int) -> list[str]:
        """Every end of a ticket that the log tells of so far."""
        return [line["outcome"] for line in self.lines("ticket_finished") if line["ticket"] == ticket_id]

    def lines(self, event: str) -> list[Mapping[str, Any]]:
        """The log's lines of one event."""
        text = self.log.read_text("utf-8", "replace")
        rows = [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]
        return [row for row in rows if row.get("event") == event]

    def rest(self) -> None:
        """Wait until every webhook is delivered and nothing waits in the queue."""
        assert deliveries(self.account.sandbox.account).drain(30)
        until(lambda: sum(self.metric("zd_queue_depth", state) for state in _WAITING) == 0, "the queue is empty")

    def stop(self, timeout: float = 10.0) -> int:
        """SIGTERM; the exit status, or an error when the process does not end in time."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)


@contextmanager
def running(account: Account, desk: Path, data: Path, cache: Path, *options: str) -> Iterator[Running]:
    """``python -m zd_automation run`` until it is ready; ended at the end."""
    data.mkdir(parents=True, exist_ok=True)
    log = data / "service.log"
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "zd_automation", "run", *options],
            env=account.environment(desk, data, cache),
            cwd=room("models").parent,
            stdout=stream,
            stderr=stream,
        )
    service = Running(account, process, log)
    try:
        until(lambda: _is_ready(service), "the service is ready", 90)
        yield service
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_ready(service: Running) -> bool:
    if service.process.poll() is not None:
        raise AssertionError(f"the service ended by itself:\n{service.log.read_text('utf-8', 'replace')[-2000:]}")
    try:
        return requests.get(f"{service.account.url}/readyz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


@contextmanager
def a_running_service(folder: Path, cache: Path) -> Iterator[Running]:
    """A sandbox, an account in it, the little desk, and the service at work on them."""
    with SandboxServer(NO_LIMITS) as sandbox:
        account = Account(sandbox)
        with running(account, a_desk_folder(folder / "desk", DESK), folder / "var", cache) as service:
            yield service
