"""Learning topics: rows from n-grams and encoders, four voices, one blend that makes their sum a probability."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from zd_automation.errors import ModelError
from zd_automation.models.blend import Blend
from zd_automation.models.encoder import Encoder
from zd_automation.models.features import Matrix
from zd_automation.models.folds import folds
from zd_automation.models.kernel import Rights
from zd_automation.models.space import Space
from zd_automation.models.voices import REGRESSION_UP_TO, Table, Voices

_NEIGHBOURS = 5
# The share of in-scope examples that may fall below the out-of-scope line.
_REJECTED = 0.03
# Up to so many examples five folds are held out in turn, then three; above REGRESSION_UP_TO a fifth, once.
_FIVE_FOLDS_UP_TO = 1_500
Say = Callable[[int, int], None]


@dataclass(frozen=True)
class Hints:
    """What the desk itself says of its topics: names and descriptions, and which area each topic is of.

    Learnt from, never tested on.
    """

    texts: Sequence[str] = ()
    topics: Sequence[str] = ()
    languages: Sequence[str] = ()
    areas: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HeldOut:
    """What models that had not seen them said of examples: confidence, whether right, and of which topic."""

    confidence: Matrix
    correct: npt.NDArray[np.bool_]
    said: Rights


@dataclass
class FittedTopics:
    """Everything that was learnt, as plain values; see :class:`topic_classifier.TopicClassifier` for its use.

    ``sources`` says of each example of the kernel where it is from.
    """

    topics: tuple[str, ...]
    space: Space
    voices: Voices
    blend: Blend
    known_floor: float
    held_out: HeldOut
    languages: Mapping[str, int]
    sources: tuple[str, ...]

    def state(self) -> dict[str, Any]:
        """Plain arrays, strings and numbers, for the model file."""
        return {
            "topics": list(self.topics),
            "space": self.space.state(),
            "voices": self.voices.state(),
            "blend": [self.blend.loud, self.blend.slope, self.blend.offset],
            "known_floor": self.known_floor,
            "held_out": [self.held_out.confidence, self.held_out.correct, self.held_out.said],
            "languages": dict(self.languages),
            "sources": "\n".join(self.sources),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> FittedTopics:
        """The reverse of :meth:`state`."""
        return cls(
            topics=tuple(state["topics"]),
            space=Space.from_state(state["space"]),
            voices=Voices.from_state(state["voices"]),
            blend=Blend(*state["blend"]),
            known_floor=state["known_floor"],
            held_out=HeldOut(*state["held_out"]),
            languages=state["languages"],
            sources=tuple(state["sources"].split("\n")),
        )


def fit_topics(
    texts: Sequence[str],
    labels: Sequence[str],
    languages: Sequence[str],
    encoders: Sequence[Encoder],
    hints: Hints | None = None,
    sources: Sequence[str] | None = None,
    say: Say = lambda _done, _all: None,
) -> FittedTopics:
    """Learn topics from labelled messages (seeded: the same input gives the same model).

    ``sources`` name the messages where a reason quotes them, by default "example 1" and so on. ``say`` is told how
    many steps of how many are done. Raises ModelError when there are fewer than two topics, no example at all, or a
    topic with fewer than two examples and hints together.
    """
    said = hints or Hints()
    all_texts, all_labels = [*texts, *said.texts], [*labels, *said.topics]
    all_languages = [*languages, *said.languages]
    topics = tuple(sorted(set(all_labels)))
    _check(topics, labels, all_labels)
    place = {topic: number for number, topic in enumerate(topics)}
    right = np.array([place[label] for label in all_labels], dtype=np.int32)
    teacher = _Teacher(right, len(texts), _areas(topics, said.areas), len(topics))
    steps = len(teacher.rounds) + 2
    say(0, steps)
    space, rows = Space.fit(all_texts, all_languages, encoders)
    say(1, steps)
    scores, known, tested = teacher.held_out(rows, lambda done: say(1 + done, steps))
    wanted = right[tested]
    blend = Blend.fit(scores, wanted)
    chances = blend.chances(scores)
    voices = teacher.fit(rows, np.ones(len(right), dtype=np.bool_))
    say(steps, steps)
    named = [*(sources or [f"example {number}" for number in range(1, len(texts) + 1)])]
    named += [f"the words of {topic} itself" for topic in said.topics]
    return FittedTopics(
        topics=topics, space=space, voices=voices, blend=blend,
        known_floor=float(np.quantile(known, _REJECTED)),
        held_out=HeldOut(
            chances.max(axis=1).astype(np.float32), chances.argmax(axis=1) == wanted, chances.argmax(axis=1).astype(np.int32)
        ),
        languages=Counter(language.split("-")[0] for language in languages),
        sources=tuple(named[index].replace("\n", " ") for index in voices.kernel.chosen),
    )  # fmt: skip


def nearness(kernel_scores: Table, cosines: Table) -> Table:
    """How much a row is like what is known: its best kernel score times its mean cosine to the five nearest examples.

    Chosen among ten such scores on the validation rows of CLINC150 (docs/decisions/0005-classifier.md).
    """
    count = min(_NEIGHBOURS, cosines.shape[1])
    near: Table = np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1)
    known: Table = kernel_scores.max(axis=1) * near
    return known


@dataclass(frozen=True)
class _Teacher:
    """Fits voices on some of the rows; the first ``tested`` rows are messages, the rest hints."""

    right: Rights
    tested: int
    area_of: npt.NDArray[np.int32]
    topics: int

    @property
    def parts(self) -> int:
        return 3 if _FIVE_FOLDS_UP_TO < self.tested <= REGRESSION_UP_TO else 5

    @property
    def rounds(self) -> range:
        return range(1 if self.tested > REGRESSION_UP_TO else self.parts)

    def fit(self, rows: Matrix, seen: npt.NDArray[np.bool_]) -> Voices:
        hints = slice(self.tested, None)
        few = len(self.right) <= REGRESSION_UP_TO
        said = (rows[hints], self.right[hints])
        return Voices.fit(rows[seen], self.right[seen], self.topics, self.area_of, said, few)

    def held_out(self, rows: Matrix, say: Callable[[int], None]) -> tuple[Table, Table, npt.NDArray[np.intp]]:
        """Scores (voices, tested rows, topics) and nearness by voices that have not seen the row, and which rows."""
        fold = folds(rows, self.right, self.tested, self.parts)
        tested, scores, known = [], [], []
        for number in self.rounds:
            unseen = np.flatnonzero(fold[: self.tested] == number)
            if not len(unseen):
                continue
            said, cosines = self.fit(rows, fold != number).scores(rows[unseen])
            tested.append(unseen)
            scores.append(said)
            known.append(nearness(said[1], cosines))
            say(number + 1)
        return np.concatenate(scores, axis=1), np.concatenate(known), np.concatenate(tested)


def _areas(topics: Sequence[str], area_of: Mapping[str, str]) -> npt.NDArray[np.int32]:
    """The number of each topic's area; topics without one are an area together."""
    names = sorted({area_of.get(topic, "") for topic in topics})
    return np.array([names.index(area_of.get(topic, "")) for topic in topics], dtype=np.int32)


def _check(topics: Sequence[str], labels: Sequence[str], all_labels: Sequence[str]) -> None:
    if len(topics) < 2:
        raise ModelError(f"a topic model needs at least 2 topics with examples, there are {len(topics)}")
    if not labels:
        raise ModelError("a topic model needs examples as customers write them; names and descriptions alone do not do")
    poor = sorted(topic for topic, count in Counter(all_labels).items() if count < 2)
    if poor:
        raise ModelError(f"every topic needs at least 2 examples (better 5); too few for: {', '.join(poor[:10])}")
