"""``articles gaps``: what the help centre lacks, told from the journal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from zd_automation.cli.desk_articles import DESK, desk_and_articles
from zd_automation.cli.environment import settings
from zd_automation.knowledge.gaps import Gap, MissingTranslation, Told, gaps, missing_translations
from zd_automation.service import open_stores


@click.command("gaps")
@DESK
@click.option("--days", type=click.FloatRange(0.01), default=30.0, show_default=True, help="How far back to look.")
@click.option("--most", type=click.IntRange(1), default=20, show_default=True, help="Rows in each list.")
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of tables.")
def gaps_command(*, desk: Path | None, days: float, most: int, as_json: bool) -> None:
    """What the help centre lacks, from the decisions in the journal: topics without an article, and missing translations.

    Tickets are named by their numbers. Those without a topic stand together where they lie nearest to the same article.
    """
    files, articles = desk_and_articles(desk)
    journal = open_stores(settings(needs_webhooks=False)).journal
    since = journal.decisions_since(time.time() - days * 86_400, files.desk.name)
    told = [Told(decision.ticket_id, decision.plan) for decision in since]
    found, untranslated = gaps(told, articles)[:most], missing_translations(told, articles)[:most]
    if as_json:
        rows = {
            "tickets": len(told),
            "gaps": [_gap(gap) for gap in found],
            "translations": [_untranslated(one) for one in untranslated],
        }
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    _show_gaps(found, untranslated, f"{len(told)} tickets of the last {days:g} days")


def _gap(gap: Gap) -> dict[str, Any]:
    nearest = (
        {"id": str(gap.nearest.id), "title": gap.nearest.title, "score": round(gap.score, 4)} if gap.nearest else None
    )
    return {
        "topic": gap.topic or None,
        "tickets": gap.tickets,
        "languages": dict(gap.languages),
        "nearest": nearest,
        "examples": list(gap.examples),
    }


def _untranslated(one: MissingTranslation) -> dict[str, Any]:
    article = {"id": str(one.article.id), "title": one.article.title}
    return {
        **article,
        "there": list(one.there),
        "missing": one.missing,
        "tickets": one.tickets,
        "examples": list(one.examples),
    }


def _show_gaps(found: Sequence[Gap], untranslated: Sequence[MissingTranslation], told: str) -> None:
    console = Console(file=sys.stdout, markup=False)
    table = Table(
        "topic",
        "tickets",
        "languages",
        "nearest article",
        "for example",
        title=f"No article for: {told}",
        title_justify="left",
    )
    for gap in found:
        nearest = f"{gap.nearest.title} ({gap.score:.0%})" if gap.nearest else "-"
        languages = ", ".join(f"{tag} {count}" for tag, count in gap.languages.items())
        table.add_row(gap.topic or "(none)", str(gap.tickets), languages, nearest, _numbers(gap.examples))
    console.print(table)
    table = Table(
        "article",
        "there in",
        "missing in",
        "tickets",
        "for example",
        title="Missing translations",
        title_justify="left",
    )
    for one in untranslated:
        there = ", ".join(tag.upper() for tag in one.there)
        table.add_row(one.article.title, there, one.missing.upper(), str(one.tickets), _numbers(one.examples))
    console.print(table if untranslated else "no answer was missing in its language")


def _numbers(tickets: Sequence[int]) -> str:
    return ", ".join(map(str, tickets))
