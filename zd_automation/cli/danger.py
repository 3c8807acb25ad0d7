"""``danger``: what each line costs, lines drawn on a desk's own tickets, secrets blocked out in Zendesk."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from zd_automation.assembly import assemble, language_reader, with_own
from zd_automation.cli.account import fetch_with_triage, open_account
from zd_automation.cli.environment import desk_folders
from zd_automation.danger_files import load_books
from zd_automation.danger_learning import scored
from zd_automation.definitions import Problems, room
from zd_automation.desk_danger import LINES_FILE
from zd_automation.desk_files import DeskFiles, load_desk, text_in
from zd_automation.errors import DefinitionError, ModelError
from zd_automation.models.cache import ModelCache, default_cache_folder
from zd_automation.models.danger_classifier import DangerClassifier
from zd_automation.models.danger_lines import Ordinary, Priced, line_of_unlabelled, price_list
from zd_automation.triage.clean import CleanText, clean
from zd_automation.triage.redaction import marked
from zd_automation.triage.secrets import KINDS as SECRETS

_CHANCES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 0.95)
# Fewer tickets of a language say too little of where its line should be.
_LEAST_TICKETS = 100
_TRUSTED_TICKETS = 200


@click.group("danger")
def danger_command() -> None:
    """The danger detector: its lines, and what they cost; secrets blocked out."""


@danger_command.command("lines")
@click.option("--desk", type=click.Path(path_type=Path), help="Desk folder; default the first of ZD_DESK, else ./desk.")
@click.option("--file", "path", type=click.Path(path_type=Path, exists=True), help="Tickets of yours, JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of tables.")
def lines_command(*, desk: Path | None, path: Path | None, as_json: bool) -> None:
    """What each line would catch and what it would cost in false alarms, by language.

    Recall and the hard ordinary messages are the shipped examples', each judged without its own hand. With --FILE the
    usual tickets are yours ({"subject": ..., "body": ...} a line, taken for ordinary), else the desk's topic examples.
    """
    texts = _texts(path) if path else []
    files, model = _model(desk)
    usual = _scored(model, files, texts) if path else model.usual
    urgent = model.fitted.urgent
    tags = sorted(set(urgent.languages) | set(usual.languages))
    table = {"all": price_list(model.lines, urgent, model.fitted.held_out, usual, _CHANCES)}
    for tag in tags:
        own, hard, told = (_of(side, tag) for side in (urgent, model.fitted.held_out, usual))
        table[tag] = price_list(model.lines, own, hard, told, (files.desk.danger.probable,))
    untrained = sorted({tag for tag in files.desk.languages if not model.has_examples(tag)})
    if as_json:
        rows = {tag: [_plain(row) for row in rows] for tag, rows in table.items()}
        click.echo(json.dumps({"lines": rows, "languages_without_examples": untrained}, indent=2))
        return
    _show(table, files.desk.danger.probable, untrained)


@danger_command.command("calibrate")
@click.option("--desk", type=click.Path(path_type=Path), help="Desk folder; default the first of ZD_DESK, else ./desk.")
@click.option(
    "--file", "path", required=True, type=click.Path(path_type=Path, exists=True), help="Recent tickets, JSON lines."
)
@click.option(
    "--per-thousand", type=click.FloatRange(0.1, 200), default=10.0, show_default=True, help="False alarms to bear."
)
@click.option("--dry-run", is_flag=True, help="Show the lines; write nothing.")
def calibrate_command(*, desk: Path | None, path: Path, per_thousand: float, dry_run: bool) -> None:
    """Draw the lines on recent tickets of the desk, which need no labels: a few hundred a language are enough.

    Writes danger/lines.toml into the desk folder, by how much the line of each language is moved. Languages with fewer than
    100 tickets move as all of them together do.
    """
    texts = _texts(path)
    if len(texts) < _LEAST_TICKETS:
        raise DefinitionError(
            f"{path}: {len(texts)} tickets with words are too few; at least {_LEAST_TICKETS} are needed"
        )
    files, model = _model(desk)
    told = _scored(model, files, texts)
    shifts = _shifts(told, model, per_thousand / 1000)
    rows = "".join(f'"{tag}" = {shift:.3f}\n' for tag, shift in sorted(shifts.items()))
    text = (
        f'drawn_on = "{datetime.now(UTC):%Y-%m-%d}, {len(told.scores)} tickets"\nfalse_alarms = {per_thousand / 1000:g}\n\n'
        f"[shift]\n{rows}"
    )
    click.echo(text, nl=False)
    if dry_run:
        return
    folder = files.folder / "danger"
    folder.mkdir(exist_ok=True)
    (folder / LINES_FILE).write_text(text, "utf-8")
    click.echo(f"written to {folder / LINES_FILE}; it takes effect at the next start", err=True)


@danger_command.command("redact")
@click.argument("ticket", type=int)
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(SECRETS), help="Only these kinds; default [danger] redact."
)
@click.option("--yes", is_flag=True, help="Do it. Without it nothing is changed: a redaction cannot be undone.")
def redact_command(*, ticket: int, kinds: tuple[str, ...], yes: bool) -> None:
    """Block out secrets in the comments of ticket number TICKET, for good. Shows where, and does nothing, without --yes."""
    _, triage = fetch_with_triage(ticket)
    wanted = kinds or triage.desk.danger.redact
    if not wanted:
        raise click.UsageError("name a --kind, or set `redact` in the table [danger] of desk.toml")
    _, _, gateway, _ = open_account()
    found = 0
    for comment in gateway.comments(ticket):
        told = marked(comment.html_body, wanted, triage.seed_lists)
        if told is None:
            continue
        found += 1
        click.echo(
            f"comment {comment.id}: {told.count('<redact>')} places {'redacted' if yes else 'would be redacted'}"
        )
        if yes:
            gateway.redact(ticket, comment.id, told)
    if not found:
        click.echo(f"ticket {ticket} holds none of: {', '.join(wanted)}")


def _model(desk: Path | None) -> tuple[DeskFiles, DangerClassifier]:
    files = load_desk(desk or desk_folders()[0])
    made = assemble(files, ModelCache(default_cache_folder()), [], lambda line: click.echo(line, err=True))
    if not isinstance(made.triage.danger, DangerClassifier):
        raise ModelError(f"there is no danger classifier: {made.triage.danger_trouble}")
    return files, made.triage.danger


def _texts(path: Path) -> list[CleanText]:
    """The tickets of a file that have words. Read before anything is learnt: a bad file is told at once."""
    return [
        text for row in _tickets(path) if (text := clean(text_in(row, "subject"), text_in(row, "body"))).text.strip()
    ]


def _scored(model: DangerClassifier, files: DeskFiles, texts: Sequence[CleanText]) -> Ordinary:
    reader = language_reader(files.desk, files.language_backend)
    tags = [reader(text, None).tag for text in texts]
    books = with_own(load_books(room("models") / "danger" / "patterns", Problems()), files.danger.books)
    return scored(model.scores, texts, tags, books)


def _tickets(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8-sig"))
        except (UnicodeDecodeError, ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise DefinitionError(
                f'{path}:{number}: not a JSON object in UTF-8 such as {{"subject": "...", "body": "..."}}'
            )
        yield row


def _of(side: Ordinary, tag: str) -> Ordinary:
    here = [tag == other for other in side.languages]
    return Ordinary(side.scores[np.array(here, dtype=np.bool_)] if here else side.scores[:0], (tag,) * sum(here))


def _shifts(told: Ordinary, model: DangerClassifier, share: float) -> dict[str, float]:
    """By how much each language's line moves: its own tickets' line, drawn to that of all where it has few."""
    everywhere = line_of_unlabelled(told.scores, model.lines, share) - model.lines.probable
    shifts = {}
    for tag in sorted({*told.languages, *model.lines.by_language}):
        own = _of(told, tag).scores
        moved = (
            line_of_unlabelled(own, model.lines, share) - model.lines.probable
            if len(own) >= _LEAST_TICKETS
            else everywhere
        )
        shifts[tag] = (moved * len(own) + everywhere * _TRUSTED_TICKETS) / (len(own) + _TRUSTED_TICKETS)
    return shifts


def _plain(row: Priced) -> dict[str, float]:
    return {"chance": row.chance, "recall": row.recall, "usual": row.usual, "hard": row.hard}


def _show(table: dict[str, list[Priced]], probable: float, untrained: Sequence[str]) -> None:
    console = Console(file=sys.stdout)
    columns = ("recall", "false alarms in 1,000 usual tickets", "in 1,000 hard ordinary ones")
    by_line = Table("probable =", *columns, title="What each line costs", title_justify="left")
    for row in table.pop("all"):
        by_line.add_row(f"{row.chance:.2f}", *_cells(row))
    by_language = Table("language", *columns, title=f"At probable = {probable:g}", title_justify="left")
    for tag, rows in table.items():
        by_language.add_row(tag, *_cells(rows[0]))
    console.print(by_line, by_language)
    if untrained:
        console.print(f"languages without urgent examples of their own: {', '.join(untrained)}", markup=False)


def _cells(row: Priced) -> tuple[str, str, str]:
    return _number(100 * row.recall, " %"), _number(row.usual), _number(row.hard)


def _number(value: float, unit: str = "") -> str:
    return "-" if np.isnan(value) else f"{value:.1f}{unit}"
