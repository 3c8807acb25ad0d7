"""All that is measured of a topic model, from its predictions on labelled messages that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zd_automation.errors import ModelError
from zd_automation.evaluation import calibration
from zd_automation.evaluation.calibration import Bin
from zd_automation.evaluation.figures import LanguageFigures, TopicFigures, language_figures, macro_f1, topic_figures
from zd_automation.evaluation.findings import (
    Confusion,
    OutOfScope,
    Overlap,
    Suspect,
    confusions,
    counts,
    out_of_scope,
    overlaps,
    suspects,
)
from zd_automation.evaluation.predictions import Predictions
from zd_automation.evaluation.shares import BOTH_SIDES, FEW, Estimate, Share

_CURVE_POINTS = 100
_RESAMPLES = 200
_THREE = 3
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Point:
    """What speaking from this confidence on would give."""

    confidence: float
    coverage: float
    precision: Share


@dataclass(frozen=True)
class Evaluation:
    """A model's figures. Best-topic figures (accuracy, F1, ECE) and coverage count the messages that have a topic;
    precision when spoken counts all, for speaking of a message that belongs to no topic is a mistake.
    """

    topics: tuple[str, ...]
    rows: int
    """Messages that have a topic."""
    target: float | None
    accuracy: Share
    top_3: Share
    macro_f1: Estimate
    coverage: Share
    precision: Share
    ece: float
    ece_equal_mass: float
    ece_by_chance: float
    """What a perfectly calibrated model stays below in 95 of 100 cases, with so many messages."""
    per_topic: tuple[TopicFigures, ...]
    per_language: tuple[LanguageFigures, ...]
    confusions: tuple[Confusion, ...]
    curve: tuple[Point, ...]
    bins: tuple[Bin, ...]
    suspects: tuple[Suspect, ...]
    overlaps: tuple[Overlap, ...]
    out_of_scope: OutOfScope | None
    cautions: tuple[str, ...]
    """What the figures cannot say, in plain words."""

    def as_json(self, texts: bool = False) -> dict[str, Any]:
        """Everything as plain values; the suspects' words only where ``texts`` asks for them."""
        plain: dict[str, Any] = _plain(self)
        if not texts:
            plain["suspects"] = [{k: v for k, v in row.items() if k != "text"} for row in plain["suspects"]]
        return plain

    def summary(self) -> dict[str, int | float | None]:
        """The few figures that a model's card keeps; ``precision`` is None where the model never spoke."""
        shares = {
            "accuracy": self.accuracy,
            "top_3": self.top_3,
            "coverage": self.coverage,
            "precision": self.precision,
        }
        figures = {name: share.value for name, share in shares.items()}
        figures |= {"macro_f1": self.macro_f1.value, "ece": self.ece}
        rounded = {name: None if value is None else round(value, 4) for name, value in figures.items()}
        return {"rows": self.rows, "topics": len(self.topics), **rounded}


def evaluate(predictions: Predictions, target: float | None = None) -> Evaluation:
    """Measure everything; ``target`` is the desk's usual target precision, for the chart.

    Raises ModelError where no message has a topic.
    """
    inside = predictions.in_scope
    if not inside.any():
        raise ModelError("evaluation: no message with a topic to judge by; give a history whose rows name their topic")
    confidence, correct = predictions.confidence[inside], predictions.correct[inside]
    table, accuracy = counts(predictions), Share.counted(predictions.correct, inside)
    ece, equal_mass, by_chance = (
        calibration.expected_error(confidence, correct),
        calibration.expected_error_equal_mass(confidence, correct),
        calibration.error_by_chance(confidence),
    )
    per_topic = tuple(topic_figures(predictions, place) for place in range(len(predictions.topics)))
    per_language = language_figures(predictions)
    return Evaluation(
        topics=predictions.topics, rows=int(inside.sum()), target=target, accuracy=accuracy,
        top_3=Share.counted(_among_best(predictions, _THREE), inside), macro_f1=_f1(predictions, accuracy),
        coverage=Share.counted(predictions.spoken, inside),
        precision=Share.counted(predictions.correct, predictions.spoken),
        ece=ece or 0.0, ece_equal_mass=equal_mass or 0.0, ece_by_chance=by_chance or 0.0,
        per_topic=per_topic, per_language=per_language, confusions=confusions(predictions, table),
        curve=_curve(predictions), bins=calibration.reliability(confidence, correct), suspects=suspects(predictions),
        overlaps=overlaps(predictions.topics, table), out_of_scope=out_of_scope(predictions),
        cautions=_cautions(per_topic, per_language),
    )  # fmt: skip


def _f1(predictions: Predictions, accuracy: Share) -> Estimate:
    """The mean F1 of the topics that have messages; its interval by drawing the messages again (seeded)."""
    right, said = predictions.right[predictions.in_scope], predictions.said[predictions.in_scope]
    value = macro_f1(right, said, len(predictions.topics))
    deal, drawn = np.random.default_rng(0), []
    for _ in range(_RESAMPLES):
        rows = deal.integers(len(right), size=len(right))
        drawn.append(macro_f1(right[rows], said[rows], len(predictions.topics)))
    half = BOTH_SIDES * float(np.std(drawn))
    if half == 0.0:  # all right or all wrong: drawing again shows no spread, the plain share's interval does
        return Estimate(value, min(value, accuracy.low), max(value, accuracy.high))
    return Estimate(value, max(0.0, value - half), min(1.0, value + half))


def _among_best(predictions: Predictions, many: int) -> Mask:
    """Whether the right topic is among the ``many`` best."""
    best = np.argsort(-predictions.chances, axis=1, kind="stable")[:, :many]
    among: Mask = (best == predictions.right[:, None]).any(axis=1)
    return among


def _curve(predictions: Predictions) -> tuple[Point, ...]:
    """Speaking from each confidence on, the highest first: at most a hundred points, the last one says everything."""
    order = np.argsort(-predictions.confidence, kind="stable")
    ranked = predictions.confidence[order]
    right, inside = np.cumsum(predictions.correct[order]), np.cumsum(predictions.in_scope[order])
    # Messages of the same confidence are spoken together or not at all.
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    shown = ends[np.unique(np.linspace(0, len(ends) - 1, min(_CURVE_POINTS, len(ends))).round().astype(np.intp))]
    return tuple(
        Point(float(ranked[end]), float(inside[end] / inside[-1]), Share(int(right[end]), int(end) + 1))
        for end in shown
    )


def _cautions(topics: tuple[TopicFigures, ...], languages: tuple[LanguageFigures, ...]) -> tuple[str, ...]:
    said = []
    if none := [figures.topic for figures in topics if not figures.rows]:
        said.append(f"No message for {len(none)} of {len(topics)} topics: nothing is known of them.")
    if few := [figures.topic for figures in topics if 0 < figures.rows < FEW]:
        said.append(f"Fewer than {FEW} messages for {len(few)} of {len(topics)} topics: read their intervals.")
    if few := [figures.language for figures in languages if figures.rows < FEW]:
        said.append(f"Fewer than {FEW} messages in: {', '.join(few)}.")
    if strangers := [figures.topic for figures in topics if not figures.learnt]:
        said.append(f"The model does not know {', '.join(strangers)}: every message of theirs counts as wrong.")
    return tuple(said)


def _plain(value: Any) -> Any:
    """Dataclasses as mappings, floats to six digits."""
    if isinstance(value, Share | Estimate):
        return value.as_json()
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return round(value, 6) if isinstance(value, float) else value
