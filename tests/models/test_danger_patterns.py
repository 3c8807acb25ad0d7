"""Every reviewed sentence of every danger book is read as its author expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zd_automation.danger_files import load_books
from zd_automation.definitions import Problems, read_toml
from zd_automation.triage.danger import KINDS, DangerText, judge
from zd_automation.triage.danger_phrases import books_for, read_phrases
from zd_automation.triage.desk import DangerPolicy

FOLDER = Path(__file__).parents[2] / "models" / "danger" / "patterns"
PROBLEMS = Problems()
BOOKS = load_books(FOLDER, PROBLEMS)
TABLES: dict[str, dict[str, Any]] = {path.stem: read_toml(path) for path in sorted(FOLDER.glob("*.toml"))}
CASES = [(name, number, row) for name, table in TABLES.items() for number, row in enumerate(table["test"], start=1)]


def test_every_phrase_compiles() -> None:
    assert PROBLEMS.found == []


def test_the_demo_languages_are_there() -> None:
    assert len(TABLES) >= 24
    assert set(TABLES) >= {
        "ar",
        "de",
        "en",
        "es",
        "fr",
        "hi",
        "id",
        "it",
        "ja",
        "ko",
        "pl",
        "pt",
        "ro",
        "ru",
        "th",
        "tr",
        "uk",
        "vi",
    }


@pytest.mark.parametrize(
    ("name", "row"), [pytest.param(name, row, id=f"{name}-{number}-{row['expect']}") for name, number, row in CASES]
)
def test_a_reviewed_sentence(name: str, row: dict[str, str]) -> None:
    found = read_phrases(row["text"], books_for(TABLES[name]["language"], BOOKS))
    if row["expect"] == "none":
        assert found.statements == ()
    else:
        assert judge(DangerText((), found), None, DangerPolicy()).kind == row["expect"], found


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_book_has_sentences_of_both_sorts_and_known_kinds(name: str) -> None:
    expected = [row["expect"] for row in TABLES[name]["test"]]
    assert set(expected) <= {*KINDS, "none"}
    assert expected.count("none") >= 4
    assert len(set(expected)) >= 10
    assert set(TABLES[name]["statement"]) <= set(KINDS)
