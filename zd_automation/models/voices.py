"""The voices of the topic model: each gives every topic a score, and held-out examples decide how loud each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from zd_automation.models.features import Matrix, unit
from zd_automation.models.kernel import Kernel, Rights

_STRENGTH = 30.0
# From this many examples on the kernel is better alone, and the regression would be most of the time to learn.
REGRESSION_UP_TO = 4_000
# A regression's score for a topic of which this fold's model has seen nothing.
_UNSEEN = -5.0
NAMES = ("regression", "kernel", "area", "hints")
Table = npt.NDArray[np.floating[Any]]


@dataclass
class Voices:
    """What was learnt from rows, as plain arrays; a voice that has nothing to say has no columns.

    ``regression`` and ``area`` are linear, shape (numbers + 1, topics or areas), the last row an offset; ``hints``
    (numbers, topics) is the mean direction of what the desk says of each topic; ``area_of`` the area of each topic.
    """

    kernel: Kernel
    regression: Matrix
    area: Matrix
    area_of: npt.NDArray[np.int32]
    hints: Matrix

    @classmethod
    def fit(
        cls,
        rows: Matrix,
        right: Rights,
        topics: int,
        area_of: npt.NDArray[np.int32],
        hints: tuple[Matrix, Rights],
        few: bool = True,
    ) -> Voices:
        """Learn from rows and their topics; ``hints`` are the rows of names and descriptions and whose they are.

        Without ``few`` regression and area are silent. All folds of one training and its last model must agree on it:
        else a voice is made loud that the model does not have.
        """
        none = np.zeros((0, 0), dtype=np.float32)
        seen = len(np.unique(area_of[right]))
        return cls(
            kernel=Kernel.fit(rows, right, topics),
            regression=linear(rows, right, topics) if few else none,
            area=linear(rows, area_of[right], int(area_of.max()) + 1) if few and 1 < seen < topics else none,
            area_of=area_of,
            hints=_directions(*hints, topics) if len(hints[1]) else none,
        )

    def scores(self, rows: Matrix) -> tuple[Table, Table]:
        """What each voice says of each row, shape (voices, rows, topics), and each row's cosines to all examples.

        A silent voice says 0 of everything.
        """
        said = np.zeros((len(NAMES), len(rows), self.kernel.voices.shape[1]), dtype=rows.dtype)
        if self.regression.size:
            said[0] = rows @ self.regression[:-1] + self.regression[-1]
        cosines = self.kernel.cosines(rows)
        said[1] = self.kernel.scores(cosines)
        if self.area.size:
            said[2] = log_softmax(rows @ self.area[:-1] + self.area[-1], axis=1)[:, self.area_of]
        if self.hints.size:
            lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
            said[3] = (rows / lengths) @ self.hints
        return said, cosines

    def state(self) -> dict[str, Any]:
        """Plain arrays, for the model file; the examples half as exact, because they are most of it."""
        return {
            "rows": self.kernel.rows.astype(np.float16),
            "voices": self.kernel.voices,
            "chosen": self.kernel.chosen,
            "right": self.kernel.right,
            "regression": self.regression,
            "area": self.area,
            "area_of": self.area_of,
            "hints": self.hints,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Voices:
        """The reverse of :meth:`state`."""
        rows = unit(state["rows"].astype(np.float32))
        kernel = Kernel(rows, state["voices"], state["chosen"], state["right"])
        return cls(kernel, state["regression"], state["area"], state["area_of"], state["hints"])


def linear(rows: Matrix, right: Rights, columns: int) -> Matrix:
    """A logistic regression as one table, shape (numbers + 1, columns), the offset last."""
    model = LogisticRegression(C=_STRENGTH, max_iter=200).fit(rows, right)
    weights, bias = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    if len(bias) == 1:  # two classes: scikit-learn keeps one side only
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    table = np.zeros((rows.shape[1] + 1, columns), dtype=np.float32)
    table[-1] = _UNSEEN
    table[:, model.classes_] = np.vstack([weights.T, bias])
    return table


def _directions(rows: Matrix, whose: Rights, topics: int) -> Matrix:
    """The mean of each topic's hints as unit rows, shape (numbers, topics); zero for a topic without."""
    belongs = np.zeros((topics, len(rows)), dtype=np.float32)
    belongs[whose, np.arange(len(rows))] = 1
    counts = np.maximum(belongs.sum(axis=1, keepdims=True), 1)
    mean: Matrix = (belongs / counts @ unit(rows)).T.astype(np.float32)
    return mean
