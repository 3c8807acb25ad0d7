"""The reviewed danger files: a broken phrase is told and left out, the others serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from zd_automation.danger_files import (
    DangerExample,
    danger_examples_digest,
    load_books,
    load_danger_examples,
    load_note_texts,
    load_own_danger_examples,
)
from zd_automation.definitions import Problems
from zd_automation.triage.danger_phrases import PhraseEvidence, read_phrases

BOOK = """\
language = "en"
[statement]
sim_swap = ["my sim was swapped", "(broken"]
[alarm]
words = ["hacked"]
[denial]
phrases = ["was not"]
[hypothesis]
phrases = ["what if"]
[news]
phrases = ["the news"]
[[test]]
text = "x"
expect = "none"
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


def test_a_book_is_read_and_a_broken_phrase_left_out(tmp_path: Path) -> None:
    problems = Problems()
    book = load_books(write(tmp_path, en=BOOK), problems)["en"]
    assert book.language == "en"
    assert [phrase.source for phrase in book.statements["sim_swap"]] == ["my sim was swapped"]
    lists = (book.alarms, book.denials, book.hypotheses, book.news)
    assert [[phrase.source for phrase in phrases] for phrases in lists] == [
        ["hacked"],
        ["was not"],
        ["what if"],
        ["the news"],
    ]
    assert problems.found == [f"{tmp_path}/en.toml:3 [statement] sim_swap: brackets do not balance in '(broken'"]
    assert read_phrases("My SIM was swapped", [book]) == PhraseEvidence((("sim_swap", "my sim was swapped"),))


def test_unknown_kinds_and_sections_are_told(tmp_path: Path) -> None:
    problems = Problems()
    load_books(write(tmp_path, de='[statement]\nsim_swop = ["x y"]\n[alarms]\nwords = []\n'), problems)
    assert problems.found == [
        f"{tmp_path}/de.toml: unknown key 'alarms'; did you mean 'alarm'?",
        f"{tmp_path}/de.toml [statement]: unknown key 'sim_swop'; did you mean 'sim_swap'?",
    ]


def test_one_unreadable_book_leaves_the_others_at_work(tmp_path: Path) -> None:
    problems = Problems()
    books = load_books(write(tmp_path, en=BOOK.replace(', "(broken"', ""), es="not toml"), problems)
    assert read_phrases("my sim was swapped", books.values()).statements == (("sim_swap", "my sim was swapped"),)
    assert (books["es"].statements, len(problems.found)) == ({}, 1)
    assert load_books(tmp_path / "gone", problems) == {}


ROWS = """\
urgent = [{ kind = "sim_swap", desk = "bank", text = "a" }]
ordinary = [{ case = "denial", desk = "shop", text = "b" }, "c"]
"""


def test_shipped_examples_stand_by_language_and_hand(tmp_path: Path) -> None:
    problems = Problems()
    (tmp_path / "pt").mkdir()
    write(tmp_path / "pt", ash=ROWS, elm='ordinary = ["d"]\nodd = 1\n')
    assert load_danger_examples(tmp_path, problems) == (
        DangerExample("a", "pt", True, "sim_swap", "bank", "ash"),
        DangerExample("b", "pt", False, "denial", "shop", "ash"),
        DangerExample("c", "pt", False, "", "", "ash"),
        DangerExample("d", "pt", False, "", "", "elm"),
    )
    assert [problem.split(";")[0] for problem in problems.found] == [f"{tmp_path}/pt/elm.toml: unknown key 'odd'"]


EVERYDAY = """\
[shoes]
desk = "shop"
topics = ["sizes", "prices"]
"""


@pytest.fixture
def everyday(tmp_path: Path) -> Path:
    """``danger/examples`` beside a desk ``shoes`` with examples in two languages, and an ``everyday.toml`` that names it."""
    shoes = tmp_path / "shoes" / "examples"
    shoes.mkdir(parents=True)
    (shoes / "en.toml").write_text('sizes = ["which size?"]\nthefts = ["my bag was stolen"]\n', "utf-8")
    (shoes / "pt.toml").write_text('prices = ["quanto custa?", "e o frete?"]\n', "utf-8")
    folder = tmp_path / "danger" / "examples"
    folder.mkdir(parents=True)
    (folder.parent / "everyday.toml").write_text(EVERYDAY, "utf-8")
    return folder


def test_everyday_messages_are_those_of_the_named_topics(everyday: Path) -> None:
    problems = Problems()
    assert load_danger_examples(everyday, problems) == (
        DangerExample("which size?", "en", False, "everyday", "shop", "everyday"),
        DangerExample("quanto custa?", "pt", False, "everyday", "shop", "everyday"),
        DangerExample("e o frete?", "pt", False, "everyday", "shop", "everyday"),
    )
    assert problems.found == []


