"""What to read and what to mend: confusions, labels that look wrong, topics that overlap, messages out of scope."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zd_automation.evaluation.predictions import Predictions
from zd_automation.evaluation.shares import Estimate, Share, area_under, at_least

_TO_READ = 5
_DOUBT = 0.05
# Below this share, seen with confidence, two topics are hardly told apart (a coin would reach 0.5).
_TOLD_APART = 0.8


@dataclass(frozen=True)
class Confusion:
    """Messages of one topic for which the model's best topic is another one."""

    right: str
    said: str
    share: Share
    """How many of the right topic's messages."""
    spoken: int
    """For how many of them the model would have spoken."""
    ids: tuple[str, ...]
    """Some of them to read, the most confident mistakes first."""


@dataclass(frozen=True)
class Suspect:
    """A message whose label the model doubts as strongly as it believes in labels of the other topic."""

    id: str
    text: str
    language: str
    label: str
    said: str
    label_chance: float
    said_chance: float

    @property
    def margin(self) -> float:
        """How much more the model believes in the other topic."""
        return self.said_chance - self.label_chance


@dataclass(frozen=True)
class Overlap:
    """Two topics that are taken for each other, in both directions, more often than chance explains."""

    first: str
    second: str
    first_as_second: Share
    second_as_first: Share
    told_apart: Share
    """Of the messages of both that were said to be one of the two: how many rightly."""
    chance: float
    """The probability that mistakes falling on topics by their size would do this."""
    advice: str
    """``merge``: the model hardly tells them apart. ``sharpen``: it does, but their examples overlap."""


@dataclass(frozen=True)
class OutOfScope:
    """Messages that belong to no topic: are they less confident and less known, and does the model keep silent?"""

    rows: int
    confidence: Estimate
    """AUROC of the confidence: how often a message with a topic is more confident than one without; 0.5 is chance."""
    known: Estimate
    """The same of the nearness to known examples."""
    spoken: Share
    """For how many of them the model would speak, each time wrongly."""


def counts(predictions: Predictions) -> npt.NDArray[np.int64]:
    """How often each topic (row) was said to be each topic (column), shape (topics, topics); scope rows only."""
    size, inside = len(predictions.topics), predictions.in_scope
    flat = predictions.right[inside].astype(np.int64) * size + predictions.said[inside]
    table: npt.NDArray[np.int64] = np.bincount(flat, minlength=size * size).reshape(size, size)
    return table


def confusions(predictions: Predictions, table: npt.NDArray[np.int64]) -> tuple[Confusion, ...]:
    """Every confused pair, the most frequent first."""
    topics, totals = predictions.topics, table.sum(axis=1)
    wrong = np.flatnonzero(predictions.in_scope & ~predictions.correct)
    surest_first = wrong[np.argsort(-predictions.confidence[wrong], kind="stable")]
    rows_of: dict[tuple[int, int], list[int]] = {}
    for row in surest_first:
        rows_of.setdefault((int(predictions.right[row]), int(predictions.said[row])), []).append(int(row))
    found = [
        Confusion(
            right=topics[right], said=topics[said], share=Share(len(rows), int(totals[right])),
            spoken=int(predictions.spoken[rows].sum()), ids=tuple(predictions.ids[row] for row in rows[:_TO_READ]),
        )
        for (right, said), rows in rows_of.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda pair: (-pair.share.right, -pair.spoken, pair.right, pair.said)))


def suspects(predictions: Predictions) -> tuple[Suspect, ...]:
    """Labels that look wrong, widest margin first (confident learning).

    A message is suspected when another topic reaches the chance which that topic has on average on the messages
    labelled with it, and lies above the chance of the message's own label.
    """
    usual = _usual_chances(predictions)
    found = []
    for row in np.flatnonzero(predictions.in_scope):
        chances, label = predictions.chances[row], int(predictions.right[row])
        reached = np.flatnonzero((chances >= usual) & (chances > chances[label]))
        if not len(reached):
            continue
        said = int(reached[chances[reached].argmax()])
        found.append(
            Suspect(
                id=predictions.ids[row], text=predictions.texts[row], language=predictions.languages[row],
                label=predictions.topics[label], said=predictions.topics[said],
                label_chance=float(chances[label]), said_chance=float(chances[said]),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda suspect: (-suspect.margin, suspect.id)))


def _usual_chances(predictions: Predictions) -> npt.NDArray[np.float64]:
    """The mean chance of each topic on the messages labelled with it; a topic without any is never reached."""
    usual = np.full(len(predictions.topics), np.inf)
    for topic in np.unique(predictions.right[predictions.in_scope]):
        usual[topic] = predictions.chances[predictions.right == topic, topic].mean(dtype=np.float64)
    return usual


def overlaps(topics: Sequence[str], table: npt.NDArray[np.int64]) -> tuple[Overlap, ...]:
    """Pairs confused in both directions (twice or more in each) beyond chance, the least told apart first.

    Chance lets a topic's mistakes fall on the other topics by their size. The two directions' probabilities are
    joined (Fisher), and the line is 5 % divided by the number of pairs there are.
    """
    line = _DOUBT / max(1, math.comb(len(topics), 2))
    often = (table >= 2) & (table.T >= 2)
    found = []
    for first, second in zip(*np.nonzero(np.triu(often, k=1)), strict=True):
        product = _by_chance(table, first, second) * _by_chance(table, second, first)
        chance = product * (1 - math.log(product)) if product > 0 else 0.0
        if chance < line:
            found.append(_overlap(topics, table, int(first), int(second), chance))
    return tuple(sorted(found, key=lambda pair: (pair.told_apart.value, pair.first, pair.second)))


def _by_chance(table: npt.NDArray[np.int64], right: int, said: int) -> float:
    sizes = table.sum(axis=1)
    mistakes = int(sizes[right] - table[right, right])
    return at_least(int(table[right, said]), mistakes, float(sizes[said] / (sizes.sum() - sizes[right])))


def _overlap(topics: Sequence[str], table: npt.NDArray[np.int64], a: int, b: int, chance: float) -> Overlap:
    told_right = int(table[a, a] + table[b, b])
    told_apart = Share(told_right, told_right + int(table[a, b] + table[b, a]))
    sizes = table.sum(axis=1)
    return Overlap(
        first=topics[a], second=topics[b],
        first_as_second=Share(int(table[a, b]), int(sizes[a])), second_as_first=Share(int(table[b, a]), int(sizes[b])),
        told_apart=told_apart, chance=chance, advice="merge" if told_apart.high < _TOLD_APART else "sharpen",
    )  # fmt: skip


def out_of_scope(predictions: Predictions) -> OutOfScope | None:
    """How messages without a topic stand out; None where there are none, or nothing else."""
    inside = predictions.in_scope
    outside = ~inside
    if not outside.any() or not inside.any():
        return None

    def area(scores: npt.NDArray[np.floating[Any]]) -> Estimate:
        return area_under(scores[inside], scores[outside])

    return OutOfScope(
        rows=int(outside.sum()), confidence=area(predictions.confidence), known=area(predictions.known),
        spoken=Share.counted(predictions.spoken, outside),
    )  # fmt: skip
