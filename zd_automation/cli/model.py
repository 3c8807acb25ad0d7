"""``model``: train, judge, promote and roll back a desk's topic model."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from zd_automation.assembly import stored_classifier
from zd_automation.cli.environment import desk_folders, environment
from zd_automation.cli.model_words import figures, say_verdict, steps, table_of, told
from zd_automation.config import models_folder
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.errors import ZdAutomationError
from zd_automation.evaluation.measures import Evaluation, evaluate
from zd_automation.evaluation.page import render
from zd_automation.evaluation.predictions import Predictions
from zd_automation.history import History, read_history
from zd_automation.judging import Gate, gate, keys_of, predicted, unseen
from zd_automation.lessons import learning_hash
from zd_automation.models.cache import ModelCache, default_cache_folder
from zd_automation.models.model_files import is_whole
from zd_automation.models.registry import Registry
from zd_automation.training import Workshop, judged, train

_DESK = click.option("--desk", type=click.Path(path_type=Path), help="Desk folder; default the first of ZD_DESK.")
_PATH = click.Path(path_type=Path)
_SINCE = click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="History before this date (UTC) is learnt from, history from it on is judged.",
)
_PROGRESS = click.option(
    "--progress/--no-progress", default=None, help="A bar, or a line for each step; default a bar on a terminal."
)


def _history(required: bool = False) -> Callable[[Any], Any]:
    said = "Labelled messages, JSON lines or CSV: topic, text (or subject, body), language, created_at, id. Repeatable."
    return click.option("--history", type=_PATH, multiple=True, required=required, help=said)


@click.group("model")
def model_command() -> None:
    """Train a desk's topic model, judge it, let it serve, and go back."""


@model_command.command("train")
@_DESK
@_history()
@_SINCE
@click.option(
    "--folds", type=click.IntRange(0), default=3, show_default=True, help="Parts to cross-validate in; 0: no."
)
@_PROGRESS
def train_command(
    *, desk: Path | None, history: tuple[Path, ...], since: datetime | None, folds: int, progress: bool | None
) -> None:
    """Learn a candidate from the desk's examples and a history. What serves does not change."""
    if folds == 1:
        raise click.UsageError("--folds 1 leaves nothing to learn from; 0 judges nothing, 2 and more cross-validate")
    here = _Here.of(desk, history)
    with steps(progress) as step:
        made = train(here.workshop, here.history, _utc(since), folds, step, datetime.now(UTC))
        card = here.registry.candidate(made.state, made.card)
    for trouble in made.troubles:
        click.echo(f"warning: {trouble}", err=True)
    click.echo(f"candidate {card.model}: {card.topics} topics from {card.rows} messages")
    if card.evaluation:
        click.echo(figures(card))
    click.echo("Next: zd-automation model promote" + (" --history FILE" if "active" in here.registry.cards() else ""))


@model_command.command("evaluate")
@_DESK
@_history()
@_SINCE
@click.option("--folds", type=click.IntRange(2), default=5, show_default=True, help="Parts to cross-validate in.")
@click.option("--slot", type=click.Choice(["active", "candidate"]), help="Judge this stored model on --history.")
@click.option("--json", "as_json", is_flag=True, help="Every figure as JSON; no words of messages.")
@click.option("--page", type=_PATH, help="Write a page with charts; it shows messages: for those who may read tickets.")
@_PROGRESS
def evaluate_command(
    *,
    desk: Path | None,
    history: tuple[Path, ...],
    since: datetime | None,
    folds: int,
    slot: str | None,
    as_json: bool,
    page: Path | None,
    progress: bool | None,
) -> None:
    """How good the topics are on messages that were not learnt from: cross-validated, later ones, or of a stored model."""
    if (slot or since) and not history:
        raise click.UsageError(f"{'--slot' if slot else '--since'} needs --history: there is nothing to judge on")
    here = _Here.of(desk, history)
    with steps(progress) as step:
        said = _of_slot(here, slot, since) if slot else judged(here.workshop, here.history, _utc(since), folds, step)
    targets = sorted(topic.target_precision for topic in here.workshop.files.desk.topics)
    found = evaluate(said, targets[len(targets) // 2] if targets else None)
    if page:
        _write_page(page, found, here.workshop.files.desk.name)
    click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2) if as_json else told(found))


