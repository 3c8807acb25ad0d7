"""Honest probabilities: one temperature, and thresholds that keep a target precision, from held-out predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

Floats = npt.NDArray[np.floating[Any]]
_PROMISED = 10
# How loud regression, kernel, areas and hints usually are, and how dearly leaving that is paid for.
_USUAL = np.array([0.5, 6.0, 0.3, 4.0])
_LOYALTY = 0.002
_ABOVE = 0.001
_EVEN = 0.5


def fit_temperature(scores: Floats, right: npt.NDArray[np.intp]) -> float:
    """The temperature that makes ``softmax(scores / t)`` most likely; ``right`` holds the true column of each row."""

    def loss(log_t: float) -> float:
        return float(-log_softmax(scores / np.exp(log_t), axis=1)[np.arange(len(right)), right].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))


def fit_blend(said: Floats, right: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """How loud each voice should be, shape (voices,), so that ``softmax`` of their sum is most likely and so calibrated.

    ``said`` are held-out scores, shape (voices, rows, topics). Loudness is never negative; where rows are few it stays
    near what is usual, and a voice that says the same of all topics stays at 0.
    """
    speaks = np.ptp(said, axis=2).max(axis=1, initial=0.0) > 0
    usual = _USUAL * speaks
    rows = np.arange(len(right))
    own = said[:, rows, right]

    def loss(shares: Floats) -> tuple[float, Floats]:
        scores = np.einsum("v,vnk->nk", shares * usual, said)
        chances = softmax(scores, axis=1)
        slope = (np.einsum("nk,vnk->v", chances, said) - own.sum(axis=1)) * usual / max(len(right), 1)
        surprise = -float(np.log(np.maximum(chances[rows, right], 1e-12)).mean()) if len(right) else 0.0
        return surprise + _LOYALTY * float(((shares - 1) ** 2).sum()), slope + 2 * _LOYALTY * (shares - 1)

    found = minimize(loss, np.ones(len(said)), jac=True, method="L-BFGS-B", bounds=[(0.0, 20.0)] * len(said))
    loud: npt.NDArray[np.float64] = found.x * usual
    return loud


def probabilities(scores: Floats, temperature: float) -> Floats:
    """Calibrated probabilities, rows summing to one."""
    made: Floats = softmax(scores / temperature, axis=1)
    return made


def threshold_for(confidence: Floats, correct: npt.NDArray[np.bool_], target: float) -> float:
    """The lowest confidence from which held-out predictions are right in at least ``target`` of cases.

    What was counted is joined with ten cases of what the calibrated confidence itself promises, so that neither
    three right answers promise certainty nor a small history means silence for ever. Where no counted confidence
    reaches the target, a line above all of them; where nothing was counted, the target itself.
    """
    if not len(confidence):
        return target
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    counts = np.arange(1, len(order) + 1)
    promised = np.cumsum(ranked) / counts
    precision = (np.cumsum(correct[order]) + _PROMISED * promised) / (counts + _PROMISED)
    # A line lies below all cases of the same confidence or above them, never between.
    ends = np.append(ranked[1:] != ranked[:-1], True)
    reached = np.flatnonzero((precision >= target) & ends)
    return float(ranked[reached[-1]]) if len(reached) else max(target, float(ranked[0]) + _ABOVE)


def topic_lines(confidence: Floats, correct: npt.NDArray[np.bool_], said: Any, targets: Floats) -> Floats:
    """A line for each topic, shape (topics,): the confidence from which it may be spoken.

    No line lies below one half: what is more likely wrong than right is not said, however good the rest is.
    All topics of one target share the line that keeps it over all of them. A topic whose own held-out cases above that
    line are worse has a line of its own, higher up; ten cases as good as all the others together stand beside its own,
    so that one mistake in three does not silence it, and three right answers do not count as proof. Without the
    mistakes of such topics the others' line is drawn once more.
    """
    lines = np.full(len(targets), _EVEN)
    for target in np.unique(targets):
        mine = np.flatnonzero(targets == target)
        cases = np.isin(said, mine)
        shared = threshold_for(confidence[cases], correct[cases], float(target))
        own = {topic: _own_line(confidence, correct, said == topic, shared, float(target)) for topic in mine}
        fine = cases & np.isin(said, [topic for topic, line in own.items() if line <= shared])
        again = min(shared, threshold_for(confidence[fine], correct[fine], float(target))) if fine.any() else shared
        for topic, line in own.items():
            lines[topic] = max(_EVEN, line if line > shared else again)
    return lines


def _own_line(
    confidence: Floats, correct: npt.NDArray[np.bool_], own: npt.NDArray[np.bool_], shared: float, target: float
) -> float:
    """The lowest line from ``shared`` on that keeps the target for one topic's own cases."""
    above = confidence >= shared
    usual = max(float(correct[above].mean()), target) if above.any() else target
    order = np.argsort(-confidence[own & above], kind="stable")
    ranked, right = confidence[own & above][order], correct[own & above][order]
    if not len(ranked):
        return shared
    counts = np.arange(1, len(ranked) + 1)
    good = np.flatnonzero((np.cumsum(right) + _PROMISED * usual) / (counts + _PROMISED) >= target)
    if not len(good):
        return float(ranked[0]) + _ABOVE
    return shared if good[-1] == len(ranked) - 1 else float(ranked[good[-1]])
