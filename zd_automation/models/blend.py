"""How the voices become one probability: how loud each is, and how far the best one can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit, softmax

Floats = npt.NDArray[np.floating[Any]]
# How loud regression, kernel, areas and hints usually are, and as many cases as that counts for.
_USUAL = np.array([0.5, 6.0, 0.3, 4.0])
_LOYALTY = 2.0
_LOUDEST = 20.0  # times what is usual
# As many cases as stand for "the confidence is right as it is" beside those that were counted.
_BELIEVED = 5.0
_NEARLY = 1e-6


@dataclass(frozen=True)
class Blend:
    """``loud``, shape (voices,); ``slope`` and ``offset`` put the best chance right on the scale of log-odds."""

    loud: npt.NDArray[np.float64]
    slope: float
    offset: float

    def chances(self, said: Floats) -> Floats:
        """Calibrated probabilities, shape (rows, topics), from scores of shape (voices, rows, topics); rows sum to one."""
        return self._put_right(_sum(self.loud, said))

    @classmethod
    def fit(cls, said: Floats, right: npt.NDArray[np.integer[Any]]) -> Blend:
        """The blend that makes the right columns of held-out scores most likely, and its best chances honest.

        Loudness is never negative; where rows are few it stays near what is usual, and a voice that says the same of
        all topics has 0. The best chance then gets a curve of its own: mislabelled messages make high ones too bold
        and, since the sum must pay for them, low ones too timid.
        """
        loud = _loudness(said, right)
        plain = _sum(loud, said)
        slope, offset = _curve(plain.max(axis=1), plain.argmax(axis=1) == right)
        return cls(loud, slope, offset)

    def _put_right(self, plain: Floats) -> Floats:
        """The best chance by the curve, the others scaled to fill up to one; the order stays."""
        if plain.shape[1] < 2 or not len(plain):
            return plain
        rows, best = np.arange(len(plain)), plain.argmax(axis=1)
        top = plain[rows, best]
        second = np.partition(plain, -2, axis=1)[:, -2]
        rest = np.maximum(1 - top, _NEARLY)
        said = np.maximum(expit(self.slope * _odds(top) + self.offset), second / (rest + second))
        made: Floats = plain * ((1 - said) / rest)[:, None]
        made[rows, best] = said
        made /= made.sum(axis=1, keepdims=True)
        return made


def _sum(loud: Floats, said: Floats) -> Floats:
    plain: Floats = softmax(np.einsum("v,vnk->nk", loud, said), axis=1)
    return plain


def _odds(chance: Floats) -> Floats:
    odds: Floats = logit(np.clip(chance, _NEARLY, 1 - _NEARLY))
    return odds


def _loudness(said: Floats, right: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float64]:
    speaks = np.ptp(said, axis=2).max(axis=1, initial=0.0) > 0
    usual = _USUAL * speaks
    rows, count = np.arange(len(right)), max(len(right), 1)
    own, loyalty = said[:, rows, right].sum(axis=1), _LOYALTY / count

    def loss(shares: Floats) -> tuple[float, Floats]:
        chances = _sum(shares * usual, said)
        surprise = -float(np.log(np.maximum(chances[rows, right], 1e-12)).sum()) / count
        slope = (np.einsum("nk,vnk->v", chances, said) - own) * usual / count
        return surprise + loyalty * float(((shares - 1) ** 2).sum()), slope + 2 * loyalty * (shares - 1)

    found = minimize(loss, np.ones(len(said)), jac=True, method="L-BFGS-B", bounds=[(0.0, _LOUDEST)] * len(said))
    loud: npt.NDArray[np.float64] = found.x * usual
    return loud


def _curve(confidence: Floats, correct: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset on the scale of log-odds, by most likelihood, drawn towards 1 and 0 where cases are few."""
    odds = _odds(confidence)

    def loss(given: Floats) -> float:
        chance = np.clip(expit(given[0] * odds + given[1]), _NEARLY, 1 - _NEARLY)
        surprise = -np.where(correct, np.log(chance), np.log(1 - chance)).sum()
        return float(surprise + _BELIEVED * ((given[0] - 1) ** 2 + given[1] ** 2))

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.1, 3.0), (-3.0, 3.0)])
    return float(found.x[0]), float(found.x[1])
