"""Lexical search: rare words count more than common ones, in every script, as a share of what could be had."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.knowledge.words import Words, tokens

TEXTS = ["the fee for a withdrawal", "the fee for a deposit", "the seed phrase", "การถอนเงินของฉัน", "提现手续费是多少"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The FEE, the fee!", ["the", "fee", "the", "fee"]),
        ("withdrawals", ["withdrawals", "with~"]),
        ("提现费", ["提现", "现费"]),
        ("費", ["費"]),
        ("ถอนเงิน", ["ถอ", "อน", "นเ", "เง", "งิ", "ิน"]),
        ("हिन्दी में। नहीं", ["हिन्दी", "हिन्~", "में", "नहीं"]),
        ("2FA-code", ["2fa", "code"]),
        ("\uff26\uff45\uff45", ["fee"]),
        ("?!", []),
    ],
)
def test_words_and_pairs_of_signs(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("question", "best"),
    [("the withdrawal", 0), ("deposit please", 1), ("my phrase", 2), ("ถอนเงิน", 3), ("手续费", 4), ("withdrawing", 0)],
)
def test_the_text_with_the_rare_word_stands_first(question: str, best: int) -> None:
    assert int(Words(TEXTS).alike(question).argmax()) == best


def test_a_question_whose_words_are_all_there_has_nearly_all_and_one_of_strangers_nothing() -> None:
    words = Words([*TEXTS, *(f"other text number {number}" for number in range(40))])
    whole, half, none = (words.alike(text).max() for text in ("seed phrase", "seed of qqqq zzzz", "qqqq zzzz"))
    assert 0.4 < whole <= 1.0
    assert none == 0.0 < half < whole / 2


def test_a_long_text_with_the_word_stands_behind_a_short_one() -> None:
    short, long = Words(["seed phrase", "seed " + "filler word " * 50]).alike("seed")
    assert short > long > 0


def test_how_rare_a_word_is_goes_by_pages() -> None:
    texts = [*["voucher and more"] * 9, "parcel and more", "card and more"]
    by_text, by_page = (Words(texts, pages).alike("voucher or parcel") for pages in (None, [*[0] * 9, 1, 2]))
    assert by_text[0] < by_text[9]
    assert by_page[0] == pytest.approx(by_page[9])


def test_no_texts_and_no_question() -> None:
    assert Words([]).alike("fee").shape == (0,)
    assert not Words(TEXTS).alike("").any()


@given(st.lists(st.text(max_size=40), max_size=5), st.text(max_size=40))
def test_a_share_is_a_share(texts: list[str], question: str) -> None:
    alike = Words(texts).alike(question)
    assert alike.shape == (len(texts),)
    assert np.all((alike >= 0) & (alike <= 1.0001))
