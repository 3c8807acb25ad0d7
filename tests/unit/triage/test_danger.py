"""Security cases: what the phrases say, what takes it back, and how both voices make one tier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_book
from zd_automation.triage.danger import KINDS, PhraseEvidence, books_for, judge, read_phrases
from zd_automation.triage.desk import DangerPolicy
from zd_automation.triage.patterns import compile_phrases
from zd_automation.triage.plan import TIERS, Danger

POLICY = DangerPolicy()
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
    assert read_phrases(text, [a_book()], kinds_off=("account_takeover", "stolen_device")).score == 0.0


def test_a_very_long_message_is_read_at_both_ends() -> None:
    filler = "nothing here. " * 1000
    said = "someone is in my account. "
    assert read_phrases(said + filler, [a_book()]).kind == "account_takeover"
    assert read_phrases(filler + said, [a_book()]).kind == "account_takeover"
    assert read_phrases(filler + said + filler, [a_book()]).kind is None


@pytest.mark.parametrize(
    ("evidence", "score", "kind"),
    [
        (PhraseEvidence(), 0.0, None),
        (ALARM, 0.3, None),
        (STATED, 0.75, "account_takeover"),
        (PhraseEvidence(STATED.statements, ("hacked",)), 0.92, "account_takeover"),
        (TWICE, 0.92, "account_takeover"),
        (PhraseEvidence((("stolen_device", "a"), ("self_harm", "b"))), 0.92, "self_harm"),
        (PhraseEvidence((("card_fraud", "a"), ("stolen_device", "b"))), 0.92, "stolen_device"),
        (PhraseEvidence((("stolen_device", "a"), ("stolen_device", "b"), ("self_harm", "c"))), 0.92, "stolen_device"),
        (PhraseEvidence((("stolen_device", "same"), ("card_fraud", "same"))), 0.75, "stolen_device"),
    ],
)
def test_the_strength_and_the_kind_of_evidence(evidence: PhraseEvidence, score: float, kind: str | None) -> None:
    assert (evidence.score, evidence.kind) == (score, kind)


@pytest.mark.parametrize(
    ("evidence", "probability", "expected"),
    [
        (PhraseEvidence(), None, Danger()),
        (PhraseEvidence(), 0.2, Danger(score=0.2)),
        (PhraseEvidence(), 0.49, Danger(score=0.49)),
        (PhraseEvidence(), 0.5, Danger("probable", "account_takeover", "critical", 0.5)),
        (PhraseEvidence(), 0.99, Danger("probable", "account_takeover", "critical", 0.99)),
        (ALARM, None, Danger("claimed", None, None, 0.3, ("hacked",))),
        (ALARM, 0.4, Danger("claimed", None, None, 0.4, ("hacked",))),
        (ALARM, 0.6, Danger("probable", "account_takeover", "critical", 0.6, ("hacked",))),
        (STATED, None, Danger("probable", "account_takeover", "critical", 0.75, ("someone is in my account",))),
        (STATED, 0.3, Danger("probable", "account_takeover", "critical", 0.825, ("someone is in my account",))),
        (STATED, 0.4, Danger("certain", "account_takeover", "critical", 0.85, ("someone is in my account",))),
        (
            TWICE,
            None,
            Danger("certain", "account_takeover", "critical", 0.92, ("someone is in my account", "stole my phone")),
        ),
        (
            PhraseEvidence((("stolen_device", "stole my phone"),)),
            0.0,
            Danger("probable", "stolen_device", "high", 0.75, ("stole my phone",)),
        ),
    ],
)
def test_both_voices_make_one_tier(evidence: PhraseEvidence, probability: float | None, expected: Danger) -> None:
    assert judge(evidence, probability, POLICY) == expected


def test_an_alarm_word_alone_never_makes_a_case_urgent() -> None:
    assert not judge(ALARM, None, POLICY).is_urgent
    assert judge(STATED, None, POLICY).is_urgent


def test_the_desk_sets_the_lines() -> None:
    strict = DangerPolicy(probable=0.9, certain=0.99)
    assert judge(PhraseEvidence(), 0.85, strict).tier == "none"
    assert judge(PhraseEvidence(), 0.9, strict).tier == "probable"
    assert judge(TWICE, None, strict).tier == "probable"


def test_a_missing_voice_is_told_in_every_tier() -> None:
    assert judge(PhraseEvidence(), None, POLICY, "no classifier").degraded == "no classifier"
    assert judge(STATED, None, POLICY, "no classifier").degraded == "no classifier"


def test_at_most_three_quotations_are_kept() -> None:
    many = PhraseEvidence(tuple(("card_fraud", f"words {number}") for number in range(9)))
    assert judge(many, None, POLICY).evidence == ("words 0", "words 1", "words 2")


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.text(min_size=1, max_size=5)), max_size=4),
    st.lists(st.text(min_size=1, max_size=5), max_size=2),
    st.none() | st.floats(0, 1),
    st.floats(0, 1),
)
def test_more_danger_from_the_classifier_never_lowers_the_tier(
    statements: list[tuple[str, str]], alarms: list[str], lower: float | None, higher: float
) -> None:
    evidence = PhraseEvidence(tuple(statements), tuple(alarms))
    first = judge(evidence, lower, POLICY)
    second = judge(evidence, max(lower or 0.0, higher), POLICY)
    assert TIERS.index(second.tier) >= TIERS.index(first.tier)
    assert 0.0 <= first.score <= 1.0
    assert not statements or first.is_urgent


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
