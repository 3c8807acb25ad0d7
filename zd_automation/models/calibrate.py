"""Lines that keep a target precision, from held-out predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
_PROMISED = 10
_ABOVE = 0.001
_EVEN = 0.5


def threshold_for(confidence: Floats, correct: npt.NDArray[np.bool_], target: float) -> float:
    """The lowest confidence from which held-out predictions are right in at least ``target`` of cases.

    What was counted is joined with ten cases of what the calibrated confidence itself promises, so that neither
    three right answers promise certainty nor a small history means silence for ever. Where no counted confidence
    reaches the target, a line above all of them; where nothing was counted, the target itself. Where every counted case
    may be said the line is not above the target: a calibrated confidence needs no more proof than that.
    """
    if not len(confidence):
        return target
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    counts = np.arange(1, len(order) + 1)
    promised = np.cumsum(ranked) / counts
    precision = (np.cumsum(correct[order]) + _PROMISED * promised) / (counts + _PROMISED)
    reached = np.flatnonzero((precision >= target) & _ends(ranked))
    if not len(reached):
        return max(target, float(ranked[0]) + _ABOVE)
    lowest = float(ranked[reached[-1]])
    return min(lowest, target) if reached[-1] == len(ranked) - 1 else lowest


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
    precision = (np.cumsum(right) + _PROMISED * usual) / (counts + _PROMISED)
    good = np.flatnonzero((precision >= target) & _ends(ranked))
    if not len(good):
        return float(ranked[0]) + _ABOVE
    return shared if good[-1] == len(ranked) - 1 else float(ranked[good[-1]])


def _ends(ranked: Floats) -> npt.NDArray[np.bool_]:
    """The last of each run of equals: a line lies below all cases of one confidence or above them, never between."""
    return np.append(ranked[1:] != ranked[:-1], True)
