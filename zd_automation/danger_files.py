"""Reads the reviewed danger files of the ``models`` room: phrases by language, examples by language, the note's words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zd_automation.definitions import Problems, attempt_toml, check_keys, one_of
from zd_automation.triage.danger import KINDS
from zd_automation.triage.note import NoteTexts
from zd_automation.triage.patterns import Phrase, PhraseBook, compile_phrase

_SECTIONS = {"alarm": "words", "denial": "phrases", "hypothesis": "phrases", "news": "phrases"}


# Sorts of ordinary messages that are easily mistaken; the classifier learns to tell them by name.
CASES = (
    "denial",
    "hypothetical",
    "news",
    "marketing",
    "setup",
    "login",
    "lost_2fa",
    "pending",
    "kyc_fee",
    "phish_received",
    "angry",
    "product",
    "twin",
    "other",
)
DESKS = ("exchange", "broker", "bank", "shop")
# The hand and the sort of messages about which nobody is upset.
EVERYDAY = "everyday"


@dataclass(frozen=True)
class DangerExample:
    """A message for the classifier. ``sort`` is its kind when it is urgent, else the case of an ordinary one, "" if nobody said.

    ``hand`` is who wrote it: scores are reported on hands that were not learnt from. ``desk`` is the kind of desk.
    """

    text: str
    language: str
    urgent: bool
    sort: str = ""
    desk: str = ""
    hand: str = ""


def load_books(folder: Path, problems: Problems) -> dict[str, PhraseBook]:
    """The phrase books below ``folder``, by language. A broken phrase is reported and left out: the others still serve."""
    books = {}
    for path in sorted(folder.glob("*.toml")):
        table = attempt_toml(path, problems)
        check_keys(table, ("language", "statement", *_SECTIONS, "test"), str(path), problems)
        books[path.stem] = _book(path, table, problems)
    return books


def _book(path: Path, table: Mapping[str, Any], problems: Problems) -> PhraseBook:
    statements = table.get("statement", {})
    check_keys(statements, KINDS, f"{path} [statement]", problems)
    lists = {name: table.get(name, {}).get(key, []) for name, key in _SECTIONS.items()}
    compiled = {name: _compiled(sources, path, f"[{name}]", problems) for name, sources in lists.items()}
    return PhraseBook(
        language=table.get("language", path.stem),
        statements={
            kind: _compiled(sources, path, f"[statement] {kind}", problems) for kind, sources in statements.items()
        },
        alarms=compiled["alarm"],
        denials=compiled["denial"],
        hypotheses=compiled["hypothesis"],
        news=compiled["news"],
    )


def _compiled(sources: Iterable[str], path: Path, section: str, problems: Problems) -> tuple[Phrase, ...]:
    made = []
    for source in sources:
        try:
            made.append(compile_phrase(source))
        except ValueError as error:
            problems.add(f"{path}{_line_of(source, path)} {section}", str(error))
    return tuple(made)


def _line_of(source: str, path: Path) -> str:
    """Where a phrase stands in its file, as ":12"; "" when it is written there with escapes."""
    quoted = (f'"{source}"', f"'{source}'")
    lines = path.read_text("utf-8").splitlines()
    return next((f":{number}" for number, line in enumerate(lines, 1) if any(told in line for told in quoted)), "")


def danger_examples_digest(folder: Path) -> str:
    """A hash of all that :func:`load_danger_examples` reads: reading it is only needed when something is learnt from it."""
    read = hashlib.sha256()
    everyday = [_everyday(folder), *(path for path, _ in _everyday_files(folder, Problems()))]
    for path in [*sorted(folder.glob("*/*.toml")), *(path for path in everyday if path.exists())]:
        read.update(f"{path.parent.name}/{path.name}\n".encode() + path.read_bytes())
    return read.hexdigest()[:16]


def load_danger_examples(folder: Path, problems: Problems) -> tuple[DangerExample, ...]:
    """The shipped examples: ``LANGUAGE/HAND.toml`` below ``folder``, one file for each hand that wrote in a language, and
    the everyday ones."""
    files = sorted(folder.glob("*/*.toml"))
    rows = [row for path in files for row in _examples(path, path.parent.name, path.stem, problems)]
    return (*rows, *load_everyday(folder, problems))


def load_everyday(folder: Path, problems: Problems) -> tuple[DangerExample, ...]:
    """Everyday messages: examples of the topics that ``everyday.toml`` beside ``folder`` names, of the shipped desks."""
    rows = []
    for path, named in _everyday_files(folder, problems):
        told = attempt_toml(path, problems)
        texts = [text for topic in named.get("topics", []) for text in told.get(topic, [])]
        rows += [
            DangerExample(text, path.stem, urgent=False, sort=EVERYDAY, desk=named.get("desk", ""), hand=EVERYDAY)
            for text in texts
        ]
    return tuple(rows)


def _everyday(folder: Path) -> Path:
    return folder.parent / "everyday.toml"


def _everyday_files(folder: Path, problems: Problems) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Example files of the desks that ``everyday.toml`` names, which lie beside the danger files; and what it says of each."""
    path = _everyday(folder)
    for desk, named in (attempt_toml(path, problems) if path.exists() else {}).items():
        where = f"{path} [{desk}]"
        check_keys(named, ("desk", "topics"), where, problems)
        files = sorted((folder.parents[1] / desk / "examples").glob("*.toml"))
        if not files:
            problems.add(where, f"there is no desk {desk} with examples beside the folder {folder.parent.name}")
        yield from ((file, named) for file in files)


