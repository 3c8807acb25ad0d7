"""Folds: every topic dealt out evenly, one story in one fold, and always something left to learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.models.folds import folds

Ints = npt.NDArray[np.int32]


def counts(fold: Ints, right: Ints, topic: int, count: int) -> Any:
    """How many rows of a topic each fold has; what is not tested is not counted."""
    own = fold[right == topic]
    return np.bincount(own[own >= 0], minlength=count)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, Ints, int, int]:
    """Rows (some of them retellings), their topics, how many are tested, and how many folds."""
    count, size = draw(st.integers(2, 5)), draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    stories = random.normal(size=(max(1, size // draw(st.integers(1, 6))), 6))
    rows = stories[random.integers(len(stories), size=size)] + random.normal(0, 0.1, (size, 6))
    right = random.integers(draw(st.integers(1, 4)), size=size).astype(np.int32)
    return rows.astype(np.float32), right, draw(st.integers(1, size)), count


@given(cases())
def test_every_tested_row_has_a_fold_and_no_hint_has_one(case: tuple[Any, Ints, int, int]) -> None:
    rows, right, tested, count = case
    fold = folds(rows, right, tested, count)
    assert fold.shape == right.shape
    assert ((fold[:tested] >= 0) & (fold[:tested] < count)).all()
    assert (fold[tested:] == -1).all()


@given(cases())
def test_no_fold_has_more_of_a_topic_than_its_room(case: tuple[Any, Ints, int, int]) -> None:
    rows, right, tested, count = case
    fold = folds(rows, right, tested, count)
    for topic in np.unique(right[:tested]):
        own = int((right[:tested] == topic).sum())
        dealt = counts(fold, right, topic, count)
        assert dealt.max() <= -(-own // count)
        # So of any topic with two examples one is always left to learn from.
        assert own == 1 or dealt.max() < own


@given(cases())
def test_dealing_twice_deals_the_same(case: tuple[Any, Ints, int, int]) -> None:
    rows, right, tested, count = case
    assert np.array_equal(folds(rows, right, tested, count), folds(rows.copy(), right.copy(), tested, count))


@given(st.lists(st.integers(1, 23), min_size=1, max_size=5), st.integers(2, 5))
def test_stories_of_their_own_are_dealt_out_evenly(sizes: list[int], count: int) -> None:
    right = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    fold = folds(np.eye(len(right), dtype=np.float32), right, len(right), count)
    for topic in range(len(sizes)):
        dealt = counts(fold, right, topic, count)
        assert dealt.max() - dealt.min() <= 1


@given(st.integers(2, 5), st.integers(2, 4), st.integers(0, 1000))
def test_retellings_go_to_one_fold_while_it_has_room(stories: int, told: int, seed: int) -> None:
    """As many stories as folds: each has its own, whatever the order they come in."""
    random = np.random.default_rng(seed)
    story = random.permutation(np.repeat(np.arange(stories), told))
    rows = (np.eye(8)[story] + random.normal(0, 0.05, (len(story), 8))).astype(np.float32)
    fold = folds(rows, np.zeros(len(story), dtype=np.int32), len(story), stories)
    assert {len(set(fold[story == number])) for number in range(stories)} == {1}
    assert len(set(fold)) == stories


def test_a_story_that_is_a_whole_topic_is_spread_all_the_same() -> None:
    fold = folds(np.ones((10, 3), dtype=np.float32), np.zeros(10, dtype=np.int32), 10, 5)
    assert np.bincount(fold).tolist() == [2] * 5


def test_one_story_under_two_topics_is_no_retelling() -> None:
    rows = np.ones((4, 3), dtype=np.float32)
    right = np.array([0, 1, 0, 1], dtype=np.int32)
    fold = folds(rows, right, 4, 2)
    assert sorted(fold[right == 0]) == sorted(fold[right == 1]) == [0, 1]


@pytest.mark.parametrize("alike", [True, False])
def test_a_large_topic_is_dealt_out_evenly_without_comparing(alike: bool) -> None:
    rows = np.ones((703, 2), dtype=np.float32) if alike else np.random.default_rng(0).normal(size=(703, 2))
    fold = folds(rows.astype(np.float32), np.zeros(703, dtype=np.int32), 703, 3)
    assert sorted(np.bincount(fold)) == [234, 234, 235]
    assert (fold != (np.arange(703) + fold[0]) % 3).any()  # shuffled, not in the order of arrival


def test_small_topics_do_not_all_begin_with_the_first_fold() -> None:
    right = np.repeat(np.arange(50, dtype=np.int32), 2)
    fold = folds(np.tile(np.eye(2, dtype=np.float32), (50, 1)), right, 100, 5)
    assert np.bincount(fold, minlength=5).min() >= 10
