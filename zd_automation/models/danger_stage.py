"""The second stage: a logistic regression on what a message's passages answered, and what it was learnt from.

The rows it was learnt from stay with it, so that a desk's own ordinary messages can join them in a second or two: a desk has
its own way of being upset about late deposits, and only its own messages tell that from a theft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from zd_automation.models.calibrate import Floats
from zd_automation.models.features import Matrix

_STRENGTH = 0.1
_FOLDS = 5
Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass
class Lessons:
    """What is learnt from: rows of numbers, whether each is urgent, which rows come from one message (``groups``), and how
    much each is trusted, 1 being usual."""

    rows: Matrix
    urgent: Booleans
    groups: Integers
    trusted: Floats

    def joined(self, rows: Matrix) -> Lessons:
        """These and other people's ordinary rows."""
        last = int(self.groups.max()) + 1 if len(self.groups) else 0
        return Lessons(
            np.vstack([self.rows, rows]).astype(np.float32),
            np.concatenate([self.urgent, np.zeros(len(rows), dtype=np.bool_)]),
            np.concatenate([self.groups, last + np.arange(len(rows))]),
            np.concatenate([self.trusted, np.ones(len(rows))]),
        )


@dataclass
class Stage:
    """Means and scales of the numbers, and their weights, the offset last."""

    means: Floats
    scales: Floats
    weights: Floats

    @classmethod
    def fit(cls, lessons: Lessons) -> tuple[Stage, Floats]:
        """Learn (seeded); also gives what models that have not seen a row's message say of it, log-odds of shape (rows,)."""
        rows = lessons.rows.astype(np.float64)
        means, scales = rows.mean(axis=0), rows.std(axis=0) + 1e-6
        scaled = (rows - means) / scales
        model = _regression().fit(scaled, lessons.urgent, sample_weight=lessons.trusted)
        held = np.zeros(len(rows))
        folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
        for taught, judged in folds.split(scaled, lessons.urgent, lessons.groups):
            without = _regression().fit(scaled[taught], lessons.urgent[taught], sample_weight=lessons.trusted[taught])
            held[judged] = without.decision_function(scaled[judged])
        return cls(means, scales, np.concatenate([model.coef_[0], model.intercept_])), held

    def scores(self, rows: Matrix) -> Floats:
        """Log-odds of each row, shape (rows,)."""
        said: Floats = ((rows - self.means) / self.scales) @ self.weights[:-1] + self.weights[-1]
        return said

    def state(self) -> dict[str, Any]:
        """Plain arrays, for the model file."""
        return {"means": self.means, "scales": self.scales, "weights": self.weights}


def _regression() -> LogisticRegression:
    return LogisticRegression(C=_STRENGTH, max_iter=500)
