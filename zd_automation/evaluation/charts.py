"""The geometry of the page's three pictures, in SVG units; the template only draws."""

from __future__ import annotations

import math
from dataclasses import dataclass

from zd_automation.evaluation.measures import Evaluation
from zd_automation.evaluation.shares import Share

SIDE = 300.0
"""Width and height of a chart's plot."""
_MOST = 20
_ENOUGH = 10
_LARGEST = 7.0
_SMALLEST = 3.5
_STRIP = 26.0
CELL = 28.0
"""Side of a cell of the heat map."""
_LETTERS = 30
_LETTER = 7.2
_NUMBERS = 38.0


@dataclass(frozen=True)
class Mark:
    """A dot with the line of its interval, and the words that a pointer or a screen reader finds."""

    x: float
    y: float
    low: float
    high: float
    size: float
    weak: bool
    words: str


@dataclass(frozen=True)
class Tick:
    """A line of the grid and its label."""

    at: float
    label: str


@dataclass(frozen=True)
class Reliability:
    """Confidence to the right, share right upwards; below, how many messages have each confidence."""

    marks: tuple[Mark, ...]
    columns: tuple[tuple[float, float, float], ...]
    """x, width and height of the strip's columns."""


@dataclass(frozen=True)
class Curve:
    """Coverage to the right, precision upwards from ``floor``."""

    line: str
    band: str
    floor: float
    ticks: tuple[Tick, ...]
    target: float | None
    now: Mark | None


@dataclass(frozen=True)
class Cell:
    """One cell of the heat map; ``heat`` in 0..1."""

    x: float
    y: float
    count: int
    heat: float
    same: bool
    words: str


@dataclass(frozen=True)
class HeatMap:
    """The most confused topics, those confused with each other side by side."""

    topics: tuple[str, ...]
    cells: tuple[Cell, ...]
    side: float
    names: float
    """Width of the names beside it."""
    letters: int
    """How many letters of a name have room."""


def reliability(evaluation: Evaluation) -> Reliability:
    """The reliability diagram; bins with fewer than ten messages are drawn weak."""
    most = max((found.right.of for found in evaluation.bins), default=1)
    marks, columns = [], []
    for found in evaluation.bins:
        share, count = found.right.value or 0.0, found.right.of
        words = f"Confidence {found.confidence:.0%}: right in {found.right}"
        size = max(_SMALLEST, _LARGEST * math.sqrt(count / most))
        marks.append(
            Mark(
                found.confidence * SIDE, _up(share), _up(found.right.low), _up(found.right.high), size,
                count < _ENOUGH, words,
            )
        )  # fmt: skip
        columns.append((found.low * SIDE + 1, (found.high - found.low) * SIDE - 2, max(1.0, _STRIP * count / most)))
    return Reliability(tuple(marks), tuple(columns))


def curve(evaluation: Evaluation) -> Curve:
    """Precision for every coverage the model could have, the target, and where its own lines put it."""
    points = [point for point in evaluation.curve if point.precision.of >= _ENOUGH] or list(evaluation.curve)
    now = evaluation.precision if evaluation.precision.of else None
    lowest = [point.precision.value or 0.0 for point in points]
    lowest += [] if evaluation.target is None else [evaluation.target]
    lowest += [] if now is None else [now.value or 0.0]
    floor = max(0.0, min(0.9, math.floor((min(lowest) - 0.02) * 10) / 10))

    def place(x: float, share: float) -> str:
        return f"{x * SIDE:.1f},{_up(share, floor):.1f}"

    steps = round((1 - floor) * 10)
    stride = 1 if steps <= 5 else 2
    ticks = [floor + step / 10 for step in range(0, steps + 1, stride)]
    upper = [place(point.coverage, point.precision.high) for point in points]
    lower = [place(point.coverage, point.precision.low) for point in reversed(points)]
    return Curve(
        line=" ".join(place(point.coverage, point.precision.value or 0.0) for point in points),
        band=" ".join(upper + lower), floor=floor,
        ticks=tuple(Tick(_up(value, floor), f"{value:.0%}") for value in ticks),
        target=None if evaluation.target is None else _up(evaluation.target, floor),
        now=_now(evaluation.coverage, now, floor),
    )  # fmt: skip


def _now(coverage: Share, precision: Share | None, floor: float) -> Mark | None:
    if precision is None or coverage.value is None:
        return None
    words = f"As its lines are set: speaks on {coverage.value:.1%}, right in {precision}"
    return Mark(
        coverage.value * SIDE, _up(precision.value or 0.0, floor), _up(precision.low, floor),
        _up(precision.high, floor), 6.0, precision.few, words,
    )  # fmt: skip


def heat_map(evaluation: Evaluation, most: int = _MOST) -> HeatMap | None:
    """Right topic downwards, what was said to the right, for the most confused topics; None without a confusion."""
    if not evaluation.confusions:
        return None
    topics = _side_by_side(evaluation, most)
    places = {topic: place for place, topic in enumerate(topics)}
    shares = {(pair.right, pair.said): pair.share for pair in evaluation.confusions}
    shares |= {(figures.topic, figures.topic): figures.recall for figures in evaluation.per_topic}
    cells = [
        Cell(
            places[said] * CELL, places[right] * CELL, share.right, math.sqrt(share.value or 0.0), right == said,
            f"{right}, {'rightly named' if right == said else f'said to be {said}'}: {share.right} of {share.of}",
        )
        for (right, said), share in shares.items()
        if right in places and said in places and share.right
    ]  # fmt: skip
    ordered = tuple(sorted(cells, key=lambda cell: (cell.y, cell.x)))
    letters = min(_LETTERS, max(map(len, topics)))
    return HeatMap(topics, ordered, len(topics) * CELL, _NUMBERS + letters * _LETTER, letters)


def _side_by_side(evaluation: Evaluation, most: int) -> tuple[str, ...]:
    """The topics with the most mistakes in either direction, each followed by the one it is most confused with."""
    weight: dict[str, int] = {}
    between: dict[tuple[str, str], int] = {}
    for pair in evaluation.confusions:
        for one, other in ((pair.right, pair.said), (pair.said, pair.right)):
            weight[one] = weight.get(one, 0) + pair.share.right
            between[one, other] = between.get((one, other), 0) + pair.share.right
    left = sorted(weight, key=lambda topic: (-weight[topic], topic))[:most]
    ordered = [left.pop(0)]
    while left:
        last = ordered[-1]
        nearest = max(left, key=lambda topic: (between.get((last, topic), 0), weight[topic]))
        left.remove(nearest)
        ordered.append(nearest)
    return tuple(ordered)


def _up(share: float, floor: float = 0.0) -> float:
    """The y of a share where the plot begins at ``floor``; below it, below the plot by a little at most."""
    height = (share - floor) / (1 - floor)
    return SIDE - SIDE * max(-0.02, min(1.0, height))
