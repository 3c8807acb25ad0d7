"""What the ``model`` commands say: figures, verdicts, the table of models, and how far the work is."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from zd_automation.evaluation.measures import Evaluation
from zd_automation.judging import Gate
from zd_automation.models.model_files import Card
from zd_automation.models.registry import SLOTS
from zd_automation.training import Progress as Step

_MOST_PAIRS = 8


def say_verdict(found: Gate) -> None:
    """Both models, the facts, and every reason against the candidate."""
    click.echo(f"{found.model} against {found.against or 'nothing'}")
    if found.left_out:
        click.echo(f"  {found.left_out} messages were learnt from by one of them and are not judged")
    for line in found.verdict.facts:
        click.echo(f"  {line}")
    for line in found.verdict.reasons:
        click.echo(f"refused: {line}")
    click.echo("the gate is passed" if found.verdict.ok else "the candidate is not promoted")


def told(found: Evaluation) -> str:
    """An evaluation in lines."""
    lines = [
        f"{found.rows} messages with a topic, {len(found.topics)} topics",
        f"accuracy              {found.accuracy}",
        f"among the best three  {found.top_3}",
        f"macro F1              {found.macro_f1.value:.1%} ({found.macro_f1.low:.0%} to {found.macro_f1.high:.0%})",
        f"coverage              {found.coverage}",
        f"precision when spoken {found.precision}",
        f"calibration error     {found.ece:.1%}",
        *(f"taken for another: {c.right} for {c.said}, {c.share}" for c in found.confusions[:_MOST_PAIRS]),
        *(f"overlap: {o.first} and {o.second}, told apart {o.told_apart}: {o.advice}" for o in found.overlaps),
        *([f"{len(found.suspects)} labels look wrong; --page shows them"] if found.suspects else []),
        *found.cautions,
    ]
    return "\n".join(lines)


def figures(card: Card) -> str:
    """The figures of a card in one line."""
    of = card.evaluation
    parts = [f"{name} {_percent(of.get(name))}" for name in ("accuracy", "coverage", "precision")]
    return f"{', '.join(parts)} ({of.get('judged_on')})"


def table_of(cards: Mapping[str, Card]) -> Table:
    """The models of a desk, the one that serves first."""
    table = Table("slot", "model", "trained", "messages", "topics", "accuracy", "coverage", "precision", "judged on")
    for slot in (slot for slot in SLOTS if slot in cards):
        card = cards[slot]
        shown = [_percent(card.evaluation.get(name)) for name in ("accuracy", "coverage", "precision")]
        on = str(card.evaluation.get("judged_on", "–"))
        table.add_row(slot, card.version, card.trained_at[:16], str(card.rows), str(card.topics), *shown, on)
    return table


def _percent(value: object) -> str:
    return f"{value:.1%}" if isinstance(value, float) else "–"


@contextmanager
def steps(bar: bool | None) -> Iterator[Step]:
    """A progress bar, or a line for each step, on standard error: standard output is the answer's."""
    if not (sys.stderr.isatty() if bar is None else bar):
        yield lambda what, done, of: click.echo(f"{done}/{of} {what}", err=True)
        return
    columns = (BarColumn(), TextColumn("{task.completed}/{task.total} {task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task("reading", total=None)
        yield lambda what, done, of: shown.update(task, description=what, completed=done, total=of)
