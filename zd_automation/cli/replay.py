"""``replay``: a past decision as it was made, and what would be decided today."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from zd_automation.cli.account import fetch_with_triage
from zd_automation.cli.environment import settings
from zd_automation.errors import ZdAutomationError
from zd_automation.journal.journal import Decision
from zd_automation.service import open_stores
from zd_automation.triage.plan_json import plan_as_json

_SHOWN = ("language", "topic", "danger", "secrets", "articles", "group", "priority", "tags", "writes", "versions")


@click.command("replay")
@click.argument("ticket", type=int)
@click.option("--today", is_flag=True, help="Fetch the ticket and decide again, beside the past decision.")
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of a table.")
def replay_command(*, ticket: int, today: bool, as_json: bool) -> None:
    """Show what was decided on ticket number TICKET. Writes nothing to Zendesk."""
    past = open_stores(settings(needs_webhooks=False)).journal.decisions_of(ticket)
    if not past:
        raise ZdAutomationError(
            f"the journal holds no decision on ticket {ticket}; is ZD_DATA_DIR or ZD_DATABASE_URL right?"
        )
    columns = {_when(decision): dict(decision.plan) for decision in past}
    if today:
        found, triage = fetch_with_triage(ticket)
        columns["today"] = plan_as_json(triage.decide(found))
    if as_json:
        click.echo(json.dumps(columns, ensure_ascii=False, indent=2))
        return
    table = Table("", *columns, title=f"Ticket {ticket}", title_justify="left", show_lines=True)
    for part in _SHOWN:
        table.add_row(part, *(_short(plan.get(part)) for plan in columns.values()))
    reasons = ("\n".join(f"{r['part']}: {r['text']}" for r in plan.get("reasons", [])) for plan in columns.values())
    table.add_row("reasons", *reasons)
    Console().print(table)


def _when(decision: Decision) -> str:
    return datetime.fromtimestamp(decision.decided_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _short(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key} {inner}" for key, inner in value.items() if inner not in (None, [], ""))
    if isinstance(value, list):
        return "\n".join(str(inner) for inner in value)
    return "-" if value is None else str(value)
