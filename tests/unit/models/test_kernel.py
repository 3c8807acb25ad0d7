"""Kernel regression: it knows its examples again, and large histories are cut to an even share of each topic."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.models import kernel
from zd_automation.models.kernel import Kernel

Rows = npt.NDArray[np.float32]


def clusters(topics: int, each: int, size: int = 16, spread: float = 0.08) -> tuple[Rows, Any]:
    """Rows around one axis a topic, in the order of their topics."""
    random = np.random.default_rng(7)
    right = np.repeat(np.arange(topics, dtype=np.int32), each)
    rows = np.eye(size)[right] + random.normal(0, spread, (topics * each, size))
    return rows.astype(np.float32), right


def said(model: Kernel, rows: Rows) -> Rows:
    return model.scores(model.cosines(rows))


def test_it_knows_its_examples_again() -> None:
    rows, right = clusters(4, 12)
    scores = said(Kernel.fit(rows, right, 4), rows)
    own = scores[np.arange(len(right)), right]
    scores[np.arange(len(right)), right] = 0
    assert (own > 0.85).all()
    assert (own < 1.1).all()
    assert np.abs(scores).max() < 0.15


def test_it_judges_rows_that_it_has_not_seen() -> None:
    rows, right = clusters(4, 20)
    seen = np.arange(len(right)) % 2 == 0
    scores = said(Kernel.fit(rows[seen], right[seen], 4), rows[~seen])
    assert scores.argmax(axis=1).tolist() == right[~seen].tolist()
    assert scores.max(axis=1).min() > 0.6


def test_what_lies_nowhere_near_is_claimed_less() -> None:
    rows, right = clusters(4, 12)
    model = Kernel.fit(rows, right, 4)
    assert said(model, np.eye(16, dtype=np.float32)[12:13]).max() < said(model, rows).max(axis=1).min() / 2


def test_a_topic_without_examples_is_never_claimed() -> None:
    rows, right = clusters(2, 6)
    scores = said(Kernel.fit(rows, right, 3), rows)
    assert scores.shape == (12, 3)
    assert not scores[:, 2].any()


def test_the_length_of_a_row_does_not_matter() -> None:
    rows, right = clusters(3, 8)
    lengths = np.random.default_rng(1).uniform(0.2, 9, (len(rows), 1)).astype(np.float32)
    plain, scaled = Kernel.fit(rows, right, 3), Kernel.fit(rows * lengths, right, 3)
    assert np.allclose(said(plain, rows), said(scaled, rows * 3), atol=1e-4)


def test_cosines_are_those_of_all_examples() -> None:
    rows, right = clusters(2, 5)
    model = Kernel.fit(rows, right, 2)
    cosines = model.cosines(rows)
    assert cosines.shape == (10, 10)
    assert np.allclose(np.diag(cosines), 1.0, atol=1e-5)
    before = cosines.copy()
    model.scores(cosines)
    assert np.array_equal(cosines, before)


def test_one_text_under_two_topics_is_half_of_each() -> None:
    rows = np.tile(np.eye(3, dtype=np.float32)[:1], (8, 1))
    scores = said(Kernel.fit(rows, np.array([0, 1] * 4, dtype=np.int32), 2), rows)
    assert np.allclose(scores, 0.5, atol=0.02)


def test_a_row_of_zeros_is_judged_without_a_warning() -> None:
    rows, right = clusters(2, 4)
    model = Kernel.fit(np.vstack([rows, np.zeros((1, 16), np.float32)]), np.append(right, 0).astype(np.int32), 2)
    assert np.isfinite(said(model, np.zeros((1, 16), np.float32))).all()


def test_of_a_small_history_every_row_is_an_example() -> None:
    rows, right = clusters(3, 4)
    model = Kernel.fit(rows, right, 3)
    assert model.chosen.tolist() == list(range(12))
    assert model.voices.shape == (12, 3)


def test_of_a_large_history_an_even_share_of_each_topic_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_UP_TO", 60)
    rows, right = clusters(3, 200)
    keep = np.concatenate([np.arange(200), np.arange(200, 300), np.arange(400, 407)])
    rows, right = rows[keep], right[keep]
    model = Kernel.fit(rows, right, 3)
    counts = np.bincount(right[model.chosen])
    assert counts[2] == 7
    assert counts[0] == counts[1]
    assert 50 <= counts.sum() <= 60
    assert np.allclose(
        model.rows, rows[model.chosen] / np.linalg.norm(rows[model.chosen], axis=1, keepdims=True), atol=1e-5
    )
    assert said(model, rows).argmax(axis=1).tolist() == right.tolist()
    assert np.array_equal(Kernel.fit(rows, right, 3).chosen, model.chosen)


def test_the_share_is_drawn_and_not_the_first_that_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_UP_TO", 40)
    rows, right = clusters(2, 200)
    chosen = Kernel.fit(rows, right, 2).chosen
    assert (chosen[right[chosen] == 0] >= 100).any()


@given(st.lists(st.integers(1, 60), min_size=2, max_size=8), st.integers(8, 120))
def test_no_share_is_larger_than_another_needs(counts: list[int], most: int) -> None:
    right = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    chosen = kernel._even_share(right, most)
    kept = np.bincount(right[chosen], minlength=len(counts))
    cap = kept.max()
    assert len(chosen) <= max(most, 0)
    assert kept.tolist() == [min(count, cap) for count in counts]
    assert kept.min() >= 1
    assert (np.diff(chosen) > 0).all()
    assert len(chosen) == len(right) or len(right) > most
