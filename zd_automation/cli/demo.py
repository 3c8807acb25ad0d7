"""``demo``: the whole way, once, for real, on this machine."""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from zd_automation.demo.account import DemoAccount, arrive, prepare
from zd_automation.demo.content import DemoTicket, demo_tickets
from zd_automation.demo.service import finished, free_port, running_service, wait_until_ready
from zd_automation.demo.table import rows, summary, table
from zd_automation.errors import ZdAutomationError
from zd_automation.sandbox.account import LIMITS_OFF
from zd_automation.sandbox.server import SandboxServer

_PATIENCE = 180.0


@click.command("demo")
@click.option("--wait/--no-wait", default=True, help="Keep the pages open until Ctrl-C, or end by itself.")
@click.option("--port", default=0, help="Port of the local Zendesk; 0 takes a free one.")
@click.option("--all", "show_all", is_flag=True, help="Every ticket in the closing table, not the first thirty.")
def demo_command(*, wait: bool, port: int, show_all: bool) -> None:
    """Two desks, 200 tickets and more in 18 languages, without a Zendesk account."""
    # Into a file or a pipe the table keeps its words whole.
    console = Console(width=None if sys.stdout.isatty() else 120)
    tickets = demo_tickets()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zd-demo-")))
        sandbox = stack.enter_context(SandboxServer(LIMITS_OFF, port=port))
        service_port = free_port()
        account = prepare(sandbox, f"http://127.0.0.1:{service_port}/zendesk/events")
        started = time.monotonic()
        service = stack.enter_context(running_service(sandbox.url, account, service_port, folder))
        with console.status("starting the service") as status:
            for busy_with in wait_until_ready(service):
                status.update(f"{busy_with} ({time.monotonic() - started:.0f} s)")
        console.print(f"Service ready after {time.monotonic() - started:.1f} s; local Zendesk at {sandbox.url}")
        _watch(console, sandbox, account, service.url, tickets)
        found = rows(sandbox)
        console.print(table(found, len(found) if show_all else 30))
        console.print(summary(found))
        console.print(f"Agent pages: {sandbox.url}/agent   Senior queue: {sandbox.url}/agent/views/{account.view_id}")
        console.print(f"Write a ticket of your own: {sandbox.url}/agent/new")
        if wait:
            _until_interrupted(console)


def _watch(console: Console, sandbox: SandboxServer, account: DemoAccount, url: str, tickets: list[DemoTicket]) -> None:
    """Let the tickets arrive and show how they are worked on. Raises ZdAutomationError when some never end."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        arrived = progress.add_task("tickets arrived as signed webhooks", total=len(tickets))
        done = progress.add_task("tickets triaged                   ", total=len(tickets))
        for number in arrive(sandbox, account, tickets):
            progress.update(arrived, completed=number)
            if number % 10 == 0:
                progress.update(done, completed=sum(finished(url).values()))
        deadline = time.monotonic() + _PATIENCE
        while (count := sum(finished(url).values())) < len(tickets):
            progress.update(done, completed=count)
            if time.monotonic() > deadline:
                raise ZdAutomationError(f"only {count} of {len(tickets)} tickets were triaged in {_PATIENCE:.0f} s")
            time.sleep(0.2)
        progress.update(done, completed=count)


def _until_interrupted(console: Console) -> None:
    console.print("Ctrl-C ends the demo.")
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        console.print("Ended.")
