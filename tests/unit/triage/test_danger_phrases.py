"""What the reviewed phrases say, and what takes it back."""

from __future__ import annotations

import pytest

from tests.support.builders import a_book
from zd_automation.triage.danger_phrases import PhraseEvidence, books_for, read_phrases
from zd_automation.triage.patterns import compile_phrases

STATED = PhraseEvidence((("account_takeover", "someone is in my account"),))
TWICE = PhraseEvidence((("account_takeover", "someone is in my account"), ("stolen_device", "stole my phone")))
ALARM = PhraseEvidence(alarms=("hacked",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Someone is in my account", STATED),
        ("I was HACKED!!!", ALARM),
        ("Nobody is in my account", PhraseEvidence()),
        ("What if someone gets into my account?", PhraseEvidence(withdrawn=("what if",))),
        ("I read in the paper that an exchange was hacked", PhraseEvidence(withdrawn=("read in the paper",))),
        (
            "Someone is in my account. What if they stole my phone?",
            PhraseEvidence((("account_takeover", "someone is in my account"),), withdrawn=("what if",)),
        ),
        (
            "hacked! hacked! Somebody stole my phone, hacked!",
            PhraseEvidence((("stolen_device", "stole my phone"),), ("hacked",)),
        ),
        ("Where is my parcel?", PhraseEvidence()),
        ("", PhraseEvidence()),
    ],
)
def test_what_the_phrases_find(text: str, expected: PhraseEvidence) -> None:
    assert read_phrases(text, [a_book()]) == expected


def test_one_kind_counts_once_a_sentence_and_the_same_words_once_a_message() -> None:
    found = read_phrases("Someone is in my account\nsomeone is in my account", [a_book()])
    assert found.statements == (("account_takeover", "someone is in my account"),)


def test_kinds_that_the_desk_switched_off_are_no_evidence() -> None:
    text = "Someone is in my account and stole my phone"
    found = read_phrases(text, [a_book()], kinds_off=("account_takeover",))
    assert found.statements == (("stolen_device", "stole my phone"),)
    assert read_phrases(text, [a_book()], kinds_off=("account_takeover", "stolen_device")).statements == ()


def test_a_very_long_message_is_read_at_both_ends() -> None:
    filler = "nothing here. " * 1000
    said = "someone is in my account. "
    assert read_phrases(said + filler, [a_book()]) == STATED
    assert read_phrases(filler + said, [a_book()]) == STATED
    assert read_phrases(filler + said + filler, [a_book()]) == PhraseEvidence()


@pytest.mark.parametrize(
    ("evidence", "strong", "counts"),
    [
        (PhraseEvidence(), False, (0, 0, 0)),
        (ALARM, False, (0, 1, 0)),
        (STATED, False, (1, 0, 0)),
        (PhraseEvidence(STATED.statements, ("hacked",)), True, (1, 1, 0)),
        (TWICE, True, (2, 0, 0)),
        (PhraseEvidence((("stolen_device", "same"), ("card_fraud", "same"))), False, (2, 0, 0)),
        (PhraseEvidence(alarms=("a", "b", "c", "d", "e"), withdrawn=("what if",)), False, (0, 3, 1)),
    ],
)
def test_strength_and_counts(evidence: PhraseEvidence, strong: bool, counts: tuple[int, int, int]) -> None:
    assert (evidence.is_strong, evidence.counts()) == (strong, counts)


BOOKS = {
    tag: a_book(tag, statements={"sim_swap": compile_phrases([f"words {tag}"])})
    for tag in ("en", "es", "zh-Hans", "zh-Hant")
}


@pytest.mark.parametrize(
    ("language", "read"),
    [
        ("es", ["es", "en"]),
        ("es-MX", ["es", "en"]),
        ("en", ["en"]),
        ("en-GB", ["en"]),
        ("zh", ["zh-Hans", "zh-Hant", "en"]),
        ("zh-Hant", ["zh-Hans", "zh-Hant", "en"]),
        ("und", ["en", "es", "zh-Hans", "zh-Hant"]),
        ("mul", ["en", "es", "zh-Hans", "zh-Hant"]),
        ("sw", ["en", "es", "zh-Hans", "zh-Hant"]),
    ],
)
def test_the_books_for_a_language(language: str, read: list[str]) -> None:
    assert [book.language for book in books_for(language, BOOKS)] == read


def test_without_an_english_book_the_own_one_is_read() -> None:
    assert [book.language for book in books_for("es", {"es": BOOKS["es"]})] == ["es"]
