"""What a topic model says of labelled messages that it has not seen, and whether a candidate may replace what serves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from zd_automation.assembly import Encoders, stored_classifier, topic_model
from zd_automation.desk_files import DeskFiles
from zd_automation.errors import ModelError
from zd_automation.evaluation.gate import Verdict, judge
from zd_automation.evaluation.predictions import NO_TOPIC, Predictions
from zd_automation.lessons import Lesson, Reader, learnable, lessons, topics_on
from zd_automation.models.cache import ModelCache
from zd_automation.models.model_files import Stored
from zd_automation.models.registry import Registry
from zd_automation.models.topic_classifier import TopicClassifier
from zd_automation.triage.desk import Desk
from zd_automation.triage.ports import TopicRanking

_BATCH = 256
Seen = npt.NDArray[np.uint64]


@dataclass
class Answers:
    """What models said of rows, gathered into one ``Predictions``: each row is answered by one model."""

    desk: Desk
    rows: Sequence[Lesson]

    def __post_init__(self) -> None:
        self._chances: dict[int, dict[str, float]] = {}
        self._rankings: dict[int, TopicRanking] = {}
        self._learnt: set[str] = set()

    def ask(self, model: TopicClassifier, places: Sequence[int]) -> None:
        """Let a model answer the rows at these places."""
        self._learnt |= set(model.topics)
        for start in range(0, len(places), _BATCH):
            batch = places[start : start + _BATCH]
            texts, languages = [self.rows[at].text for at in batch], [self.rows[at].language for at in batch]
            rankings, told = model.rank(texts, languages), model.chances(texts, languages).tolist()
            for at, ranking, chances in zip(batch, rankings, told, strict=True):
                self._rankings[at] = ranking
                self._chances[at] = dict(zip(model.topics, chances, strict=True))

    def predictions(self) -> Predictions:
        """Everything that was said. Every row must have been asked about."""
        labels = {row.topic for row in self.rows if row.topic}
        # A topic that the desk gave up may still be the model's best: it has a column, and is never spoken.
        topics = tuple(sorted(self._learnt | labels))
        column = {topic: number for number, topic in enumerate(topics)}
        chances = np.zeros((len(self.rows), len(topics)), dtype=np.float32)
        for at, row in self._chances.items():
            chances[at, [column[topic] for topic in row]] = list(row.values())
        rankings = [self._rankings[at] for at in range(len(self.rows))]
        on = topics_on(self.desk)
        return Predictions(
            topics=topics,
            texts=tuple(row.text.text for row in self.rows),
            languages=tuple(row.language.split("-")[0] for row in self.rows),
            right=np.array([column.get(row.topic, NO_TOPIC) for row in self.rows], dtype=np.int32),
            chances=chances,
            lines=np.array([ranking.threshold for ranking in rankings], dtype=np.float32),
            known=np.array([ranking.known for ranking in rankings], dtype=np.float32),
            spoken=np.array([_speaks(ranking, on) for ranking in rankings], dtype=np.bool_),
            ids=tuple(row.id for row in self.rows),
            unlearnt=tuple(sorted(labels - self._learnt)),
        )


def predicted(model: TopicClassifier, rows: Sequence[Lesson], desk: Desk) -> Predictions:
    """What one model says of rows that it has not seen."""
    answers = Answers(desk, rows)
    answers.ask(model, range(len(rows)))
    return answers.predictions()


def _speaks(ranking: TopicRanking, on: frozenset[str]) -> bool:
    best = ranking.candidates[0]
    return not ranking.silence and best.score >= ranking.threshold and best.id in on


def seen(rows: Iterable[Lesson]) -> Seen:
    """Keys of messages, sorted: enough to know a message again, not to read it."""
    return np.unique(np.array([_key(row) for row in rows], dtype=np.uint64))


def unseen(rows: Iterable[Lesson], *learnt: Seen) -> list[Lesson]:
    """The rows whose message none of the models has learnt from, whatever its capitals and spaces."""
    known = {int(key) for keys in learnt for key in keys}
    return [row for row in rows if _key(row) not in known]


def _key(row: Lesson) -> int:
    words = " ".join(row.text.text.lower().split()).encode("utf-8", "backslashreplace")
    return int.from_bytes(blake2b(words, digest_size=8).digest(), "big")


@dataclass(frozen=True)
class Gate:
    """The verdict on a candidate, against which model, and how many rows were left out since a model knows them."""

    verdict: Verdict
    model: str
    """The candidate's file."""
    against: str
    left_out: int = 0


def gate(
    registry: Registry, files: DeskFiles, rows: Sequence[Lesson], reader: Reader, encoders: Encoders,
    models: ModelCache,
) -> Gate:  # fmt: skip
    """Hold the candidate against what serves today, on the rows that neither has learnt from.

    What serves is the active model, else the previous one, else the one that is learnt from the desk's files. Raises
    ModelError when there is no sound candidate, or no row is left to judge on.
    """
    stored = registry.load("candidate")
    ours = stored_classifier(stored, files.desk, encoders)
    theirs, against, known = _serving(registry, files, reader, encoders, models)
    if theirs is None:
        return Gate(Verdict(ok=True, reasons=(), facts=(f"nothing to compare with: {against}",)), stored.card.model, "")
    judged = unseen(rows, keys_of(stored), known)
    if not judged:
        raise ModelError("gate: every message of the history was learnt from; give a later one")
    floors = {topic.id: topic.target_precision for topic in files.desk.topics}
    verdict = judge(
        predicted(ours, judged, files.desk),
        predicted(theirs, judged, files.desk),
        floors,
        retired=set(theirs.topics) - topics_on(files.desk),
    )
    return Gate(verdict, stored.card.model, against, len(rows) - len(judged))


def keys_of(stored: Stored) -> Seen:
    """The keys of the messages that a stored model has learnt from. Raises ModelError when it does not say."""
    keys = stored.state.get("seen")
    if not isinstance(keys, np.ndarray):
        raise ModelError(f"{stored.card.model} does not say what it learnt from; train it anew")
    return keys


def _serving(
    registry: Registry, files: DeskFiles, reader: Reader, encoders: Encoders, models: ModelCache
) -> tuple[TopicClassifier | None, str, Seen]:
    served = registry.serving(lambda stored: (stored_classifier(stored, files.desk, encoders), keys_of(stored)))
    if served.model and served.card:
        model, known = served.model
        return model, served.card.model, known
    try:
        model = topic_model(files, reader, encoders, models)
    except ModelError as error:
        return None, str(error), seen([])
    return model, "the model that is learnt from the desk's files", seen(lessons(learnable(files), reader))
