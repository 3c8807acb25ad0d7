"""Trains a desk's topic model and judges it on messages that it has not seen.

Nothing is tuned on a message that is judged: temperature and thresholds come from inside each training.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, cast

import numpy as np

from zd_automation.assembly import Encoders, classifier, encoder_names, language_reader, learn
from zd_automation.desk_files import DeskFiles
from zd_automation.errors import ModelError
from zd_automation.evaluation.measures import evaluate
from zd_automation.evaluation.predictions import Predictions
from zd_automation.history import History
from zd_automation.judging import Answers, predicted, seen, unseen
from zd_automation.lessons import Lesson, Reader, learnable, learning_hash, left_out, lessons
from zd_automation.models.cache import content_hash
from zd_automation.models.encoder import Encoder, Vectors
from zd_automation.models.model_files import Card
from zd_automation.models.topic_model import FittedTopics
from zd_automation.vectors import desk_encoders

_LIBRARIES = ("numpy", "scikit-learn", "scipy", "skops", "zd-automation")
# Two: the trainings are many small steps of BLAS, and a desk's machine has other work.
_AT_ONCE = 2

Progress = Callable[[str, int, int], None]
"""What was just done, how many steps are done, how many there are."""


class Remembering:
    """An encoder that keeps every vector: the same messages are asked for in each of many trainings."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: dict[str, Vectors] = {}

    def __getattr__(self, name: str) -> Any:
        # All but the vectors is the encoder's own.
        return getattr(self._encoder, name)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See ``models.encoder.Encoder``."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if missing:
            self._vectors |= dict(zip(missing, self._encoder.encode(missing), strict=True))
        return np.stack([self._vectors[text] for text in texts]) if texts else self._encoder.encode(texts)


@dataclass(frozen=True)
class Workshop:
    """A desk with what reads for it while it is trained."""

    files: DeskFiles
    reader: Reader
    encoders: Encoders

    @classmethod
    def of(cls, files: DeskFiles) -> Workshop:
        """The workshop of a desk, with the encoders that it works with. Raises ModelError when one cannot be had."""
        reader = language_reader(files.desk, files.language_backend)
        return cls(files, reader, tuple(cast("Encoder", Remembering(encoder)) for encoder in desk_encoders(files)))

    def own(self) -> list[Lesson]:
        """The desk's own examples."""
        return lessons(learnable(self.files), self.reader)


@dataclass(frozen=True)
class Trained:
    """A model as the registry takes it, and what should be said of it."""

    state: dict[str, Any]
    card: Card
    troubles: tuple[str, ...] = ()


def train(
    workshop: Workshop, history: History, since: datetime | None, folds: int, progress: Progress, now: datetime
) -> Trained:
    """Learn from the desk's examples and the history before ``since``; judge on the history from then on.

    Without ``since`` the figures of the card are cross-validated in ``folds`` parts; with 0 there are none. Seeded:
    the same files give the same model. Raises ModelError when there is too little to learn, DefinitionError when no
    row is from ``since`` on.
    """
    files = workshop.files
    if since:
        history.later(since)  # no later slice: known before the work, not after it
    learnt = [row for row in (*workshop.own(), *history.before(since)) if row.topic]
    steps = 2 + (1 if since else folds)
    progress(f"{len(learnt)} messages read", 1, steps)
    fitted = learn(learnt, files.desk, workshop.reader, workshop.encoders)
    progress(f"{len(fitted.topics)} topics learnt", 2, steps)
    troubles = [missing] if (missing := left_out(files.desk, fitted.topics)) else []
    figures: dict[str, Any] = {}
    try:
        if since:
            told = _on_the_later(fitted, learnt, workshop, history, since)
            figures = {**evaluate(told).summary(), "judged_on": f"{len(told)} messages since {since:%Y-%m-%d}"}
            progress("judged on the later messages", steps, steps)
        elif folds:
            rows = [*workshop.own(), *history.rows]
            told = cross_validated(rows, workshop, folds, lambda what, done, _: progress(what, 2 + done, steps))
            figures = {**evaluate(told).summary(), "judged_on": f"cross-validation in {folds} parts"}
    except ModelError as error:
        troubles.append(f"the model could not be judged: {error}")
    card = Card(
        trained_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        data_hash=content_hash([[row.topic, row.text.text, row.language] for row in learnt]),
        definitions_hash=learning_hash(files),
        libraries={"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
        rows=len(learnt),
        topics=len(fitted.topics),
        encoders=encoder_names(workshop.encoders),
        evaluation=figures,
    )
    return Trained({"topics": fitted.state(), "seen": seen(learnt)}, card, tuple(troubles))


def judged(workshop: Workshop, history: History, since: datetime | None, folds: int, progress: Progress) -> Predictions:
    """What the present files and history are good for, whatever models are stored: cross-validated, or with ``since``
    learnt from what was before and judged on what came later. Raises as :func:`train` does.
    """
    if since is None:
        return cross_validated([*workshop.own(), *history.rows], workshop, folds, progress)
    history.later(since)
    learnt = [row for row in (*workshop.own(), *history.before(since)) if row.topic]
    progress(f"{len(learnt)} messages read", 1, 3)
    fitted = learn(learnt, workshop.files.desk, workshop.reader, workshop.encoders)
    progress(f"{len(fitted.topics)} topics learnt", 2, 3)
    told = _on_the_later(fitted, learnt, workshop, history, since)
    progress("judged on the later messages", 3, 3)
    return told


def _on_the_later(
    fitted: FittedTopics, learnt: Sequence[Lesson], workshop: Workshop, history: History, since: datetime
) -> Predictions:
    made = classifier(fitted, workshop.encoders, workshop.files.desk, "")
    return predicted(made, unseen(history.later(since), seen(learnt)), workshop.files.desk)


def cross_validated(rows: Sequence[Lesson], workshop: Workshop, folds: int, progress: Progress) -> Predictions:
    """What models say of rows that each of them has not seen: for each part one learns from the others.

    Rows without a topic are never learnt from. Equal messages are in the same part. Raises ModelError when there is
    too little to learn from.
    """
    for encoder in workshop.encoders:
        encoder.encode([row.text.text for row in rows])  # once, before the parts ask for them side by side
    part = dealt(rows, folds)
    answers = Answers(workshop.files.desk, rows)

    def judge_part(number: int) -> None:
        learnt = [row for row, at in zip(rows, part, strict=True) if at != number and row.topic]
        fitted = learn(learnt, workshop.files.desk, workshop.reader, workshop.encoders)
        places = [place for place, at in enumerate(part) if at == number]
        answers.ask(classifier(fitted, workshop.encoders, workshop.files.desk, ""), places)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done, _ in enumerate(pool.map(judge_part, range(folds)), start=1):
            progress(f"part {done} of {folds} judged", done, folds)
    return answers.predictions()


def dealt(rows: Sequence[Lesson], folds: int) -> list[int]:
    """The part of each row: every topic is dealt out evenly (seeded), and equal messages stay together."""
    deal = np.random.default_rng(0)
    part: dict[str, int] = {}
    for topic in sorted({row.topic for row in rows}):
        fresh = [key for key in dict.fromkeys(_words(row) for row in rows if row.topic == topic) if key not in part]
        first = int(deal.integers(folds))
        part |= {fresh[at]: (first + place) % folds for place, at in enumerate(deal.permutation(len(fresh)))}
    return [part[_words(row)] for row in rows]


def _words(row: Lesson) -> str:
    return " ".join(row.text.text.lower().split())
