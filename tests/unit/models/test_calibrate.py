"""Honest probabilities: the temperature, and thresholds that keep a promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.models.calibrate import fit_temperature, probabilities, threshold_for


def test_probabilities_sum_to_one_and_flatten_with_temperature() -> None:
    scores = np.array([[2.0, 0.0, 0.0]])
    sharp, plain, flat = (probabilities(scores, t)[0] for t in (0.5, 1.0, 10.0))
    assert sharp.sum() == pytest.approx(1.0)
    assert plain.tolist() == pytest.approx([0.78699, 0.10651, 0.10651], abs=1e-4)
    assert sharp[0] > plain[0] > flat[0] > 1 / 3


def test_overconfident_scores_get_a_high_temperature() -> None:
    scores = np.array([[10.0, 0.0]] * 100)
    right = np.array([0] * 75 + [1] * 25)
    assert fit_temperature(scores, right) == pytest.approx(10 / np.log(3), rel=0.01)


def test_scores_that_are_always_right_get_a_low_one() -> None:
    assert fit_temperature(np.array([[1.0, 0.0]] * 50), np.array([0] * 50)) < 0.06


@pytest.mark.parametrize(
    ("confidence", "correct", "target", "line"),
    [
        # Counted and promised agree: everything may be said.
        ([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 1], 0.75, 0.6),
        # (3 right + 10 x 0.8 promised) of 13 is 0.85; with the wrong fourth it is (3 + 7.5) of 14, 0.75.
        ([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 0], 0.8, 0.7),
        ([0.6, 0.9, 0.7, 0.8], [0, 1, 1, 1], 0.8, 0.7),
        # One right answer at 0.9 counts (1 + 9) of 11, not for certainty.
        ([0.9], [1], 0.9, 0.9),
        ([0.9], [1], 0.95, 0.95),
        # Wrong ones weigh against what was promised, until nothing counted reaches the target.
        ([0.9] * 40, [0] * 40, 0.5, 0.901),
        ([], [], 0.8, 0.8),
        ([0.9, 0.8], [0, 0], 0.0, 0.8),
    ],
)
def test_the_lowest_line_that_keeps_the_target(
    confidence: list[float], correct: list[int], target: float, line: float
) -> None:
    assert threshold_for(np.array(confidence), np.array(correct, dtype=bool), target) == line


@given(st.integers(200, 400), st.floats(0.5, 0.95))
def test_with_many_counted_the_count_decides(rows: int, target: float) -> None:
    """Promises of 0.99 that come true in half of the cases are not believed."""
    confidence, correct = np.full(rows, 0.99), np.arange(rows) % 2 == 0
    line = threshold_for(confidence, correct, target)
    assert line == (0.99 if (correct.sum() + 9.9) / (rows + 10) >= target else 0.991)