@model_command.command("gate")
@_DESK
@_history(required=True)
def gate_command(*, desk: Path | None, history: tuple[Path, ...]) -> None:
    """Hold the candidate against what serves, on a history that neither has learnt from. Exit status 1: refused."""
    found = _gate(_Here.of(desk, history))
    say_verdict(found)
    if not found.verdict.ok:
        sys.exit(1)


@model_command.command("promote")
@_DESK
@_history()
@click.option("--force-first", is_flag=True, help="Promote a desk's first model even where the gate refuses it.")
def promote_command(*, desk: Path | None, history: tuple[Path, ...], force_first: bool) -> None:
    """Let the candidate serve. A desk's first needs no gate; any later one must pass it on --history."""
    registry = _registry(_files(desk))
    first = "active" not in registry.cards()
    if not first and force_first:
        raise click.UsageError("--force-first is for a desk's first model; this desk has an active one")
    if not first and not history:
        raise click.UsageError(
            "give --history FILE: only a candidate that is not worse than the active model is promoted"
        )
    expected = ""
    if history:
        found = _gate(_Here.of(desk, history))
        expected = found.model
        say_verdict(found)
        if not found.verdict.ok and not force_first:
            sys.exit(1)
    card = registry.promote(expected)
    click.echo(f"active: {card.model}; a running service takes it up within ten minutes")


@model_command.command("rollback")
@_DESK
def rollback_command(*, desk: Path | None) -> None:
    """The previous model serves again; the present one takes its place."""
    card = _registry(_files(desk)).rollback()
    click.echo(f"active: {card.model}, trained {card.trained_at}; a running service takes it up within ten minutes")


@model_command.command("list")
@_DESK
def list_command(*, desk: Path | None) -> None:
    """The models of the desk: which serves, what it was made of, how good it was."""
    files = _files(desk)
    registry = _registry(files)
    cards = registry.cards()
    if not cards:
        click.echo(f"no models in {registry.folder}; topics are learnt from the desk's files at each start")
        return
    Console(width=None if sys.stdout.isatty() else 160).print(table_of(cards))
    for slot, card in cards.items():
        if not is_whole(registry.folder, card):
            click.echo(f"{slot}: {card.model} is missing, truncated or changed")
        if slot == "active" and card.definitions_hash != learning_hash(files):
            click.echo("definitions changed since the active model was trained; run zd-automation model train")


@dataclass(frozen=True)
class _Here:
    """What every one of these commands works on."""

    workshop: Workshop
    history: History
    registry: Registry

    @classmethod
    def of(cls, desk: Path | None, history: tuple[Path, ...] = ()) -> _Here:
        """The desk's files, the history as read and the registry; says what of the history was left out."""
        files = _files(desk)
        workshop = Workshop.of(files)
        read = read_history(history, files.desk, workshop.reader)
        for note in read.notes:
            click.echo(note, err=True)
        return cls(workshop, read, _registry(files))


def _files(desk: Path | None) -> DeskFiles:
    return load_desk(desk or desk_folders()[0])


def _registry(files: DeskFiles) -> Registry:
    return Registry.of_desk(models_folder(environment()), files.desk.name)


def _of_slot(here: _Here, slot: str, since: datetime | None) -> Predictions:
    stored, day = here.registry.load(slot), _utc(since)
    model = stored_classifier(stored, here.workshop.files.desk, here.workshop.encoders)
    rows = here.history.later(day) if day else here.history.rows
    fresh = unseen(rows, keys_of(stored))
    if len(fresh) < len(rows):
        click.echo(f"{len(rows) - len(fresh)} messages were learnt from and are not judged", err=True)
    return predicted(model, fresh, here.workshop.files.desk)


def _gate(here: _Here) -> Gate:
    workshop, models = here.workshop, ModelCache(default_cache_folder())
    return gate(here.registry, workshop.files, here.history.rows, workshop.reader, workshop.encoders, models)


def _write_page(path: Path, found: Evaluation, desk: str) -> None:
    try:
        path.write_text(render(found, f"Topics of {desk}", f"{datetime.now(UTC):%Y-%m-%d}"), "utf-8")
    except OSError as error:
        raise ZdAutomationError(f"{path} cannot be written ({error.strerror}); choose another --page") from None
    click.echo(f"written: {path}", err=True)


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None
