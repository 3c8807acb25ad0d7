"""The kernel: near examples decide, and what it says without a block is what it would say had it never seen it."""

from __future__ import annotations

import numpy as np
import pytest

from zd_automation.models.danger_kernel import DangerKernel
from zd_automation.models.features import Matrix

RANDOM = np.random.default_rng(0)
# More rows than are mirrored at once, so that parts of the inverse meet.
ROWS: Matrix = RANDOM.normal(size=(1100, 16)).astype(np.float32)
ANSWERS: Matrix = np.sign(ROWS[:, :3] + RANDOM.normal(size=(1100, 3), scale=0.3)).astype(np.float32)
TRUST = np.ones(1100, dtype=np.float32)
BLOCKS = np.arange(1100) % 5


def test_examples_answer_for_their_neighbours() -> None:
    kernel = DangerKernel.fit(ROWS, ANSWERS, TRUST)
    near = ROWS + RANDOM.normal(size=ROWS.shape, scale=0.01).astype(np.float32)
    assert (np.sign(kernel.scores(near)) == ANSWERS).mean() > 0.95


def test_both_ways_to_learn_agree() -> None:
    one, (other, _) = DangerKernel.fit(ROWS, ANSWERS, TRUST), DangerKernel.fit_held_out(ROWS, ANSWERS, TRUST, BLOCKS)
    assert np.allclose(one.voices, other.voices, atol=1e-3)


@pytest.mark.parametrize("block", [0, 3])
def test_a_block_held_out_is_as_if_it_had_never_been_seen(block: int) -> None:
    kernel, without = DangerKernel.fit_held_out(ROWS, ANSWERS, TRUST, BLOCKS)
    own = block == BLOCKS
    honest = DangerKernel.fit(ROWS[~own], ANSWERS[~own], TRUST[~own])
    assert sorted(without) == [0, 1, 2, 3, 4]
    assert not without[block][own].any()
    assert np.allclose(kernel.scores(ROWS[own], without[block]), honest.scores(ROWS[own]), atol=1e-3)


def test_a_trusted_example_pulls_harder() -> None:
    rows = np.array([[1, 0], [0.9, 0.1], [0, 1]], dtype=np.float32)
    answers = np.array([[1], [-1], [-1]], dtype=np.float32)
    said = [
        DangerKernel.fit(rows, answers, np.array(trust, dtype=np.float32)).scores(rows[:1])[0, 0]
        for trust in ([1, 1, 1], [20, 1, 1])
    ]
    assert said[1] > said[0]


def test_no_rows_no_scores() -> None:
    assert DangerKernel.fit(ROWS, ANSWERS, TRUST).scores(ROWS[:0]).shape == (0, 3)
