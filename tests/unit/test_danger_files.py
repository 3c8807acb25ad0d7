"""The reviewed danger files: a broken phrase is told and left out, the others serve."""

from __future__ import annotations

from pathlib import Path

from zd_automation.danger_files import DangerExample, load_books, load_danger_examples, load_note_texts
from zd_automation.definitions import Problems
from zd_automation.triage.danger import PhraseEvidence, read_phrases

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
    assert problems.found == [f"{tmp_path}/en.toml [statement] sim_swap: brackets do not balance in '(broken'"]
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
    assert read_phrases("my sim was swapped", books.values()).kind == "sim_swap"
    assert (books["es"].statements, len(problems.found)) == ({}, 1)
    assert load_books(tmp_path / "gone", problems) == {}


def test_examples_of_both_kinds(tmp_path: Path) -> None:
    problems = Problems()
    write(
        tmp_path,
        en='urgent = [{ kind = "sim_swap", text = "a" }]\nordinary = ["b"]\n',
        pt='ordinary = ["c"]\nodd = 1\n',
    )
    assert load_danger_examples(tmp_path, problems) == (
        DangerExample("a", "en", "sim_swap"),
        DangerExample("b", "en", None),
        DangerExample("c", "pt", None),
    )
    assert [problem.split(";")[0] for problem in problems.found] == [f"{tmp_path}/pt.toml: unknown key 'odd'"]


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
