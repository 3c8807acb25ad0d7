"""What a desk says of danger: the table ``[danger]`` of desk.toml, and the folder ``danger/`` beside it.

The folder may hold the desk's own phrases (``danger/patterns/LANGUAGE.toml``), its own examples (``danger/LANGUAGE.toml``,
``danger/*.jsonl``), and the lines that ``zd-automation danger calibrate`` has drawn (``danger/lines.toml``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zd_automation.danger_files import DangerExample, load_books, load_own_danger_examples
from zd_automation.definitions import Problems, attempt_toml, check_keys, fraction_in, one_of, rung_in, section_of, take
from zd_automation.triage.danger import KINDS
from zd_automation.triage.desk import DangerPolicy, Queue, tag_of
from zd_automation.triage.patterns import PhraseBook
from zd_automation.triage.secrets import KINDS as SECRETS

DANGER_KEYS = (
    "rung",
    "group",
    "tag",
    "priority",
    "probable",
    "certain",
    "kinds_off",
    "safety",
    "legal",
    "false_alarms_a_day",
    "tickets_a_day",
    "first_steps",
    "redact",
)
LINES_FILE = "lines.toml"


@dataclass(frozen=True)
class OwnDanger:
    """A desk's own phrases and examples, beside the shipped ones, and by how much its lines are moved, by language."""

    books: Mapping[str, PhraseBook] = field(default_factory=dict)
    examples: tuple[DangerExample, ...] = ()
    lines: Mapping[str, float] = field(default_factory=dict)


def own_danger(folder: Path, problems: Problems) -> OwnDanger:
    """What the desk's folder ``danger/`` holds; nothing where there is none."""
    if not folder.is_dir():
        return OwnDanger()
    return OwnDanger(
        load_books(folder / "patterns", problems),
        load_own_danger_examples(folder, problems, LINES_FILE),
        _lines(folder / LINES_FILE, problems),
    )


def _lines(path: Path, problems: Problems) -> dict[str, float]:
    if not path.exists():
        return {}
    table = attempt_toml(path, problems)
    check_keys(table, ("shift", "drawn_on", "false_alarms"), str(path), problems)
    shifts = take(table, "shift", dict, {}, str(path), problems)
    return {
        str(language): float(take(shifts, language, (int, float), 0.0, f"{path} [shift]", problems))
        for language in shifts
    }


def danger_policy(section: Mapping[str, Any], place: str, problems: Problems) -> DangerPolicy:
    """The table ``[danger]`` as a policy; what is missing is as :class:`DangerPolicy` has it."""
    plain = DangerPolicy()
    priority = take(section, "priority", str, plain.priority, place, problems)
    return DangerPolicy(
        rung=rung_in(section, plain.rung, place, problems),
        group=take(section, "group", str, plain.group, place, problems),
        tag=tag_of(take(section, "tag", str, plain.tag, place, problems)),
        priority=one_of(priority, ("urgent", "high"), "priority", place, problems),
        probable=fraction_in(section, "probable", plain.probable, place, problems),
        certain=fraction_in(section, "certain", plain.certain, place, problems),
        kinds_off=_names(section, "kinds_off", KINDS, place, problems),
        safety=_queue(section, "safety", plain.safety, place, problems),
        legal=_queue(section, "legal", plain.legal, place, problems),
        false_alarms=_budget(section, place, problems),
        first_steps=_first_steps(section, place, problems),
        redact=_names(section, "redact", SECRETS, place, problems),
    )


def _names(
    section: Mapping[str, Any], key: str, known: tuple[str, ...], place: str, problems: Problems
) -> tuple[str, ...]:
    said = take(section, key, list, [], place, problems)
    return tuple(name for name in map(str, said) if one_of(name, known, key, place, problems) == name)


def _queue(section: Mapping[str, Any], name: str, plain: Queue, place: str, problems: Problems) -> Queue:
    table, where = section_of(section, name, ("group", "tag"), place, problems), f"{place}.{name}"
    return Queue(
        take(table, "group", str, plain.group, where, problems),
        tag_of(take(table, "tag", str, plain.tag, where, problems)),
    )


def _budget(section: Mapping[str, Any], place: str, problems: Problems) -> float | None:
    """The share of tickets that may be false alarms: what the desk can bear a day, of what it gets a day."""
    alarms = take(section, "false_alarms_a_day", (int, float), 0, place, problems)
    tickets = take(section, "tickets_a_day", (int, float), 0, place, problems)
    if not alarms and not tickets:
        return None
    if not 0 < alarms < tickets:
        problems.add(place, "false_alarms_a_day and tickets_a_day go together, the first above 0 and below the second")
        return None
    return float(alarms / tickets)


def _first_steps(section: Mapping[str, Any], place: str, problems: Problems) -> dict[str, tuple[str, ...]]:
    table = section_of(section, "first_steps", KINDS, place, problems)
    steps = {}
    for kind in table:
        lines = take(table, kind, list, [], f"{place}.first_steps", problems)
        if not all(isinstance(line, str) for line in lines):
            problems.add(f"{place}.first_steps", f"{kind} must be a list of texts")
            continue
        steps[kind] = tuple(lines)
    return steps
