"""Kernel ridge regression on topics: a message is judged by all examples, the nearer the louder.

On large histories it is more right than a linear model (docs/decisions/0005-classifier.md), and it is learnt by one
solved system of equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from zd_automation.models.features import Matrix, unit

_SHARPNESS = 1.5
_RIDGE = 0.1
# A kernel of more examples than this asks for gigabytes; an even share of each topic stands for the rest.
_UP_TO = 15_000
Rights = npt.NDArray[np.int32]


@dataclass
class Kernel:
    """Examples as unit rows, shape (examples, numbers), and how each speaks for each topic, (examples, topics).

    ``chosen`` says which of the rows given for learning the examples are, ``right`` of which topic each is.
    """

    rows: Matrix
    voices: Matrix
    chosen: npt.NDArray[np.int32]
    right: Rights

    @classmethod
    def fit(cls, rows: Matrix, right: Rights, topics: int) -> Kernel:
        """Learn from rows and the column of each row's topic."""
        chosen = _even_share(right, _UP_TO)
        right, examples = right[chosen], unit(rows[chosen])
        near = closeness(examples @ examples.T, _SHARPNESS)
        near[np.diag_indices(len(near))] += _RIDGE
        wanted = np.zeros((len(right), topics), dtype=np.float32)
        wanted[np.arange(len(right)), right] = 1
        solved = cho_solve(cho_factor(near, overwrite_a=True, check_finite=False), wanted, check_finite=False)
        return cls(examples, solved.astype(np.float32), chosen.astype(np.int32), right.astype(np.int32))

    def cosines(self, rows: Matrix) -> Matrix:
        """How alike each row and each example are, shape (rows, examples)."""
        alike: Matrix = unit(rows) @ self.rows.T
        return alike

    def scores(self, cosines: Matrix) -> Matrix:
        """About 1 for a topic that a row clearly belongs to and 0 for the others; shape (rows, topics)."""
        said: Matrix = closeness(cosines.copy(), _SHARPNESS) @ self.voices
        return said


def closeness(cosines: Matrix, sharpness: float) -> Matrix:
    """exp(-sharpness x squared distance / 2) of unit rows, in place."""
    cosines -= 1
    cosines *= sharpness
    near: Matrix = np.exp(cosines, out=cosines)
    return near


def _even_share(right: Rights, most: int) -> npt.NDArray[np.intp]:
    """Indices of at most ``most`` rows, every topic cut to the same size where it has more (seeded)."""
    if len(right) <= most:
        return np.arange(len(right))
    counts = np.sort(np.bincount(right))[::-1]
    cap = int(counts[0])
    while np.minimum(counts, cap).sum() > most:
        cap = int(cap * 0.95)
    deal = np.random.default_rng(0)
    kept = [deal.permutation(np.flatnonzero(right == topic))[:cap] for topic in np.unique(right)]
    return np.sort(np.concatenate(kept))
