"""Precision, recall, coverage and calibration, for each topic and each language."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zd_automation.evaluation.calibration import expected_error
from zd_automation.evaluation.predictions import Predictions
from zd_automation.evaluation.shares import Share

Places = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TopicFigures:
    """One topic. Precision, ECE and confidence are of what was said to be this topic, recall and coverage of what is."""

    topic: str
    learnt: bool
    """False where only the labels know the topic."""
    rows: int
    precision: Share
    recall: Share
    coverage: Share
    """For how many of its messages the model would speak, rightly or not."""
    spoken: Share
    """How often it is right where it would speak of this topic."""
    ece: float | None
    confidence: float | None


@dataclass(frozen=True)
class LanguageFigures:
    """One language: as for a topic, with precision and recall as means over the topics of its messages."""

    language: str
    rows: int
    topics: int
    accuracy: Share
    precision: float
    recall: float
    coverage: Share
    spoken: Share
    ece: float | None
    confidence: float


def topic_figures(predictions: Predictions, place: int) -> TopicFigures:
    """The figures of the topic at this place in ``predictions.topics``."""
    of_it = predictions.right == place
    said = (predictions.said == place) & predictions.in_scope
    right, confidence = predictions.correct, predictions.confidence[said]
    return TopicFigures(
        topic=predictions.topics[place], learnt=predictions.topics[place] not in predictions.unlearnt,
        rows=int(of_it.sum()), precision=Share.counted(right, said), recall=Share.counted(right, of_it),
        coverage=Share.counted(predictions.spoken, of_it),
        spoken=Share.counted(right, predictions.spoken & (predictions.said == place)),
        ece=expected_error(confidence, right[said]),
        confidence=float(confidence.mean()) if len(confidence) else None,
    )  # fmt: skip


def language_figures(predictions: Predictions) -> tuple[LanguageFigures, ...]:
    """One for each language, the most frequent first."""
    languages = np.array(predictions.languages)
    found = []
    for language in np.unique(languages[predictions.in_scope]):
        here = languages == language
        rows = here & predictions.in_scope
        confidence, correct = predictions.confidence[rows], predictions.correct[rows]
        precision, recall = by_topic(predictions.right[rows], predictions.said[rows], len(predictions.topics))
        found.append(
            LanguageFigures(
                language=str(language), rows=int(rows.sum()), topics=len(precision),
                accuracy=Share.counted(predictions.correct, rows), precision=float(precision.mean()),
                recall=float(recall.mean()), coverage=Share.counted(predictions.spoken, rows),
                spoken=Share.counted(predictions.correct, predictions.spoken & here),
                ece=expected_error(confidence, correct), confidence=float(confidence.mean()),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda figures: (-figures.rows, figures.language)))


def by_topic(right: Places, said: Places, topics: int) -> tuple[Floats, Floats]:
    """Precision and recall of each topic that occurs in ``right``; a topic never said has precision 0."""
    there, told = np.bincount(right, minlength=topics), np.bincount(said, minlength=topics)
    hits = np.bincount(right[right == said], minlength=topics)
    occurs = there > 0
    return hits[occurs] / np.maximum(told[occurs], 1), hits[occurs] / there[occurs]


def macro_f1(right: Places, said: Places, topics: int) -> float:
    """The mean F1 of the topics that occur in ``right``."""
    precision, recall = by_topic(right, said, topics)
    return float((2 * precision * recall / np.maximum(precision + recall, 1e-12)).mean())
