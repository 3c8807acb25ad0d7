"""Reliability and calibration error: by hand, and against a model that is calibrated by construction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.evaluation.calibration import (
    error_by_chance,
    expected_error,
    expected_error_equal_mass,
    reliability,
)
from zd_automation.evaluation.shares import Share


def rows(*counted: tuple[float, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Confidence, right and all of each group, as rows."""
    confidence = np.concatenate([np.full(of, level) for level, _, of in counted])
    correct = np.concatenate([np.arange(of) < right for _, right, of in counted])
    return confidence, correct


def test_bins_tell_promise_and_truth() -> None:
    bins = reliability(*rows((0.95, 6, 10), (0.97, 0, 10), (0.05, 1, 4)))
    assert [(round(one.low, 3), round(one.high, 3)) for one in bins] == [(0.0, 0.067), (0.933, 1.0)]
    assert [one.right for one in bins] == [Share(1, 4), Share(6, 20)]
    assert bins[1].confidence == pytest.approx(0.96)


def test_confidence_one_lies_in_the_last_bin() -> None:
    (only,) = reliability(*rows((1.0, 3, 3)))
    assert (only.high, only.right) == (1.0, Share(3, 3))


@pytest.mark.parametrize(
    ("counted", "error"),
    [
        ([(0.8, 8, 10)], 0.0),
        ([(0.8, 5, 10)], 0.3),
        ([(0.8, 10, 10)], 0.2),
        # Weighted by rows: 0.1 off on thirty, 0.4 off on ten.
        ([(0.9, 24, 30), (0.4, 0, 10)], (0.1 * 30 + 0.4 * 10) / 40),
        # In one bin too much and too little make up for each other.
        ([(0.95, 10, 10), (0.96, 9, 10)], abs((9.5 + 9.6) - 19) / 20),
    ],
)
def test_the_error_is_the_mean_gap(counted: list[tuple[float, int, int]], error: float) -> None:
    assert expected_error(*rows(*counted)) == pytest.approx(error)


def test_equal_mass_sees_what_one_wide_bin_hides() -> None:
    """Sixty rows in one bin: the surer half always wrong, the other always right, right as often as promised."""
    confidence, correct = rows((0.94, 30, 30), (0.99, 27, 30))
    assert expected_error(confidence, correct) == pytest.approx(0.015)
    wide = expected_error_equal_mass(confidence, correct)
    assert wide is not None
    assert wide > 0.05


def test_equal_mass_by_hand() -> None:
    """Fifteen rows, fifteen bins: every row's own gap."""
    confidence, correct = np.linspace(0.3, 0.95, 15), np.arange(15) % 2 == 0
    assert expected_error_equal_mass(confidence, correct) == pytest.approx(np.abs(confidence - correct).mean())


def test_without_rows_nothing_is_said() -> None:
    none, no = np.array([]), np.array([], dtype=bool)
    assert (expected_error(none, no), expected_error_equal_mass(none, no), error_by_chance(none)) == (None, None, None)
    assert reliability(none, no) == ()


def test_few_rows_excuse_more_than_many() -> None:
    deal = np.random.default_rng(2)
    few, many = (error_by_chance(deal.uniform(0.3, 1.0, count)) for count in (40, 4000))
    assert few is not None
    assert many is not None
    assert few > 0.1
    assert many < 0.03


def test_a_calibrated_model_stays_below_chance_and_a_boaster_does_not() -> None:
    deal = np.random.default_rng(3)
    below = 0
    for _ in range(40):
        confidence = deal.uniform(0.3, 1.0, 600)
        line, honest = error_by_chance(confidence), expected_error(confidence, deal.random(600) < confidence)
        boaster = expected_error(confidence, deal.random(600) < confidence - 0.15)
        assert line is not None
        assert honest is not None
        assert boaster is not None
        below += honest <= line
        assert boaster > line
    assert below >= 34  # 95 of 100 are promised


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=80))
def test_errors_are_shares_and_bins_hold_every_row(cases: list[tuple[float, bool]]) -> None:
    confidence, correct = np.array([c for c, _ in cases]), np.array([r for _, r in cases])
    for error in (expected_error(confidence, correct), expected_error_equal_mass(confidence, correct)):
        assert error is not None
        assert 0.0 <= error <= 1.0
    bins = reliability(confidence, correct)
    assert sum(one.right.of for one in bins) == len(cases)
    assert sum(one.right.right for one in bins) == correct.sum()
    assert all(one.low - 1e-9 <= one.confidence <= one.high + 1e-9 for one in bins)
