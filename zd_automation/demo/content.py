"""The demo's content, read from the ``models`` room: tickets and help-centre articles of the two desks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zd_automation.definitions import read_toml, room

DESKS = ("exchange", "cosmetics")
_ARTICLE_LINK = re.compile(r"(/hc/[a-z-]+/articles/)([a-z0-9-]+)")


@dataclass(frozen=True, slots=True)
class DemoTicket:
    """A ticket as a customer writes it. ``urgent`` and ``topic`` are what its author meant, for the table only."""

    desk: str
    subject: str
    body: str
    html: bool
    requester_name: str
    requester_locale: str
    language: str
    topic: str
    urgent: bool


def desk_folder(desk: str) -> Path:
    """The desk's folder in the ``models`` room; it serves as a desk folder as it stands."""
    return room("models") / desk


def demo_tickets() -> list[DemoTicket]:
    """The tickets of both desks, taking turns, as they would arrive."""
    rows = [
        [_ticket(desk, row) for row in read_toml(desk_folder(desk) / "demo_tickets.toml")["ticket"]] for desk in DESKS
    ]
    longest = max(map(len, rows))
    return [tickets[number] for number in range(longest) for tickets in rows if number < len(tickets)]


def _ticket(desk: str, row: dict[str, Any]) -> DemoTicket:
    return DemoTicket(
        desk=desk,
        subject=row.get("subject", ""),
        body=row.get("body", ""),
        html=bool(row.get("html")),
        requester_name=row.get("requester_name", "Customer"),
        requester_locale=row.get("requester_locale", "en-US"),
        language=row.get("language", "und"),
        topic=row.get("topic", ""),
        urgent=bool(row.get("urgent")),
    )


def articles(desk: str) -> list[dict[str, Any]]:
    """The desk's articles as the sandbox loads them, labelled with the desk's name."""
    rows: list[dict[str, Any]] = read_toml(desk_folder(desk) / "help_centre.toml")["article"]
    return [
        {**row, "key": f"{desk}:{row['key']}", "category": f"{desk.title()}: {row['category']}",
         "label_names": [desk, *row.get("labels", [])]}
        for row in rows
    ]  # fmt: skip


def with_real_links(body: str, desk: str, ids: dict[str, int]) -> str:
    """The articles of the content link to one another by key; in an account they have numbers."""

    def numbered(match: re.Match[str]) -> str:
        number = ids.get(f"{desk}:{match.group(2)}")
        return f"{match.group(1)}{number}" if number else match.group(0)

    return _ARTICLE_LINK.sub(numbered, body)
