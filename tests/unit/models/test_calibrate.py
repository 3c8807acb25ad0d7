"""Lines that keep a promise: over all topics of a target, and of each topic by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zd_automation.models.calibrate import threshold_for, topic_lines


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
        ([0.9, 0.8], [0, 0], 0.0, 0.0),
        # All may be said, and the lowest of them was very sure: the target itself is enough.
        ([0.999] * 24, [1] * 24, 0.8, 0.8),
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
    assert line == (target if (correct.sum() + 9.9) / (rows + 10) >= target else 0.991)


# ---- the line of each topic ----


def judged(worse: float = 0.0) -> tuple[Any, Any, Any]:
    """Calibrated cases, the same of each of three topics; those of the last are right less often by ``worse``."""
    random = np.random.default_rng(11)
    confidence, luck = np.tile(random.uniform(0.3, 1.0, 1000), 3), np.tile(random.random(1000), 3)
    said = np.repeat(np.arange(3), 1000)
    return confidence.astype(np.float32), luck < confidence - worse * (said == 2), said


@pytest.mark.parametrize("target", [0.7, 0.8, 0.9, 0.95])
def test_what_is_spoken_is_right_as_often_as_wanted(target: float) -> None:
    confidence, correct, said = judged()
    lines = topic_lines(confidence, correct, said, np.full(3, target))
    spoken = confidence >= lines[said]
    assert spoken.sum() > 100
    assert correct[spoken].mean() >= target - 0.005
    # Nor is more kept back than must be: a tenth lower and the promise is broken.
    assert correct[confidence >= lines[said] - 0.1].mean() < target + 0.02


def test_topics_of_one_target_share_a_line_and_others_have_another() -> None:
    confidence, correct, said = judged()
    lines = topic_lines(confidence, correct, said, np.array([0.8, 0.8, 0.95]))
    assert lines[0] == lines[1] < lines[2]


def test_a_bad_topic_has_a_higher_line_of_its_own() -> None:
    confidence, correct, said = judged(worse=0.35)
    targets = np.full(3, 0.8)
    lines = topic_lines(confidence, correct, said, targets)
    assert lines[2] > lines[0] + 0.1
    # The others do not pay for it: their line is about the one they would have without it.
    fine = said < 2
    assert lines[0] == pytest.approx(topic_lines(confidence[fine], correct[fine], said[fine], targets)[0], abs=0.02)
    spoken = confidence >= lines[said]
    assert all(correct[spoken & (said == topic)].mean() >= 0.78 for topic in (0, 1))


def with_few(confidence: list[float], correct: list[bool]) -> tuple[float, float]:
    """The lines of a topic with a long good record, and of one with the few cases given; the target is 0.8."""
    sure, right = np.linspace(0.55, 0.99, 400), np.arange(400) % 10 != 0
    all_sure, all_right = np.append(sure, confidence), np.append(right, correct).astype(bool)
    said = np.append(np.zeros(400, dtype=int), np.ones(len(confidence), dtype=int))
    lines = topic_lines(all_sure, all_right, said, np.full(2, 0.8))
    return float(lines[0]), float(lines[1])


@pytest.mark.parametrize(
    ("confidence", "correct"), [([], []), ([0.6], [True]), ([0.9, 0.8, 0.7], [True] * 3), ([0.9, 0.8, 0.7], [True, False, True])]
)  # fmt: skip
def test_few_cases_share_the_line_of_the_others(confidence: list[float], correct: list[bool]) -> None:
    good, few = with_few(confidence, correct)
    assert good == few == pytest.approx(0.55)


def test_mistake_after_mistake_does_raise_a_line() -> None:
    good, bad = with_few([0.9, 0.8, 0.7, 0.65, 0.6], [True, False, False, False, False])
    assert good == pytest.approx(0.55)
    assert bad == pytest.approx(0.8)
    assert with_few([0.9] * 8, [False] * 8)[1] == pytest.approx(0.901)


def test_equal_cases_lie_all_above_a_line_or_all_below_it() -> None:
    """Half of what one topic says at 0.7 is wrong; that its right half came first is no reason to say it."""
    for correct in ([True] * 40 + [False] * 40, [False] * 40 + [True] * 40):
        good, bad = with_few([0.7] * 80, correct)
        assert good == pytest.approx(0.55)
        assert bad == pytest.approx(0.701)


def test_none_lies_below_one_half() -> None:
    confidence = np.linspace(0.05, 0.99, 300)
    lines = topic_lines(confidence, np.ones(300, dtype=bool), np.arange(300) % 2, np.array([0.1, 0.3]))
    assert lines.tolist() == [0.5, 0.5]


def test_a_topic_without_a_target_is_never_spoken() -> None:
    confidence, correct, said = judged()
    lines = topic_lines(np.ones(3000), np.ones(3000, dtype=bool), said, np.array([0.8, 1.01, 0.8]))
    assert lines[1] == 1.01
    assert topic_lines(confidence, correct, said, np.full(3, 1.01)).min() >= 1.01
    assert max(topic_lines(confidence, correct, said, np.array([0.8, 1.01, 0.8]))[[0, 2]]) < 1


def test_where_nothing_was_held_out_the_target_is_the_line() -> None:
    nothing = np.zeros(0)
    lines = topic_lines(nothing, nothing.astype(bool), nothing.astype(int), np.array([0.8, 0.3, 1.01]))
    assert lines.tolist() == [0.8, 0.5, 1.01]


@given(st.data())
def test_lines_do_not_hang_on_the_order_of_cases(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 40))
    confidence = data.draw(arrays(np.float64, count, elements=st.sampled_from([0.25, 0.5, 0.625, 0.75, 0.875, 1.0])))
    correct = data.draw(arrays(np.bool_, count))
    said = data.draw(arrays(np.intp, count, elements=st.integers(0, 2)))
    targets = data.draw(arrays(np.float64, 3, elements=st.sampled_from([0.3, 0.6, 0.8, 0.95, 1.01])))
    lines = topic_lines(confidence, correct, said, targets)
    order = np.array(data.draw(st.permutations(range(count))))
    assert np.array_equal(topic_lines(confidence[order], correct[order], said[order], targets), lines)
    assert ((lines >= 0.5) & (lines <= 1.01)).all()
