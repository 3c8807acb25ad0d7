"""The demo's closing table, read back from the sandbox as an agent would see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from zd_automation.sandbox.server import SandboxServer

_PREFIX = "zdauto_"


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket after triage."""

    number: int
    language: str
    topic: str
    group: str
    urgent: bool
    articles: int

    @property
    def silent(self) -> bool:
        """Nothing was said but, perhaps, the language."""
        return not (self.topic or self.urgent or self.articles)


def rows(sandbox: SandboxServer) -> list[Row]:
    """Every ticket of the sandbox, oldest first."""
    store = sandbox.account.store
    groups = {group["id"]: group["name"] for group in store.collection("groups")}
    notes: dict[int, str] = {}
    for comment in store.collection("comments"):
        if not comment.get("public"):
            notes[comment["ticket_id"]] = notes.get(comment["ticket_id"], "") + (comment.get("html_body") or "")
    return [_row(ticket, groups, notes.get(ticket["id"], "")) for ticket in store.collection("tickets")]


def _row(ticket: dict[str, Any], groups: dict[int, str], note: str) -> Row:
    tags = [tag.removeprefix(_PREFIX) for tag in ticket["tags"] if tag.startswith(_PREFIX)]
    return Row(
        number=ticket["id"],
        language=next((tag.removeprefix("lang_") for tag in tags if tag.startswith("lang_")), ""),
        topic=next((tag.removeprefix("topic_") for tag in tags if tag.startswith("topic_")), ""),
        group=groups.get(ticket["group_id"], ""),
        urgent="security_urgent" in tags,
        articles=note.count("<li><a "),
    )


def table(found: Sequence[Row], most: int) -> Table:
    """The first ``most`` tickets, one a line."""
    made = Table(title=f"{min(most, len(found))} of {len(found)} tickets", title_justify="left")
    for name in ("ticket", "language", "topic", "group", "urgent", "articles", "silent"):
        made.add_column(name, justify="right" if name in {"ticket", "articles"} else "left")
    for row in found[:most]:
        urgent, silent = "[bold red]urgent[/]" if row.urgent else "", "silent" if row.silent else ""
        made.add_row(
            str(row.number), row.language or "und", row.topic, row.group, urgent, str(row.articles or ""), silent
        )
    return made


def summary(found: Sequence[Row]) -> str:
    """The whole run in one sentence."""
    languages = Counter(row.language for row in found if row.language)
    return (
        f"{len(found)} tickets in {len(languages)} languages: {sum(bool(row.topic) for row in found)} with a topic, "
        f"{sum(row.urgent for row in found)} urgent, {sum(bool(row.articles) for row in found)} with articles, "
        f"{sum(row.silent for row in found)} silent"
    )
