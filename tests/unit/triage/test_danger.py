"""What the detector reads of a message, and how its two voices make one tier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_book
from zd_automation.triage.clean import clean
from zd_automation.triage.danger import KINDS, DangerReading, DangerText, judge, queue_of, read_message
from zd_automation.triage.danger_phrases import PhraseEvidence
from zd_automation.triage.desk import DangerPolicy
from zd_automation.triage.plan import TIERS, Danger

POLICY = DangerPolicy()
NOTHING = PhraseEvidence()
STATED = PhraseEvidence((("account_takeover", "someone is in my account"),))
TWICE = PhraseEvidence((("account_takeover", "someone is in my account"), ("stolen_device", "stole my phone")))
ALARM = PhraseEvidence(alarms=("hacked",))
TOLD = ("my mail is another one", "thank you for your time")


def text_with(phrases: PhraseEvidence = NOTHING, *secrets: str) -> DangerText:
    return DangerText(TOLD, phrases, secrets)


def thinks(probability: float, *kinds: str, passage: int = 0) -> DangerReading:
    return DangerReading(probability, kinds or ("sim_swap", "card_fraud"), passage)


def test_a_message_is_read_undisguised_in_passages_and_by_the_phrases() -> None:
    body = "S0me0ne is in my acc\u200bount. " + "Nothing else to say about the parcel here. " * 8
    read = read_message(clean("", body), [a_book()])
    assert read.passages[0].startswith("Someone is in my account. Nothing else")
    assert all(len(passage) <= 220 for passage in read.passages)
    assert read.phrases == STATED


def test_secrets_are_blanked_before_a_gap_can_catch_them() -> None:
    read = read_message(clean("", "someone password: hunter2!x in my account"), [a_book()], ("password",))
    assert read.passages == ("someone password: in my account",)
    assert read.phrases.statements == (("account_takeover", "someone password in my account"),)
    assert read.secrets == ("password",)


def test_a_message_without_words_has_no_passages() -> None:
    assert read_message(clean("", "🙂🙂 12345"), [a_book()]) == DangerText((), NOTHING, ())


@pytest.mark.parametrize(
    ("kind", "queue"),
    [
        ("self_harm", "safety"),
        ("threat_to_life", "safety"),
        ("authority_deadline", "legal"),
        ("card_fraud", "security"),
        (None, "security"),
    ],
)
def test_whose_case_it_is(kind: str | None, queue: str) -> None:
    assert queue_of(kind) == queue


@pytest.mark.parametrize(
    ("phrases", "expected"),
    [
        (NOTHING, Danger()),
        (ALARM, Danger("claimed", None, "low", 0.3, ("hacked",))),
        (STATED, Danger("probable", "account_takeover", "critical", 0.75, ("someone is in my account",))),
        (
            TWICE,
            Danger("certain", "account_takeover", "critical", 0.92, ("someone is in my account", "stole my phone")),
        ),
        (
            PhraseEvidence((("authority_deadline", "court order"),)),
            Danger("probable", "authority_deadline", "high", 0.75, ("court order",), queue="legal"),
        ),
    ],
)
def test_the_phrases_alone(phrases: PhraseEvidence, expected: Danger) -> None:
    assert judge(text_with(phrases), None, POLICY) == expected


@pytest.mark.parametrize(
    ("phrases", "probability", "tier", "kind"),
    [
        (NOTHING, 0.49, "none", None),
        (NOTHING, 0.5, "probable", "sim_swap"),
        (NOTHING, 0.85, "certain", "sim_swap"),
        (ALARM, 0.49, "claimed", None),
        (ALARM, 0.5, "probable", "sim_swap"),
        (STATED, 0.29, "claimed", None),
        (STATED, 0.3, "probable", "sim_swap"),
        (STATED, 0.9, "certain", "sim_swap"),
        (TWICE, 0.3, "probable", "sim_swap"),
    ],
)
def test_both_voices_make_one_tier(phrases: PhraseEvidence, probability: float, tier: str, kind: str | None) -> None:
    found = judge(text_with(phrases), thinks(probability), POLICY)
    assert (found.tier, found.kind, found.score) == (tier, kind, probability)


def test_a_stated_kind_wins_where_the_classifier_thinks_of_it_too() -> None:
    reading = thinks(0.9, "sim_swap", "account_takeover", "card_fraud", "stolen_device")
    assert judge(text_with(STATED), reading, POLICY).kind == "account_takeover"
    assert judge(text_with(STATED), thinks(0.9, "sim_swap", "card_fraud", "extortion"), POLICY).kind == "sim_swap"


def test_the_graver_kind_wins_a_draw_and_the_more_frequent_one_wins_else() -> None:
    draw = PhraseEvidence((("card_fraud", "a"), ("self_harm", "b")))
    assert judge(text_with(draw), None, POLICY).kind == "self_harm"
    often = PhraseEvidence((("stolen_device", "a"), ("stolen_device", "b"), ("self_harm", "c")))
    assert judge(text_with(often), None, POLICY).kind == "stolen_device"


def test_evidence_is_the_phrases_words_or_the_passage_that_tells_most() -> None:
    assert judge(text_with(STATED), thinks(0.9), POLICY).evidence == ("someone is in my account",)
    assert judge(text_with(), thinks(0.9, passage=1), POLICY).evidence == ("thank you for your time",)
    assert judge(text_with(), thinks(0.9, passage=9), POLICY).evidence == ()
    long = DangerText(("word " * 60,))
    assert judge(long, thinks(0.9), POLICY).evidence == ("word " * 22 + "word …",)


@pytest.mark.parametrize("secret", ["seed_phrase", "private_key"])
def test_a_key_in_the_ticket_is_a_leak_whatever_is_said_about_it(secret: str) -> None:
    expected = Danger("probable", "leaked_secret", "critical", 0.75)
    assert judge(text_with(NOTHING, secret), None, POLICY) == expected
    learnt = judge(text_with(NOTHING, secret), thinks(0.1, "card_fraud"), POLICY)
    assert (learnt.tier, learnt.kind, learnt.score) == ("probable", "leaked_secret", 0.75)
    off = DangerPolicy(kinds_off=("leaked_secret",))
    assert judge(text_with(NOTHING, secret), None, off) == Danger()


@pytest.mark.parametrize("secret", ["password", "otp", "card_number", "iban"])
def test_other_secrets_alone_are_no_case(secret: str) -> None:
    assert judge(text_with(NOTHING, secret), thinks(0.1), POLICY).tier == "none"


def test_a_kind_that_is_switched_off_is_no_case_for_either_voice() -> None:
    off = DangerPolicy(kinds_off=("sim_swap",))
    assert judge(text_with(), thinks(0.99, "sim_swap", "card_fraud"), off).tier == "none"
    assert judge(text_with(), thinks(0.99, "card_fraud", "sim_swap"), off).kind == "card_fraud"


def test_an_alarm_word_alone_never_makes_a_case_urgent() -> None:
    assert not judge(text_with(ALARM), None, POLICY).is_urgent
    assert not judge(text_with(ALARM), thinks(0.4), POLICY).is_urgent


def test_the_desk_sets_the_lines() -> None:
    strict = DangerPolicy(probable=0.9, certain=0.99)
    assert judge(text_with(), thinks(0.85), strict).tier == "none"
    assert judge(text_with(), thinks(0.9), strict).tier == "probable"
    assert judge(text_with(), thinks(0.99), strict).tier == "certain"


def test_a_missing_voice_is_told_in_every_tier() -> None:
    for phrases in (NOTHING, ALARM, STATED, TWICE):
        assert judge(text_with(phrases), None, POLICY, "no classifier").degraded == "no classifier"


def test_at_most_three_quotations_are_kept() -> None:
    many = PhraseEvidence(tuple(("card_fraud", f"words {number}") for number in range(9)))
    assert judge(text_with(many), None, POLICY).evidence == ("words 0", "words 1", "words 2")


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.text(min_size=1, max_size=5)), max_size=4),
    st.lists(st.text(min_size=1, max_size=5), max_size=2),
    st.floats(0, 1),
    st.floats(0, 1),
    st.permutations(KINDS),
)
def test_more_danger_from_the_classifier_never_lowers_the_tier(
    statements: list[tuple[str, str]], alarms: list[str], one: float, other: float, kinds: list[str]
) -> None:
    text = text_with(PhraseEvidence(tuple(statements), tuple(alarms)))
    first, second = (judge(text, thinks(chance, *kinds), POLICY) for chance in sorted((one, other)))
    assert TIERS.index(second.tier) >= TIERS.index(first.tier)
    assert 0.0 <= first.score <= 1.0
    assert (first.kind is not None) == first.is_urgent