def load_own_danger_examples(folder: Path, problems: Problems, not_this: str) -> tuple[DangerExample, ...]:
    """A desk's own examples: ``LANGUAGE.toml`` and ``*.jsonl`` below ``folder``, but for the file ``not_this``."""
    files = [path for path in sorted(folder.glob("*.toml")) if path.name != not_this]
    rows = [row for path in files for row in _examples(path, path.stem, "desk", problems)]
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
            if line.strip() and (row := _json_row(line, f"{path}:{number}", problems)):
                rows.append(row)
    return tuple(rows)


def _examples(path: Path, language: str, hand: str, problems: Problems) -> Iterator[DangerExample]:
    table = attempt_toml(path, problems)
    check_keys(table, ("urgent", "ordinary"), str(path), problems)
    for side, key, sorts in (("urgent", "kind", KINDS), ("ordinary", "case", CASES)):
        for number, row in enumerate(table.get(side, []), start=1):
            where = f"{path} {side} {number}"
            # A bare text is an ordinary message of which nobody said more.
            row = {"text": row} if isinstance(row, str) and side == "ordinary" else row
            if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not row["text"].strip():
                problems.add(where, f'needs {{ {key} = "...", text = "..." }}')
                continue
            check_keys(row, ("text", key, "desk"), where, problems)
            said, desk = str(row.get(key, "")), str(row.get("desk", ""))
            sort = one_of(said, sorts, key, where, problems) if said or side == "urgent" else ""
            yield DangerExample(row["text"], language, side == "urgent", sort, desk, hand)


def _json_row(line: bytes, where: str, problems: Problems) -> DangerExample | None:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not isinstance(row.get("urgent"), bool):
        problems.add(where, 'needs {"text": "...", "urgent": true or false, "language": "pt", "kind": "sim_swap"}')
        return None
    check_keys(row, ("text", "urgent", "language", "kind"), where, problems)
    kind = str(row.get("kind") or "")
    if kind:
        kind = one_of(kind, KINDS, "kind", where, problems)
    return DangerExample(row["text"], str(row.get("language") or ""), row["urgent"], kind, hand="desk")


def load_note_texts(path: Path, problems: Problems) -> dict[str, NoteTexts]:
    """The note's words by language; English must be whole, what another language lacks falls back to it."""
    table = attempt_toml(path, problems)
    english = table.get("en", {})
    texts = {}
    for language, own in table.items():
        merged = {part: {**english.get(part, {}), **own.get(part, {})} for part in ("words", "kinds", "first_steps")}
        steps = {kind: tuple(lines) for kind, lines in merged["first_steps"].items()}
        texts[language] = NoteTexts(language, merged["words"], merged["kinds"], steps)
    if "en" not in texts:
        problems.add(str(path), "the English texts [en] are missing; every other language falls back to them")
    return texts
