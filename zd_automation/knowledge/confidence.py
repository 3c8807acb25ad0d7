"""How likely the best article is the right one: learnt once from public questions with and without their article.

The right article does not only lie near: it lies nearer than the next ones do. ``python -m bench.articles fit`` learns these
numbers from the research sets; they are judged there on sets that they were not learnt from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a search: how near the best article, the second and the fourth lie, and the words of the best and
    of the next (0 where there is no such article)."""

    best: float
    second: float
    fourth: float
    words: float
    next_words: float

    def numbers(self) -> tuple[float, float, float, float, float]:
        """What the chance is read from."""
        return self.best, self.best - self.second, self.best - self.fourth, self.words, self.words - self.next_words


# By whose voice was heard, and whether question and article are in one language: five weights and the offset.
CHANCES: Mapping[tuple[str, bool], Sequence[float]] = {
    ("both", True): (5.09, 16.18, 9.46, -1.11, 3.1, -4.65),
    ("wide", True): (7.6, 13.5, 9.68, -3.89, 2.04, -5.08),
    ("one", True): (1.19, 9.13, 10.9, -1.18, 8.47, -2.97),
    ("words", True): (-0.47, 6.44, 7.5, -0.47, 6.44, -2.33),
    ("both", False): (1.57, 19.11, 15.26, -10.36, 16.27, -3.49),
    ("wide", False): (3.23, 20.96, 14.26, -11.26, 15.51, -4.02),
    ("one", False): (1.06, 18.47, 7.66, -2.27, 17.47, -2.84),
}
# Words alone do not cross languages: brands and coins do. Enough to be a candidate, never enough to be shown.
_FOREIGN_WORDS = 0.05
# How fast an article falls behind the best one.
_BEHIND = 10.0


def chance(evidence: Evidence, voices: str, *, own_language: bool) -> float:
    """The chance in 0..1 that the best article is the right one. ``voices`` is both, wide, one (encoder), or words."""
    weights = CHANCES.get((voices, own_language))
    if weights is None:
        return _FOREIGN_WORDS * min(1.0, max(0.0, evidence.best))
    told = sum(weight * number for weight, number in zip(weights, evidence.numbers(), strict=False)) + weights[-1]
    return 1 / (1 + math.exp(-max(-500.0, min(500.0, told))))


def behind(first: float, best: float, here: float) -> float:
    """The score of an article that lies at ``here``, when the best lies at ``best`` with a chance of ``first``."""
    return first * math.exp(-_BEHIND * max(0.0, best - here))
