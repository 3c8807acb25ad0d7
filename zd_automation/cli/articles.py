"""``articles``: search the help centre as a ticket would, and judge the search on tickets whose article is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from zd_automation.assembly import article_index, language_reader
from zd_automation.cli.article_gaps import gaps_command
from zd_automation.cli.desk_articles import DESK, desk_and_articles
from zd_automation.definitions import Problems
from zd_automation.desk_files import DeskFiles, read_jsonl, text_in
from zd_automation.errors import DefinitionError
from zd_automation.knowledge.evaluate import Asked, Judged, judged
from zd_automation.knowledge.index import PassageIndex
from zd_automation.models.cache import ModelCache, default_cache_folder
from zd_automation.tickets import Article
from zd_automation.triage.clean import clean
from zd_automation.triage.plan import Suggestion

_LINES = (0.3, 0.5, 0.6, 0.75, 0.85, 0.95)
_LEAST_TICKETS = 10


@click.group("articles")
def articles_command() -> None:
    """Article suggestions: what is found for a text, how often it is right, and what the help centre lacks."""


articles_command.add_command(gaps_command)


@articles_command.command("search")
@click.argument("text")
@DESK
@click.option("--language", help="The language of TEXT (BCP 47); read from it by default.")
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of a table.")
def search_command(*, text: str, desk: Path | None, language: str | None, as_json: bool) -> None:
    """The articles found for TEXT, best first, and which of them a note would show. Drafts and restricted ones are no part of it."""
    files, articles = desk_and_articles(desk)
    message = clean("", text)
    tag = language or language_reader(files.desk, files.language_backend)(message, None).tag
    found = _built(files)(articles).search([message], [tag])[0]
    line, most = files.desk.articles.threshold, files.desk.articles.at_most
    shown = {hit.id for hit in [hit for hit in found if hit.score >= line][:most]}
    if as_json:
        rows = [_plain(hit, hit.id in shown) for hit in found]
        click.echo(json.dumps({"language": tag, "threshold": line, "articles": rows}, ensure_ascii=False, indent=2))
        return
    _show_found(found, shown, f"read as {tag}; a note shows what reaches {line:g}, {most} at most")


@articles_command.command("evaluate")
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(path_type=Path, exists=True),
    help='Tickets, JSON lines: {"subject": ..., "body": ..., "article": ID, "language": ...}.',
)
@DESK
@click.option(
    "--precision", type=click.FloatRange(0.5, 1), default=0.9, show_default=True, help="Wanted of what is shown."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of tables.")
def evaluate_command(*, path: Path, desk: Path | None, precision: float, as_json: bool) -> None:
    """Judge the search on tickets whose right article is known, and propose a `threshold`.

    Each ticket is asked twice: with its article there, and with it (and a fifth of the others) taken away, when silence is right.
    """
    files, articles = desk_and_articles(desk)
    asked = _asked(path, files, articles)
    told = judged(articles, asked, _built(files))
    if as_json:
        click.echo(json.dumps(_figures(told, precision), indent=2))
    else:
        _show_judged(told, precision)


def _built(files: DeskFiles) -> Callable[[Sequence[Article]], PassageIndex]:
    models = ModelCache(default_cache_folder())
    return lambda articles: article_index(articles, files, models) or PassageIndex([])


def _asked(path: Path, files: DeskFiles, articles: Sequence[Article]) -> list[Asked]:
    """The tickets of a file. Raises DefinitionError with every line that is wrong, or when there are too few."""
    problems = Problems()
    reader = language_reader(files.desk, files.language_backend)
    known = {str(article.id) for article in articles}
    asked = []
    for number, row in read_jsonl(path, problems):
        text = clean(text_in(row, "subject"), text_in(row, "body"))
        article = str(row.get("article", ""))
        if not text.text.strip():
            problems.add(f"{path}:{number}", "needs a `subject` or a `body` with words")
        elif article not in known:
            problems.add(f"{path}:{number}", f"article {article!r} is none that everybody may read; give its id")
        else:
            asked.append(Asked(text, text_in(row, "language") or reader(text, None).tag, article))
    problems.raise_if_any()
    if len(asked) < _LEAST_TICKETS:
        raise DefinitionError(
            f"{path}: {len(asked)} tickets are too few to judge by; at least {_LEAST_TICKETS} are needed"
        )
    return asked


def _plain(hit: Suggestion, shown: bool) -> dict[str, Any]:
    return {
        "id": hit.id,
        "score": hit.score,
        "shown": shown,
        "locale": hit.locale,
        "title": hit.title,
        "url": hit.url,
        "quote": hit.quote,
    }


def _show_found(found: Sequence[Suggestion], shown: set[str], caption: str) -> None:
    table = Table("", "score", "locale", "article", "what it says", caption=caption, caption_justify="left")
    for hit in found:
        table.add_row(
            "✓" if hit.id in shown else "", f"{hit.score:.2f}", hit.locale, f"{hit.title}\n{hit.url}", hit.quote
        )
    Console(file=sys.stdout, markup=False).print(table if found else f"nothing alike; {caption}")


def _figures(told: Judged, precision: float) -> dict[str, Any]:
    rows = {
        f"{line:g}": dict(zip(("answered", "right", "shown_although_missing"), told.at(line), strict=True))
        for line in _LINES
    }
    return {
        "tickets": len(told.places),
        "recall": {str(most): told.recall(most) for most in (1, 3, 5)},
        "mrr": told.reciprocal_rank(),
        "auc_of_silence": told.auc(),
        "at": rows,
        "precision": precision,
        "threshold": told.line_for(precision),
        "answered": told.answered(precision),
    }


def _show_judged(told: Judged, precision: float) -> None:
    console = Console(file=sys.stdout)
    recall = ", ".join(f"{told.recall(most):.1%} among {most}" for most in (1, 3, 5))
    console.print(f"{len(told.places)} tickets; the article is found: {recall}; MRR {told.reciprocal_rank():.3f}")
    console.print(f"silence where the article is missing: AUC {told.auc():.3f}")
    table = Table("threshold", "answered", "first is right", "shown although missing")
    for line in _LINES:
        table.add_row(f"{line:g}", *("-" if cell != cell else f"{cell:.1%}" for cell in told.at(line)))
    console.print(table)
    threshold = told.line_for(precision)
    if threshold is None:
        console.print(f"no threshold is right in {precision:.0%} of cases on these tickets")
        return
    console.print(
        f"for {precision:.0%} right: threshold = {threshold:.2f} in \\[articles]; it answers {told.answered(precision):.1%}"
    )
