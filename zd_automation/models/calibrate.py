"""Honest probabilities: one temperature, and thresholds that keep a target precision, from held-out predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

Floats = npt.NDArray[np.floating[Any]]
_PROMISED = 10
_ABOVE = 0.001


def fit_temperature(scores: Floats, right: npt.NDArray[np.intp]) -> float:
    """The temperature that makes ``softmax(scores / t)`` most likely; ``right`` holds the true column of each row."""

    def loss(log_t: float) -> float:
        return float(-log_softmax(scores / np.exp(log_t), axis=1)[np.arange(len(right)), right].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))


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
