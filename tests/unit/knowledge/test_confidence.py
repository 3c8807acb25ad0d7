"""The chance that the best article is right: the nearer and the lonelier it lies, the higher."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.knowledge.confidence import CHANCES, Evidence, behind, chance

CLEAR = Evidence(best=0.6, second=0.3, fourth=0.2, words=0.6, next_words=0.1)
BETWEEN = Evidence(best=0.45, second=0.44, fourth=0.43, words=0.1, next_words=0.1)


@pytest.mark.parametrize(("voices", "own_language"), sorted(CHANCES))
def test_what_lies_near_and_alone_is_likely_and_one_among_equals_is_not(voices: str, own_language: bool) -> None:
    assert chance(CLEAR, voices, own_language=own_language) > 0.85
    assert chance(BETWEEN, voices, own_language=own_language) < 0.4


@pytest.mark.parametrize(("voices", "own_language"), sorted(CHANCES))
def test_a_rival_makes_it_less_likely(voices: str, own_language: bool) -> None:
    rival = replace(CLEAR, second=0.58)
    told = [chance(one, voices, own_language=own_language) for one in (CLEAR, rival)]
    assert told[0] > told[1]


def test_words_alone_never_carry_an_article_across_languages() -> None:
    assert chance(CLEAR, "words", own_language=False) < 0.05


def test_articles_fall_behind_with_their_distance() -> None:
    assert behind(0.9, 0.6, 0.6) == 0.9
    assert 0.9 > behind(0.9, 0.6, 0.55) > behind(0.9, 0.6, 0.3) > 0
    assert behind(0.9, 0.6, 0.62) == 0.9  # one that only its language put behind


NUMBER = st.floats(-2, 2)


@given(NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, st.sampled_from(["both", "wide", "one", "words"]), st.booleans())
def test_a_chance_is_a_chance(
    best: float, second: float, fourth: float, words: float, next_words: float, voices: str, own_language: bool
) -> None:
    assert 0 <= chance(Evidence(best, second, fourth, words, next_words), voices, own_language=own_language) <= 1
