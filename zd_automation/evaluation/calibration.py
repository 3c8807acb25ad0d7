"""Whether confidence may be believed: reliability bins and the expected calibration error (ECE)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zd_automation.evaluation.shares import Share

Floats = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]
BINS = 15
_TRIES = 200


@dataclass(frozen=True)
class Bin:
    """The messages whose confidence lies from ``low`` to ``high``: what was promised and what came true."""

    low: float
    high: float
    confidence: float
    """Mean confidence of the bin's messages."""
    right: Share


def reliability(confidence: Floats, correct: Mask, bins: int = BINS) -> tuple[Bin, ...]:
    """Bins of equal width over 0..1, lowest first; those without a message are left out."""
    places = _places(confidence, bins)
    found = []
    for place in np.unique(places):
        rows = places == place
        right = Share.counted(correct, rows)
        found.append(Bin(float(place / bins), float((place + 1) / bins), float(confidence[rows].mean()), right))
    return tuple(found)


def expected_error(confidence: Floats, correct: Mask, bins: int = BINS) -> float | None:
    """ECE with bins of equal width: the mean gap between confidence and share right; None without a message."""
    return _gap(_places(confidence, bins), confidence, correct, bins) if len(confidence) else None


def expected_error_equal_mass(confidence: Floats, correct: Mask, bins: int = BINS) -> float | None:
    """ECE with bins of equal numbers of messages, which crowded confidences cannot hide from."""
    if not len(confidence):
        return None
    places = np.empty(len(confidence), dtype=np.intp)
    for place, rows in enumerate(np.array_split(np.argsort(confidence, kind="stable"), bins)):
        places[rows] = place
    return _gap(places, confidence, correct, bins)


def error_by_chance(confidence: Floats, bins: int = BINS) -> float | None:
    """The ECE that a perfectly calibrated model stays below in 95 of 100 cases (seeded): few messages alone give some.

    A measured ECE under this figure is no sign of a bad calibration.
    """
    if not len(confidence):
        return None
    places, deal = _places(confidence, bins), np.random.default_rng(0)
    tries = [_gap(places, confidence, deal.random(len(confidence)) < confidence, bins) for _ in range(_TRIES)]
    return float(np.quantile(tries, 0.95))


def _places(confidence: Floats, bins: int) -> npt.NDArray[np.intp]:
    places: npt.NDArray[np.intp] = np.clip((confidence * bins).astype(np.intp), 0, bins - 1)
    return places


def _gap(places: npt.NDArray[np.intp], confidence: Floats, correct: Mask, bins: int) -> float:
    promised = np.bincount(places, weights=confidence, minlength=bins)
    kept = np.bincount(places, weights=correct, minlength=bins)
    return float(np.abs(promised - kept).sum() / len(confidence))
