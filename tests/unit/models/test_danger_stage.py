"""The second stage: what it learns, what it says of rows that it has not seen, and how a desk's own rows join it."""

from __future__ import annotations

import numpy as np

from zd_automation.models.danger_stage import Lessons, Stage

RANDOM = np.random.default_rng(0)
URGENT = np.arange(200) % 2 == 0
ROWS = (RANDOM.normal(size=(200, 3)) + np.where(URGENT, 1.5, 0.0)[:, None] * [1, 0, 0]).astype(np.float32)
LESSONS = Lessons(ROWS, URGENT, np.arange(200), np.ones(200))


def test_urgent_rows_score_above_ordinary_ones_seen_or_held_out() -> None:
    stage, held = Stage.fit(LESSONS)
    for scores in (stage.scores(ROWS), held):
        assert np.median(scores[URGENT]) > 0 > np.median(scores[~URGENT])
    assert not np.array_equal(held, stage.scores(ROWS))


def test_rows_of_one_message_are_held_out_together() -> None:
    # Every row stands twice, once with the wrong answer: who has seen the other one would be led astray.
    twice = Lessons(
        np.vstack([ROWS, ROWS]), np.r_[URGENT, ~URGENT], np.r_[np.arange(200), np.arange(200)], np.ones(400)
    )
    _, held = Stage.fit(twice)
    assert np.allclose(held[:200], held[200:])


def test_learning_twice_gives_the_same() -> None:
    (one, held), (other, again) = Stage.fit(LESSONS), Stage.fit(LESSONS)
    assert np.array_equal(one.weights, other.weights)
    assert np.array_equal(held, again)


def test_a_row_that_is_not_trusted_teaches_little() -> None:
    wrong = np.tile(np.array([[3, 0, 0]], dtype=np.float32), (100, 1))
    joined = LESSONS.joined(wrong)
    trusting = Stage.fit(joined)[0].scores(wrong[:1])[0]
    joined.trusted[200:] = 0.01
    assert Stage.fit(joined)[0].scores(wrong[:1])[0] > trusting


def test_a_desks_ordinary_rows_join_with_groups_of_their_own() -> None:
    joined = LESSONS.joined(ROWS[:5])
    assert (len(joined.rows), joined.urgent[200:].any(), joined.groups[200:].tolist()) == (
        205,
        False,
        [200, 201, 202, 203, 204],
    )
    assert joined.trusted.tolist() == [1.0] * 205
