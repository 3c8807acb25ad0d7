"""Shares with intervals: held against tabulated values, and never sure of a few cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from zd_automation.evaluation.shares import ONE_SIDE, Share, area_under, at_least, wilson


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [
        # Newcombe 1998, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_wilsons(right: int, of: int, low: float, high: float) -> None:
    assert wilson(right, of) == pytest.approx((low, high), abs=6e-5)


def test_a_one_sided_bound_is_nearer() -> None:
    assert wilson(10, 10, ONE_SIDE)[0] == pytest.approx(0.7871, abs=1e-4)
    assert wilson(10, 10)[0] == pytest.approx(0.7225, abs=1e-4)


@given(st.integers(1, 5000), st.data())
def test_the_share_lies_in_its_interval_and_never_fills_it(of: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, of))
    share = Share(right, of)
    assert share.value is not None
    assert 0.0 <= share.low <= share.value <= share.high <= 1.0
    assert share.high - share.low > 0.0


@given(st.integers(1, 200), st.integers(2, 20))
def test_more_cases_narrow_it(of: int, times: int) -> None:
    few, many = Share(of // 2, of), Share(of // 2 * times, of * times)
    assert many.high - many.low < few.high - few.low


def test_nothing_counted_claims_nothing() -> None:
    nothing = Share(0, 0)
    assert (nothing.value, nothing.low, nothing.high, nothing.few) == (None, 0.0, 1.0, True)
    assert str(nothing) == "not known (no message)"
    assert nothing.as_json() == {"share": None, "low": 0.0, "high": 1.0, "right": 0, "of": 0}


def test_it_reads_with_interval_and_counts() -> None:
    assert str(Share(8, 8)) == "100.0% (68% to 100%; 8 of 8)"
    assert Share(8, 8).few
    assert not Share(10, 10).few
    assert Share(1, 3).as_json() == {"share": 0.3333, "low": 0.0615, "high": 0.7923, "right": 1, "of": 3}


@pytest.mark.parametrize(
    ("right", "of", "as_count"),
    [(4, 9, True), (4, 10, False), (10, 10, True), (0, 99, True), (98, 99, False), (100, 100, False), (0, 0, True)],
)
def test_none_or_all_of_a_small_number_reads_better_as_a_count(right: int, of: int, as_count: bool) -> None:
    assert Share(right, of).better_as_count is as_count


def test_counted_looks_only_among_its_rows() -> None:
    right, among = np.array([True, True, False, True]), np.array([True, False, True, True])
    assert Share.counted(right, among) == Share(2, 3)


@pytest.mark.parametrize(
    ("count", "of", "chance"),
    [(5, 5, 0.03125), (4, 5, 0.1875), (0, 5, 1.0), (0, 0, 1.0), (1, 0, 0.0), (6, 5, 0.0)],
)
def test_at_least_counts_itself(count: int, of: int, chance: float) -> None:
    assert at_least(count, of, 0.5) == pytest.approx(chance)


tenths = st.lists(st.integers(0, 10), min_size=1, max_size=40)


@given(tenths, tenths)
def test_the_area_is_that_of_scikit_learn(inside: list[int], outside: list[int]) -> None:
    ours = area_under(np.array(inside, dtype=np.float32), np.array(outside, dtype=np.float32))
    theirs = roc_auc_score([1] * len(inside) + [0] * len(outside), inside + outside)
    assert ours.value == pytest.approx(theirs)
    assert 0.0 <= ours.low <= ours.value <= ours.high <= 1.0


def test_a_single_case_outside_proves_little() -> None:
    alone = area_under(np.full(500, 0.9), np.array([0.1]))
    many = area_under(np.full(500, 0.9), np.full(300, 0.1))
    assert alone.value == many.value == 1.0
    assert alone.low < 0.6
    assert many.low > 0.98


def test_the_areas_interval_is_hanleys() -> None:
    """Hanley and McNeil 1982: an area of 0.893 with 51 and 58 cases has a standard error of 0.032."""
    deal = np.random.default_rng(1)
    inside, outside = deal.normal(1.7585, 1, 51), deal.normal(0, 1, 58)
    found = area_under(inside, outside)
    area = found.value
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    error = ((area * (1 - area) + 50 * (one - area**2) + 57 * (two - area**2)) / (51 * 58)) ** 0.5
    assert found.low == pytest.approx(area - 1.96 * error, abs=1e-4)
