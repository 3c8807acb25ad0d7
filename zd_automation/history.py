"""Reads a desk's labelled history: what customers wrote, with the topic that turned out right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zd_automation.definitions import Problems
from zd_automation.desk_files import LONGEST_EXAMPLE
from zd_automation.desk_import import Sources, example_from, read_rows
from zd_automation.desk_writing import plain
from zd_automation.errors import DefinitionError
from zd_automation.lessons import Lesson, Reader, topics_on
from zd_automation.triage.clean import clean
from zd_automation.triage.desk import Desk

_COLUMNS = ("id", "topic", "text", "subject", "body", "language", "created_at")
_NO_TOPIC = {"", "none", "null"}
_NAMED = 10


@dataclass(frozen=True)
class History:
    """The rows that can be used, in the order of the files, and what was left out, counted and named."""

    rows: tuple[Lesson, ...] = ()
    notes: tuple[str, ...] = ()

    def before(self, since: datetime | None) -> tuple[Lesson, ...]:
        """What a model may learn from: rows before the date, and rows of which nobody knows when; all without a date."""
        return tuple(row for row in self.rows if since is None or row.created_at is None or row.created_at < since)

    def later(self, since: datetime) -> tuple[Lesson, ...]:
        """The later slice. Raises DefinitionError when no row is from then."""
        rows = tuple(row for row in self.rows if row.created_at is not None and row.created_at >= since)
        if not rows:
            raise DefinitionError(
                f"the history has no row with a created_at from {since:%Y-%m-%d} on; give an earlier date or a longer"
                " history"
            )
        return rows


def read_history(paths: Sequence[Path], desk: Desk, reader: Reader) -> History:
    """Read JSON Lines, JSON or CSV files: ``topic``, ``text`` or ``subject`` and ``body``, and where they are known
    ``language``, ``created_at`` (ISO 8601) and ``id``.

    A topic that is "", null or none marks a message that belongs to no topic. Rows of topics that the desk does not
    have or has switched off, and rows without words, are left out and counted. Raises DefinitionError for a file that
    cannot be read, with every problem of every file.
    """
    problems, sources = Problems(), Sources()
    raw = [
        (f"{path.name}:{number}", row)
        for path in paths
        for number, row in enumerate(read_rows(path, _COLUMNS, ("topic",), sources, problems), start=1)
    ]
    problems.raise_if_any()
    on, left_out = topics_on(desk), Counter[str]()
    rows: list[Lesson] = []
    for place, row in raw:
        topic = plain(row.get("topic")).strip()
        if topic not in on and topic.lower() in _NO_TOPIC:
            topic = ""
        if topic and topic not in on:
            left_out[topic] += 1
            continue
        rows.append(_lesson(place, topic, row, reader))
    worded = tuple(row for row in rows if row.text.text.strip())
    undated = sum(1 for _, row in raw if row.get("created_at") and _when(row["created_at"]) is None)
    notes = (
        *sources.ignored,
        *_left_out(left_out, {topic.id for topic in desk.topics}),
        *_counted(len(rows) - len(worded), "rows have no words and are left out"),
        *_counted(undated, "rows have a created_at that is no ISO 8601 date; they count as earlier than any date"),
    )
    return History(worded, notes)


def _lesson(place: str, topic: str, row: Mapping[str, Any], reader: Reader) -> Lesson:
    example = example_from(row)
    text = clean("", str(example["text"])[:LONGEST_EXAMPLE])
    language = str(example["language"] or reader(text, None).tag)
    return Lesson(topic, text, language, plain(row.get("id")).strip() or place, _when(row.get("created_at")))


def _when(value: object) -> datetime | None:
    try:
        read = datetime.fromisoformat(plain(value).strip())
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _left_out(counts: Counter[str], known: set[str]) -> list[str]:
    strange = {topic: count for topic, count in counts.most_common() if topic not in known}
    off = {topic: count for topic, count in counts.most_common() if topic in known}
    said = [("topics that the desk does not have", strange), ("topics that are switched off", off)]
    return [f"{sum(rows.values())} rows of {what} are left out: {_names(rows)}" for what, rows in said if rows]


def _names(counts: Mapping[str, int]) -> str:
    shown = ", ".join(f"{topic} ({count})" for topic, count in list(counts.items())[:_NAMED])
    return f"{shown} and {len(counts) - _NAMED} more" if len(counts) > _NAMED else shown


def _counted(count: int, what: str) -> list[str]:
    return [f"{count} {what}"] if count else []
