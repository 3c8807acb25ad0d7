"""Counted shares with their intervals: eight right of eight is not certainty, and must not look like it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, norm

Mask = npt.NDArray[np.bool_]
BOTH_SIDES = 1.959964
"""Standard deviations of a two-sided 95 % interval."""
ONE_SIDE = 1.644854
"""Standard deviations of a one-sided 95 % bound."""
FEW = 10
"""With fewer messages than this a figure is shown, and said to be weak."""
_HUNDRED = 100


@dataclass(frozen=True)
class Share:
    """``right`` cases of ``of``; without any case nothing is claimed."""

    right: int
    of: int

    @classmethod
    def counted(cls, right: Mask, among: Mask) -> Share:
        """How many of the rows in ``among`` are in ``right`` too."""
        return cls(int((right & among).sum()), int(among.sum()))

    @property
    def value(self) -> float | None:
        """The share in 0..1, None where nothing was counted."""
        return self.right / self.of if self.of else None

    @property
    def low(self) -> float:
        """Lower end of the 95 % Wilson interval, 0 where nothing was counted."""
        return wilson(self.right, self.of)[0]

    @property
    def high(self) -> float:
        """Upper end of the 95 % Wilson interval, 1 where nothing was counted."""
        return wilson(self.right, self.of)[1]

    @property
    def few(self) -> bool:
        """Whether there are too few cases to say much."""
        return self.of < FEW

    @property
    def better_as_count(self) -> bool:
        """Whether "8 of 8" says it more honestly than a percentage: few cases, or none or all of under a hundred."""
        return self.few or (self.right in (0, self.of) and self.of < _HUNDRED)

    def as_json(self) -> dict[str, Any]:
        """Share, interval and both counts."""
        share = None if self.value is None else round(self.value, 4)
        return {
            "share": share, "low": round(self.low, 4), "high": round(self.high, 4), "right": self.right, "of": self.of,
        }  # fmt: skip

    def __str__(self) -> str:
        if self.value is None:
            return "not known (no message)"
        return f"{self.value:.1%} ({self.low:.0%} to {self.high:.0%}; {self.right} of {self.of})"


@dataclass(frozen=True)
class Estimate:
    """A figure in 0..1 that is no plain share, with its 95 % interval."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """Value and interval."""
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


def wilson(right: int, of: int, deviations: float = BOTH_SIDES) -> tuple[float, float]:
    """The Wilson score interval of a share; (0, 1) where nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    share, square = right / of, deviations**2
    middle = share + square / (2 * of)
    half = deviations * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    whole = 1 + square / of
    # At the ends rounding would leave a hair: no failure was seen, so 1 is still possible.
    low = 0.0 if right == 0 else (middle - half) / whole
    high = 1.0 if right == of else (middle + half) / whole
    return max(0.0, low), min(1.0, high)


def at_least(count: int, of: int, chance: float) -> float:
    """The probability of ``count`` or more cases of ``of`` when each comes with ``chance``."""
    return float(binom.sf(count - 1, of, chance))


def area_under(inside: npt.NDArray[np.floating[Any]], outside: npt.NDArray[np.floating[Any]]) -> Estimate:
    """AUROC: how often a case from ``inside`` scores above one from ``outside``, ties half, with Hanley's interval.

    Neither may be empty. 0.5 is chance, 1 is perfect.
    """
    ordered = np.sort(outside.astype(np.float64))
    inside = inside.astype(np.float64)
    below = np.searchsorted(ordered, inside, side="left")
    not_above = np.searchsorted(ordered, inside, side="right")
    area = float((below + not_above).sum() / (2 * len(inside) * len(ordered)))
    # At an area of exactly 0 or 1 the formula knows no spread: half a message the other way is always possible.
    hair = 0.5 / min(len(inside), len(ordered))
    nudged = min(max(area, hair), 1 - hair)
    one, two = nudged / (2 - nudged), 2 * nudged**2 / (1 + nudged)
    spread = nudged * (1 - nudged) + (len(inside) - 1) * (one - nudged**2) + (len(ordered) - 1) * (two - nudged**2)
    half = float(norm.ppf(0.975)) * math.sqrt(max(spread, 0.0) / (len(inside) * len(ordered)))
    return Estimate(area, max(0.0, area - half), min(1.0, area + half))
