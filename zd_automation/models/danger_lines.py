"""Where "probable" and "certain" begin: lines drawn on scores of ordinary messages that the model has not seen.

The shipped ordinary examples are hard ones, written to be mistaken; a desk's own tickets are mostly not. So there are two
sorts of false alarm, and the line keeps both promises: few of the hard ones, and hardly any of the usual ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from zd_automation.models.calibrate import Floats

# Of hard ordinary messages, and of the desk's usual ones, the share that may reach "probable" and "certain".
HARD_PROBABLE, HARD_CERTAIN = 0.025, 0.006
USUAL_PROBABLE = 0.03
# Messages of one language beside which the line of all languages counts as much as its own.
_TRUSTED = 300
_LEAST_USUAL = 100
# The chances at the two lines, as desk.toml's defaults for `probable` and `certain` have them.
_AT_PROBABLE, _AT_CERTAIN = 0.5, 0.85
_LEAST_STEP = 0.25
# No desk has more urgent tickets than this: where more look certain, the line is wrong for it and not the tickets.
_MOST_URGENT = 0.15


@dataclass(frozen=True)
class Ordinary:
    """Scores (log-odds) of ordinary messages that were held out, and their languages."""

    scores: Floats
    languages: tuple[str, ...] = ()

    def line(self, share: float) -> float:
        """The score that at most ``share`` of the messages exceed; minus infinity without messages."""
        return line_at(self.scores, share)


def line_at(scores: Floats, share: float) -> float:
    """The score that at most ``share`` of ``scores`` exceed; minus infinity when there are none."""
    if not len(scores):
        return -math.inf
    ranked = np.sort(scores)[::-1]
    return float(ranked[min(int(share * len(ranked)), len(ranked) - 1)])


def line_of_unlabelled(scores: Floats, lines: Lines, share: float) -> float:
    """The score that about ``share`` of the ordinary ones among unlabelled tickets exceed.

    Tickets above the line of "certain" are taken for urgent and left out, as long as there are few of them.
    """
    sure = scores > lines.certain
    return line_at(scores[~sure] if sure.mean() <= _MOST_URGENT else scores, share)


@dataclass(frozen=True)
class Lines:
    """The scores from which a message is probable and certain, and by how much a language's lines are moved."""

    probable: float
    certain: float
    by_language: Mapping[str, float] = field(default_factory=dict)

    def chance(self, score: float, language: str = "") -> float:
        """A score as a chance in 0..1: one half at the line of "probable", 0.85 at that of "certain"."""
        moved = self.by_language.get(language, self.by_language.get(language.split("-")[0], 0.0))
        steepness = math.log(_AT_CERTAIN / (1 - _AT_CERTAIN)) / (self.certain - self.probable)
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, steepness * (score - moved - self.probable)))))


def draw(
    hard: Ordinary,
    usual: Ordinary | None = None,
    false_alarms: float | None = None,
    by_language: Mapping[str, float] | None = None,
) -> Lines:
    """The lines for a desk.

    ``usual`` are its own ordinary messages; ``false_alarms`` the share of them that may reach "probable", where the desk
    names one: it then decides alone, as far as there are enough of them. ``by_language`` moves lines on top.
    """
    enough = usual is not None and len(usual.scores) >= _LEAST_USUAL
    probable = hard.line(HARD_PROBABLE)
    if usual is not None and enough:
        asked = usual.line(USUAL_PROBABLE if false_alarms is None else false_alarms)
        probable = asked if false_alarms is not None else max(probable, asked)
    elif false_alarms is not None:
        probable = hard.line(false_alarms)
    certain = max(hard.line(HARD_CERTAIN), probable + _LEAST_STEP)
    shifts = {**_by_language(hard, probable), **(by_language or {})}
    return Lines(probable, certain, shifts)


def _by_language(hard: Ordinary, line: float) -> dict[str, float]:
    """How far each language's own line for the same share lies off, drawn to none where its messages are few."""
    if not hard.languages:
        return {}
    share = float((hard.scores > line).mean())
    names = np.array(hard.languages)
    return {
        str(name): round((line_at(own, share) - line) * len(own) / (len(own) + _TRUSTED), 4)
        for name in np.unique(names)
        if len(own := hard.scores[names == name]) > 1
    }


@dataclass(frozen=True)
class Priced:
    """What a line costs: the share of urgent messages that it catches, and false alarms in a thousand ordinary ones."""

    chance: float
    recall: float
    usual: float
    hard: float


def price_list(
    lines: Lines, urgent: Ordinary, hard: Ordinary, usual: Ordinary, chances: Sequence[float]
) -> list[Priced]:
    """For each chance, as desk.toml's ``probable`` would name it, what would be caught and what it would cost."""
    caught, alarmed, wrong = (_chances(lines, side) for side in (urgent, usual, hard))
    return [
        Priced(chance, _share(caught, chance), 1000 * _share(alarmed, chance), 1000 * _share(wrong, chance))
        for chance in chances
    ]


def _chances(lines: Lines, side: Ordinary) -> Floats:
    tags = side.languages or ("",) * len(side.scores)
    return np.array([lines.chance(float(score), tag) for score, tag in zip(side.scores, tags, strict=True)])


def _share(chances: Floats, line: float) -> float:
    return float((chances >= line).mean()) if len(chances) else math.nan
