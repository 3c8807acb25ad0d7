"""Kernel ridge regression on passages, for many questions at once: urgent or not, and which sort of message.

The sorts are asked along because they teach what the plain question hides: a denial and a takeover share all their
words. Learnt by one solved system; what a model without one hand's examples would say of them comes out of the same
solution, so every figure of the next stage is held out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, lapack, solve

from zd_automation.models.features import Matrix, unit
from zd_automation.models.kernel import closeness

_SHARPNESS = 2.0
_RIDGE = 0.1
_AT_ONCE = 512
Integers = npt.NDArray[np.integer[Any]]


@dataclass
class DangerKernel:
    """Examples as unit rows, shape (examples, numbers), and how each speaks on each question, (examples, questions)."""

    rows: Matrix
    voices: Matrix

    @classmethod
    def fit(cls, rows: Matrix, answers: Matrix, trust: Matrix) -> DangerKernel:
        """Learn from rows and their answers, -1 or 1, of shape (examples, questions); ``trust`` weighs the examples."""
        rows = unit(rows)
        solved = cho_solve(cho_factor(_near(rows, trust), overwrite_a=True, check_finite=False), answers)
        return cls(rows, solved.astype(np.float32))

    @classmethod
    def fit_held_out(
        cls, rows: Matrix, answers: Matrix, trust: Matrix, blocks: Integers
    ) -> tuple[DangerKernel, dict[int, Matrix]]:
        """Also gives, for each block, the voices of a model that has not seen it, shape (examples, questions)."""
        rows = unit(rows)
        inverse = _inverse(_near(rows, trust))
        voices = inverse @ answers
        without = {}
        for block in np.unique(blocks):
            own = np.flatnonzero(blocks == block)
            less = solve(inverse[np.ix_(own, own)], voices[own], assume_a="pos", check_finite=False)
            others = voices - inverse[:, own] @ less
            others[own] = 0
            without[int(block)] = others.astype(np.float32)
        return cls(rows, voices.astype(np.float32)), without

    def scores(self, rows: Matrix, voices: Matrix | None = None) -> Matrix:
        """What is said of each row on each question, about -1 to 1; ``voices`` are another model's on the same examples."""
        said = self.voices if voices is None else voices
        out = np.empty((len(rows), said.shape[1]), dtype=np.float32)
        for start in range(0, len(rows), _AT_ONCE):
            part = unit(rows[start : start + _AT_ONCE]) @ self.rows.T
            out[start : start + _AT_ONCE] = closeness(part, _SHARPNESS) @ said
        return out


def _near(rows: Matrix, trust: Matrix) -> Matrix:
    near = closeness(rows @ rows.T, _SHARPNESS)
    near[np.diag_indices(len(near))] += _RIDGE / trust
    return near


def _inverse(near: Matrix) -> Matrix:
    """The inverse of a positive definite table, made in its own memory: it is most of what learning needs."""
    factor, failed = lapack.spotrf(near.T, lower=0, clean=0, overwrite_a=1)
    inverse, also_failed = lapack.spotri(factor, lower=0, overwrite_c=1)
    if failed or also_failed:
        raise ArithmeticError("the examples cannot be told apart: is one of them there a hundred times?")
    whole: Matrix = inverse.T
    for start in range(0, len(whole), _AT_ONCE):  # LAPACK fills one half; the other is mirrored part by part
        stop = start + _AT_ONCE
        whole[:start, start:stop] = whole[start:stop, :start].T
        corner = whole[start:stop, start:stop]
        corner[:] = np.tril(corner) + np.tril(corner, -1).T
    return whole
