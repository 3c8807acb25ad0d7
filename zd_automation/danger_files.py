"""Reads the reviewed danger files of the ``models`` room: phrases by language, examples by language, the note's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zd_automation.definitions import Problems, attempt_toml, check_keys
from zd_automation.triage.danger import KINDS
from zd_automation.triage.note import NoteTexts
from zd_automation.triage.patterns import Phrase, PhraseBook, compile_phrase

_SECTIONS = {"alarm": "words", "denial": "phrases", "hypothesis": "phrases", "news": "phrases"}


@dataclass(frozen=True)
class DangerExample:
    """A message for the classifier; ``kind`` is None for an ordinary one."""

    text: str
    language: str
    kind: str | None


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
    compiled = {name: _compiled(sources, f"{path} [{name}]", problems) for name, sources in lists.items()}
    return PhraseBook(
        language=table.get("language", path.stem),
        statements={
            kind: _compiled(sources, f"{path} [statement] {kind}", problems) for kind, sources in statements.items()
        },
        alarms=compiled["alarm"],
        denials=compiled["denial"],
        hypotheses=compiled["hypothesis"],
        news=compiled["news"],
    )


def _compiled(sources: Iterable[str], where: str, problems: Problems) -> tuple[Phrase, ...]:
    made = []
    for source in sources:
        try:
            made.append(compile_phrase(source))
        except ValueError as error:
            problems.add(where, str(error))
    return tuple(made)


def load_danger_examples(folder: Path, problems: Problems) -> tuple[DangerExample, ...]:
    """The classifier's examples below ``folder``, one file a language."""
    rows: list[DangerExample] = []
    for path in sorted(folder.glob("*.toml")):
        table = attempt_toml(path, problems)
        check_keys(table, ("urgent", "ordinary"), str(path), problems)
        rows += [DangerExample(row["text"], path.stem, row["kind"]) for row in table.get("urgent", [])]
        rows += [DangerExample(text, path.stem, None) for text in table.get("ordinary", [])]
    return tuple(rows)


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