def test_a_desk_that_is_not_there_and_a_wrong_key_are_named(everyday: Path) -> None:
    problems = Problems()
    path = everyday.parent / "everyday.toml"
    path.write_text(EVERYDAY + 'topic = ["a"]\n[hats]\ndesk = "shop"\ntopics = ["sizes"]\n', "utf-8")
    assert len(load_danger_examples(everyday, problems)) == 3
    assert [problem.split(";")[0] for problem in problems.found] == [
        f"{path} [shoes]: unknown key 'topic'",
        f"{path} [hats]: there is no desk hats with examples beside the folder danger",
    ]


@pytest.mark.parametrize("changed", ["danger/everyday.toml", "shoes/examples/pt.toml"])
def test_the_digest_changes_with_the_everyday_messages(everyday: Path, changed: str) -> None:
    before = danger_examples_digest(everyday)
    path = everyday.parents[1] / changed
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert danger_examples_digest(everyday) != before


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('urgent = [{ kind = "sim_swop", text = "a" }]', "kind = 'sim_swop' is not known; did you mean 'sim_swap'?"),
        ('ordinary = [{ case = "denail", text = "a" }]', "case = 'denail' is not known; did you mean 'denial'?"),
        ('urgent = ["a"]', 'needs { kind = "...", text = "..." }'),
        ('urgent = [{ kind = "sim_swap", text = " " }]', 'needs { kind = "...", text = "..." }'),
        ('urgent = [{ text = "a" }]', "kind = '' is not known"),
        ('ordinary = [{ text = "a", lang = "pt" }]', "unknown key 'lang'"),
    ],
)
def test_a_wrong_example_is_named_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    problems = Problems()
    (tmp_path / "pt").mkdir()
    load_danger_examples(write(tmp_path / "pt", ash=text).parent, problems)
    (found,) = problems.found
    side = "urgent" if text.startswith("urgent") else "ordinary"
    assert found.startswith(f"{tmp_path}/pt/ash.toml {side} 1: {problem}")


def test_the_digest_changes_with_every_letter(tmp_path: Path) -> None:
    (tmp_path / "pt").mkdir()
    write(tmp_path / "pt", ash=ROWS)
    before = danger_examples_digest(tmp_path)
    assert danger_examples_digest(tmp_path) == before
    write(tmp_path / "pt", ash=ROWS + "\n")
    assert danger_examples_digest(tmp_path) != before


def test_a_desks_own_examples_are_toml_and_json_lines(tmp_path: Path) -> None:
    problems = Problems()
    write(tmp_path, pt=ROWS, lines="[shift]\npt = 0.5\n")
    good = '{"text": "e", "urgent": true, "language": "tr", "kind": "extortion"}\n\n{"text": "f", "urgent": false}\n'
    (tmp_path / "more.jsonl").write_text(good, "utf-8")
    assert load_own_danger_examples(tmp_path, problems, "lines.toml") == (
        DangerExample("a", "pt", True, "sim_swap", "bank", "desk"),
        DangerExample("b", "pt", False, "denial", "shop", "desk"),
        DangerExample("c", "pt", False, "", "", "desk"),
        DangerExample("e", "tr", True, "extortion", "", "desk"),
        DangerExample("f", "", False, "", "", "desk"),
    )
    assert problems.found == []


@pytest.mark.parametrize(
    "line", ['{"text": "a"}', '{"text": "a", "urgent": "yes"}', "[]", "nothing", '{"urgent": true}']
)
def test_a_line_that_is_no_example_is_told_with_its_number(tmp_path: Path, line: str) -> None:
    problems = Problems()
    (tmp_path / "more.jsonl").write_text(f'{{"text": "a", "urgent": true}}\n{line}\n', "utf-8")
    assert len(load_own_danger_examples(tmp_path, problems, "lines.toml")) == 1
    (found,) = problems.found
    assert found.startswith(f"{tmp_path}/more.jsonl:2: needs")


def test_what_a_language_lacks_falls_back_to_english(tmp_path: Path) -> None:
    text = (
        '[en.words]\ntopic = "Topic"\nlanguage = "Language"\n[en.first_steps]\nx = ["a"]\n[es.words]\ntopic = "Tema"\n'
    )
    problems = Problems()
    texts = load_note_texts(write(tmp_path, notes=text) / "notes.toml", problems)
    assert texts["es"].words == {"topic": "Tema", "language": "Language"}
    assert texts["es"].first_steps == {"x": ("a",)}
    assert (sorted(texts), problems.found) == (["en", "es"], [])


def test_without_english_the_notes_are_a_problem(tmp_path: Path) -> None:
    problems = Problems()
    load_note_texts(write(tmp_path, notes='[es.words]\ntopic = "Tema"\n') / "notes.toml", problems)
    assert problems.found == [
        f"{tmp_path}/notes.toml: the English texts [en] are missing; every other language falls back to them"
    ]
