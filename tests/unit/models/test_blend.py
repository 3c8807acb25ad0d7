"""One probability from four voices: each as loud as it is useful, and wrong labels told from weak evidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from zd_automation.models.blend import Blend

REGRESSION, KERNEL, AREA, HINTS = range(4)
USUAL = [0.5, 6.0, 0.3, 4.0]


def heard(rows: int = 3000, topics: int = 6, weaker: float = 1.0) -> tuple[Any, Any, Any]:
    """True scores, the topics drawn by them (or by so much weaker ones), and four silent voices."""
    random = np.random.default_rng(5)
    true = random.normal(0, 1.8, (rows, topics))
    cumulated = softmax(true / weaker, axis=1).cumsum(axis=1)
    right = (random.random((rows, 1)) > cumulated).sum(axis=1).clip(0, topics - 1)
    return true, right.astype(np.intp), np.zeros((4, rows, topics))


def surprise(blend: Blend, said: Any, right: Any) -> float:
    return float(-np.log(blend.chances(said)[np.arange(len(right)), right]).mean())


@pytest.mark.parametrize(("voice", "scale"), [(REGRESSION, 1.0), (REGRESSION, 3.0), (KERNEL, 0.3), (HINTS, 0.1)])
def test_one_voice_gets_the_loudness_that_makes_it_true(voice: int, scale: float) -> None:
    true, right, said = heard()
    said[voice] = true * scale
    blend = Blend.fit(said, right)
    assert np.abs(blend.chances(said) - softmax(true, axis=1)).mean() < 0.01
    assert np.delete(blend.loud, voice).tolist() == [0.0, 0.0, 0.0]


def test_the_sum_of_the_voices_is_calibrated() -> None:
    """Three voices that each know a part, and overstate it: confidence is as high as the share that is right."""
    true, right, said = heard()
    random = np.random.default_rng(6)
    for voice, scale in ((REGRESSION, 4.0), (KERNEL, 0.7), (HINTS, 0.5)):
        said[voice] = (true + random.normal(0, 2, true.shape)) * scale
    chances = Blend.fit(said, right).chances(said)
    confidence, correct = chances.max(axis=1), chances.argmax(axis=1) == right
    assert confidence.mean() == pytest.approx(correct.mean(), abs=0.02)
    for low, high in ((0.3, 0.5), (0.5, 0.65), (0.65, 1.0)):
        band = (confidence > low) & (confidence <= high)
        assert confidence[band].mean() == pytest.approx(correct[band].mean(), abs=0.06)


def test_a_voice_that_is_of_no_use_is_turned_down() -> None:
    true, right, said = heard()
    said[REGRESSION] = true
    said[KERNEL] = np.random.default_rng(9).normal(0, 0.3, true.shape)
    loud = Blend.fit(said, right).loud
    assert loud[KERNEL] < USUAL[KERNEL] / 20
    assert loud[REGRESSION] == pytest.approx(1.0, rel=0.1)


def test_a_voice_that_is_always_wrong_is_turned_off_and_never_negative() -> None:
    true, right, said = heard()
    said[REGRESSION] = true
    only, truly = said.copy(), Blend.fit(said, right)
    said[KERNEL] = -0.3 * true
    blend = Blend.fit(said, right)
    assert 0.0 <= blend.loud[KERNEL] < 0.2 * USUAL[KERNEL]
    assert surprise(blend, said, right) == pytest.approx(surprise(truly, only, right), abs=0.01)


def test_few_rows_leave_the_voices_as_loud_as_usual_and_many_do_not() -> None:
    true, right, said = heard(rows=12)
    said[REGRESSION], said[KERNEL] = true, true
    few = Blend.fit(said, right).loud
    many = Blend.fit(np.tile(said, (1, 100, 1)), np.tile(right, 100)).loud
    usual = np.array(USUAL)[[REGRESSION, KERNEL]]
    assert np.abs(few[[REGRESSION, KERNEL]] - usual).sum() < np.abs(many[[REGRESSION, KERNEL]] - usual).sum()


def test_a_voice_that_says_the_same_of_all_topics_is_silent() -> None:
    true, right, said = heard(rows=200)
    said[REGRESSION] = true
    said[AREA] = np.arange(200.0)[:, None]
    said[HINTS] = 7.0
    assert Blend.fit(said, right).loud[[AREA, HINTS]].tolist() == [0.0, 0.0]


def test_where_nothing_speaks_for_or_against_a_voice_its_loudness_is_the_usual_one() -> None:
    """Of two rows that are said the same of, each topic is right once."""
    said = np.zeros((4, 4, 2))
    said[:, :, 0] = [1e-3, -1e-3, 1e-3, -1e-3]
    assert Blend.fit(said, np.array([0, 0, 1, 1])).loud.tolist() == pytest.approx(USUAL, rel=1e-3)


def test_nothing_held_out_gives_silent_voices_and_even_chances() -> None:
    blend = Blend.fit(np.zeros((4, 0, 3)), np.zeros(0, dtype=np.intp))
    assert blend.loud.tolist() == [0.0] * 4
    assert blend.chances(np.ones((4, 2, 3))).tolist() == [[pytest.approx(1 / 3)] * 3] * 2


def test_hurried_labels_make_confidence_neither_timid_nor_bold() -> None:
    """A quarter of the labels is chosen on much weaker evidence: the highest confidences are right as often as they say."""
    true, careful, said = heard()
    _, hasty, _ = heard(weaker=4.0)
    said[REGRESSION] = true
    given = np.where(np.random.default_rng(4).random(len(careful)) < 0.25, hasty, careful)
    chances = Blend.fit(said, given).chances(said)
    confidence, correct = chances.max(axis=1), chances.argmax(axis=1) == given
    for low, high in ((0.3, 0.6), (0.6, 0.75), (0.75, 1.0)):
        band = (confidence > low) & (confidence <= high)
        assert band.sum() > 200
        assert confidence[band].mean() == pytest.approx(correct[band].mean(), abs=0.03)


def test_labels_without_any_sense_turn_a_voice_down() -> None:
    true, _, said = heard(rows=600)
    said[REGRESSION] = true
    blend = Blend.fit(said, np.random.default_rng(8).integers(6, size=600))
    assert blend.chances(said).max() < 0.4


def test_voices_that_know_different_things_are_better_together() -> None:
    true, right, said = heard(rows=800)
    random = np.random.default_rng(2)
    for voice in (REGRESSION, KERNEL, HINTS):
        said[voice] = (true + random.normal(0, 3, true.shape)) / np.array(USUAL)[voice]
    together = surprise(Blend.fit(said, right), said, right)
    for voice in (REGRESSION, KERNEL, HINTS):
        alone = np.zeros_like(said)
        alone[voice] = said[voice]
        assert together < surprise(Blend.fit(alone, right), alone, right) - 0.05


@given(arrays(np.float64, (4, 9, 3), elements=st.floats(-20, 20)), arrays(np.intp, 9, elements=st.integers(0, 2)))
@settings(max_examples=40)
def test_any_scores_give_loudness_from_zero_on_and_chances_that_sum_to_one(said: Any, right: Any) -> None:
    blend = Blend.fit(said, right)
    assert np.isfinite(blend.loud).all()
    assert (blend.loud >= 0).all()
    chances = blend.chances(said)
    assert np.allclose(chances.sum(axis=1), 1.0)
    assert ((chances >= 0) & (chances <= 1)).all()
