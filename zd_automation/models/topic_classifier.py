"""The topic model at work: chances, lines, silence, reasons, and a second topic where a message has two problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from zd_automation.models.calibrate import Floats, topic_lines
from zd_automation.models.encoder import Encoder
from zd_automation.models.features import Matrix, unit
from zd_automation.models.topic_model import FittedTopics, nearness
from zd_automation.triage.clean import CleanText
from zd_automation.triage.plan import Scored
from zd_automation.triage.ports import TopicRanking

_CANDIDATES = 10
_SHOWN_WORDS = 3
_SHOWN_EXAMPLES = 2
# A message may have a second topic when its best is less likely than this, and the other at least that likely.
_UNDIVIDED = 0.75
_WORTH_A_LOOK = 0.1
_MOST_SENTENCES = 3
_LEAST_LETTERS = 12


class TopicClassifier:
    """The fitted model at work; implements ``triage.ports.TopicModel``. Immutable, thread-safe."""

    def __init__(
        self, fitted: FittedTopics, encoders: Sequence[Encoder], targets: Mapping[str, float], version: str
    ) -> None:
        self.version = version
        self.topics = fitted.topics
        self._fitted = fitted
        self._encoders = tuple(encoders)
        wanted = np.array([targets.get(topic, 1.01) for topic in fitted.topics])
        held = fitted.held_out
        self._lines = topic_lines(held.confidence, held.correct, held.said, wanted)
        self._leaning = _leaning(fitted)

    def rank(self, texts: Sequence[CleanText], languages: Sequence[str]) -> list[TopicRanking]:
        """See :class:`triage.ports.TopicModel`."""
        if not texts:
            return []
        plain = [text.text for text in texts]
        chances, cosines, known = self._read(plain, languages)
        rankings = [
            self._ranking(chances[at], float(known[at]), languages[at], plain[at], cosines[at])
            for at in range(len(plain))
        ]
        return self._with_second(rankings, texts, languages)

    def chances(self, texts: Sequence[CleanText], languages: Sequence[str]) -> npt.NDArray[np.float32]:
        """Calibrated probabilities of ``topics``, shape (texts, topics); rows sum to one."""
        if not texts:
            return np.zeros((0, len(self.topics)), dtype=np.float32)
        return self._read([text.text for text in texts], languages)[0].astype(np.float32)

    def _read(self, plain: Sequence[str], languages: Sequence[str]) -> tuple[Floats, Matrix, Floats]:
        rows = self._fitted.space.rows(plain, languages, self._encoders)
        said, cosines = self._fitted.voices.scores(rows)
        chances = self._fitted.blend.chances(said)
        return chances, cosines, nearness(said[1], cosines)

    def _ranking(self, chances: Floats, known: float, language: str, text: str, cosines: Matrix) -> TopicRanking:
        best = np.argsort(-chances, kind="stable")[:_CANDIDATES]
        candidates = tuple(Scored(self.topics[at], round(float(chances[at]), 3)) for at in best)
        return TopicRanking(
            candidates=candidates,
            threshold=round(float(self._lines[best[0]]), 3),
            known=round(known, 3),
            because=(*self._words(text, int(best[0])), *self._examples(cosines, int(best[0]))),
            silence=self._why_silent(known, language, text),
        )

    def _why_silent(self, known: float, language: str, text: str) -> str:
        if not text.strip():
            return "the message has no words"
        carried = max((encoder.carries(language) for encoder in self._encoders), default=0.0)
        if not carried and language != "und" and not self._fitted.languages.get(language.split("-")[0]):
            return f"no examples in {language}, and no encoder that carries it"
        if known < self._fitted.known_floor:
            return f"unlike every example (nearness {known:.2f}, line {self._fitted.known_floor:.2f})"
        return ""

    def _words(self, text: str, topic: int) -> list[str]:
        """The words and pairs of words of the message that speak most for a topic."""
        ngrams = self._fitted.space.ngrams
        at, weights = ngrams.words.weights(text)
        if not len(at):
            return []
        speaks = weights * (ngrams.components[at].astype(np.float32) @ self._leaning[:, topic])
        best = [place for place in np.argsort(-speaks, kind="stable")[:_SHOWN_WORDS] if speaks[place] > 0]
        return [f'"{ngrams.words.term(int(at[place]))}"' for place in best]

    def _examples(self, cosines: Matrix, topic: int) -> list[str]:
        """Where the nearest examples of a topic are from."""
        # Its own topic: in a kernel an example speaks a little for others too, where it tells them from a third.
        speaks = np.where(self._fitted.voices.kernel.right == topic, cosines, -1.0)
        best = np.argsort(-speaks, kind="stable")[:_SHOWN_EXAMPLES]
        return [self._fitted.sources[at] for at in best if speaks[at] > 0]

    def _with_second(
        self, rankings: list[TopicRanking], texts: Sequence[CleanText], languages: Sequence[str]
    ) -> list[TopicRanking]:
        """A second topic where one sentence speaks clearly for it, and another one for the first."""
        divided = {
            at: sentences
            for at, (ranking, text) in enumerate(zip(rankings, texts, strict=True))
            if _is_divided(ranking) and len(sentences := _telling(text)) > 1
        }
        if not divided:
            return rankings
        spread = [(at, sentence) for at, sentences in divided.items() for sentence in sentences]
        chances = self._read([sentence for _, sentence in spread], [languages[at] for at, _ in spread])[0]
        owner = np.array([at for at, _ in spread])
        return [
            replace(ranking, second=self._second(ranking, chances[owner == at])) if at in divided else ranking
            for at, ranking in enumerate(rankings)
        ]

    def _second(self, ranking: TopicRanking, chances: Floats) -> Scored | None:
        """The other topic that the surest sentence of its own is confident enough of; None without one."""
        first = self.topics.index(ranking.candidates[0].id)
        said = chances.argmax(axis=1)
        if not (said == first).any():
            return None
        worth = {scored.id for scored in ranking.candidates if scored.score >= _WORTH_A_LOOK}
        others = [
            (float(chances[row, topic]), self.topics[topic])
            for row, topic in enumerate(said)
            if topic != first and self.topics[topic] in worth and chances[row, topic] >= self._lines[topic]
        ]
        if not others:
            return None
        score, topic = max(others)
        return Scored(topic, round(score, 3))


def _leaning(fitted: FittedTopics) -> Matrix:
    """How each direction of the n-grams leans towards each topic, against the others; shape (squeezed, topics)."""
    kernel, size = fitted.voices.kernel, fitted.space.ngrams.components.shape[1]
    lean = unit(kernel.rows[:, :size]).T @ np.maximum(kernel.voices, 0)
    lean /= np.maximum(np.abs(lean).max(axis=0, keepdims=True), 1e-9)
    against: Matrix = (lean - lean.mean(axis=1, keepdims=True)).astype(np.float32)
    return against


def _is_divided(ranking: TopicRanking) -> bool:
    if ranking.silence or len(ranking.candidates) < 2:
        return False
    best, other = ranking.candidates[:2]
    return best.score < _UNDIVIDED and other.score >= _WORTH_A_LOOK


def _telling(text: CleanText) -> list[str]:
    """The longest sentences that hold enough letters to tell something, in their order."""
    telling = [sentence for sentence in text.sentences if sum(map(str.isalpha, sentence)) >= _LEAST_LETTERS]
    longest = sorted(range(len(telling)), key=lambda at: -len(telling[at]))[:_MOST_SENTENCES]
    return [telling[at] for at in sorted(longest)]
