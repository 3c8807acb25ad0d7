"""``decide``: what would be done, for a text, a ticket, or a file of tickets, with reasons."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from zd_automation.assembly import Assembled, assemble
from zd_automation.cli.environment import desk_folders, environment
from zd_automation.config import models_folder
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.models.cache import ModelCache, default_cache_folder
from zd_automation.models.registry import Registry
from zd_automation.tickets import Requester, Ticket
from zd_automation.triage.decide import Triage
from zd_automation.triage.plan import Plan
from zd_automation.triage.plan_json import plan_as_json
from zd_automation.zendesk.gateway import text_of

_BATCH = 256
_IN = ("id", "subject", "body", "requester_locale", "created_at", "channel")


@click.command("decide")
@click.argument("text", required=False)
@click.option("--desk", type=click.Path(path_type=Path), help="Desk folder; default the first of ZD_DESK, else ./desk.")
@click.option("--jsonl", is_flag=True, help="Tickets as JSON lines on standard input, plans as JSON lines out.")
@click.option("--ticket", type=int, help="Fetch this ticket from the account.")
@click.option("--locale", help="The requester's profile locale, for TEXT.")
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON instead of a table.")
def decide_command(
    *, text: str | None, desk: Path | None, jsonl: bool, ticket: int | None, locale: str | None, as_json: bool
) -> None:
    """Decide on TEXT, on --ticket N, or on every line of standard input with --jsonl. Writes nothing anywhere."""
    if sum((text is not None, jsonl, ticket is not None)) != 1:
        raise click.UsageError("give one of: TEXT, --ticket N, --jsonl")
    if jsonl:
        _lines(desk or _default_desk())
        return
    if ticket is not None:
        from zd_automation.cli.account import fetch_with_triage

        found, triage = fetch_with_triage(ticket, desk)
    else:
        found = Ticket(id=0, body=text or "", requester=Requester(None, locale))
        triage = _assembled(desk or _default_desk()).triage
    plan = triage.decide(found)
    if as_json:
        click.echo(json.dumps(plan_as_json(plan), ensure_ascii=False, indent=2))
    else:
        show(plan, Console())


def on_the_tag_rung(files: DeskFiles) -> DeskFiles:
    """Every topic on ``tag``, unless the desk says otherwise, and what is in shadow as if it were live.

    ``decide`` writes nothing: it shows what each part would do, not where on the ladder it stands.
    """
    said = files.topics_with_rung
    topics = tuple(topic if topic.id in said else dataclasses.replace(topic, rung="tag") for topic in files.desk.topics)
    desk = dataclasses.replace(
        files.desk,
        topics=topics,
        topics_by_id={topic.id: topic for topic in topics},
        language_rung=_live(files.desk.language_rung, "tag"),
        danger=dataclasses.replace(files.desk.danger, rung=_live(files.desk.danger.rung, "route")),
        articles=dataclasses.replace(files.desk.articles, rung=_live(files.desk.articles.rung, "note")),
    )
    return dataclasses.replace(files, desk=desk)


def _live(rung: str, live: str) -> str:
    return live if rung == "shadow" else rung


def _default_desk() -> Path:
    return desk_folders()[0]


def _assembled(folder: Path) -> Assembled:
    files = on_the_tag_rung(load_desk(folder))
    registry = Registry.of_desk(models_folder(environment()), files.desk.name)
    models = ModelCache(default_cache_folder())
    made = assemble(files, models, say=lambda line: click.echo(line, err=True), registry=registry)
    for trouble in made.troubles:
        click.echo(f"warning: {trouble}", err=True)
    return made


def _lines(folder: Path) -> None:
    """Read, decide in batches, write in the same order; a line that is no ticket gets a line that says so."""
    triage = _assembled(folder).triage
    numbered = enumerate(sys.stdin.buffer, start=1)
    unknown: set[str] = set()
    failed = 0
    while batch := list(islice(numbered, _BATCH)):
        tickets = [_ticket(number, line, unknown) for number, line in batch if line.strip()]
        for answer in _decide_batch(triage, tickets):
            failed += "error" in answer
            # UTF-8 whatever the terminal speaks; half an emoji, in an id, goes out as the escape that it came in as.
            sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()
    if unknown:
        click.echo(f"ignored columns: {', '.join(sorted(unknown))}", err=True)
    if failed:
        click.echo(f"{failed} lines were no tickets; their lines in the output say why", err=True)
        sys.exit(1)


def _decide_batch(triage: Triage, rows: Iterable[tuple[object, Ticket] | str]) -> Iterator[dict[str, Any]]:
    rows = list(rows)
    plans = iter(triage.decide_many([row[1] for row in rows if not isinstance(row, str)]))
    for row in rows:
        if isinstance(row, str):
            yield {"id": None, "error": row}
        else:
            # The id comes back as it was given: text stays text, a number stays a number.
            yield {**plan_as_json(next(plans)), "id": row[0]}


def _ticket(number: int, line: bytes, unknown: set[str]) -> tuple[object, Ticket] | str:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return f"line {number} is not a JSON object in UTF-8"
    if not isinstance(row, dict):
        return f"line {number} is JSON but no object"
    unknown |= set(row) - set(_IN)
    locale = row.get("requester_locale")
    ticket = Ticket(
        id=number,
        subject=_text(row.get("subject")),
        body=_text(row.get("body")),
        requester=Requester(None, locale if isinstance(locale, str) and locale else None),
        channel=_text(row.get("channel")) or "other",
        created_at=_text(row.get("created_at")) or None,
    )
    return _id(row.get("id"), number), ticket


def _id(given: object, number: int) -> object:
    """The id as it was given; the number of the line when it is missing, or neither text nor a number."""
    if isinstance(given, str) or (isinstance(given, int | float) and not isinstance(given, bool) and isfinite(given)):
        return given
    return number


def _text(value: object) -> str:
    if value is None:
        return ""
    # Lone surrogates are JSON but no text that could be written out again.
    return str(value).encode("utf-8", "replace").decode("utf-8")


def show(plan: Plan, console: Console) -> None:
    """A plan for people: what, and why."""
    table = Table(show_header=False)
    said = plan.topic.id + f" ({plan.topic.score:.0%})" if plan.topic else "silent"
    danger = plan.danger.tier + (f": {plan.danger.kind}" if plan.danger.kind else "")
    rows = {
        "language": f"{plan.language.tag} ({plan.language.confidence:.0%})",
        "topic": said,
        "danger": danger,
        "secrets": ", ".join(plan.secrets) or "none",
        "articles": "\n".join(f"{a.title} ({a.score:.0%})" for a in plan.articles) or "none",
        "group": plan.group or "-",
        "priority": plan.priority or "-",
        "tags": " ".join(plan.tags),
        "writes": ", ".join(sorted(plan.writes)) or "nothing",
        "note": text_of(plan.note) if plan.note else "-",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)
    for reason in plan.reasons:
        console.print(f"  {reason.part}: {reason.text}", highlight=False, markup=False)
