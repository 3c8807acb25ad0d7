"""The default topic classifier: n-grams and encoder vectors, one logistic regression, one temperature, silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression

from zd_automation.errors import ModelError
from zd_automation.models.calibrate import Floats, fit_temperature, probabilities, threshold_for
from zd_automation.models.encoders import Encoder
from zd_automation.models.features import Matrix, Ngrams, joined, unit
from zd_automation.triage.clean import CleanText
from zd_automation.triage.plan import Scored
from zd_automation.triage.ports import TopicRanking

_STRENGTH = 30.0  # LogisticRegression C, from docs/decisions/0005-classifier.md
_SHARES = (0.3, 0.6)  # weights of the n-grams beside the encoder; held-out rows choose
_FOLDS = 3
_CANDIDATES = 10
_NEIGHBOURS = 5
_DIRECTIONS = 96
# The share of in-scope examples that may fall below the out-of-scope line.
_REJECTED = 0.03


@dataclass
class FittedTopics:
    """Everything that was learnt, as plain values; see :class:`TopicClassifier` for its use."""

    topics: tuple[str, ...]
    ngrams: Ngrams
    share: float
    weights: Matrix
    bias: Matrix
    temperature: float
    directions: Matrix
    rows: Matrix
    known_floor: float
    held_out_confidence: Matrix
    held_out_correct: npt.NDArray[np.bool_]
    languages: Mapping[str, int]

    def state(self) -> dict[str, Any]:
        """Plain arrays, strings and numbers, for the model file."""
        return {
            "topics": list(self.topics),
            "ngrams": self.ngrams.state(),
            "share": self.share,
            "weights": self.weights,
            "bias": self.bias,
            "temperature": self.temperature,
            "directions": self.directions,
            "rows": self.rows.astype(np.float16),
            "known_floor": self.known_floor,
            "held_out_confidence": self.held_out_confidence,
            "held_out_correct": self.held_out_correct,
            "languages": dict(self.languages),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> FittedTopics:
        """The reverse of :meth:`state`."""
        values = {**state, "topics": tuple(state["topics"]), "ngrams": Ngrams.from_state(state["ngrams"])}
        return cls(**{**values, "rows": state["rows"].astype(np.float32)})


@dataclass(frozen=True)
class Hints:
    """What the desk itself says of its topics: names and descriptions. Learnt from, never tested on."""

    texts: Sequence[str] = ()
    topics: Sequence[str] = ()
    languages: Sequence[str] = ()


def fit_topics(
    texts: Sequence[str],
    labels: Sequence[str],
    languages: Sequence[str],
    encoder: Encoder | None,
    hints: Hints | None = None,
) -> FittedTopics:
    """Learn topics from labelled messages (seeded: the same input gives the same model).

    Raises ModelError when there are fewer than two topics, no example at all, or a topic with fewer than two
    examples and hints together.
    """
    said = hints or Hints()
    all_texts, all_labels = [*texts, *said.texts], [*labels, *said.topics]
    all_languages = [*languages, *said.languages]
    topics = tuple(sorted(set(all_labels)))
    _check(topics, labels, all_labels)
    right = np.array([topics.index(label) for label in all_labels], dtype=np.int32)
    tested = right[: len(texts)]
    ngrams, ngram_rows = Ngrams.fit(all_texts)
    shares = _SHARES if encoder else (1.0,)
    trials = [(share, joined(ngram_rows, all_texts, all_languages, encoder, share)) for share in shares]
    held_out = [_held_out_scores(rows, right, len(texts)) for _, rows in trials]
    best = max(range(len(trials)), key=lambda index: float((held_out[index].argmax(axis=1) == tested).mean()))
    (share, rows), scores = trials[best], held_out[best]
    temperature = fit_temperature(scores, tested.astype(np.intp))
    confidence = probabilities(scores, temperature).max(axis=1).astype(np.float32)
    weights, bias = _regression(rows, right)
    directions = _main_directions(rows)
    plain = unit(rows @ directions)
    return FittedTopics(
        topics=topics, ngrams=ngrams, share=share, weights=weights, bias=bias, temperature=temperature,
        directions=directions, rows=plain, known_floor=_known_floor(plain),
        held_out_confidence=confidence, held_out_correct=scores.argmax(axis=1) == tested,
        languages=Counter(language.split("-")[0] for language in languages),
    )  # fmt: skip


def _check(topics: Sequence[str], labels: Sequence[str], all_labels: Sequence[str]) -> None:
    if len(topics) < 2:
        raise ModelError(f"a topic model needs at least 2 topics with examples, there are {len(topics)}")
    if not labels:
        raise ModelError("a topic model needs examples as customers write them; names and descriptions alone do not do")
    poor = sorted(topic for topic, count in Counter(all_labels).items() if count < 2)
    if poor:
        raise ModelError(f"every topic needs at least 2 examples (better 5); too few for: {', '.join(poor[:10])}")


def _regression(rows: Matrix, right: npt.NDArray[np.int32]) -> tuple[Matrix, Matrix]:
    model = LogisticRegression(C=_STRENGTH, max_iter=200).fit(rows, right)
    weights, bias = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    if len(bias) == 1:  # two topics: scikit-learn keeps one side only
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return weights.T.copy(), bias


def _held_out_scores(rows: Matrix, right: npt.NDArray[np.int32], tested: int) -> Matrix:
    """Scores of the first ``tested`` rows, each by a model that has not seen it, shape (tested, topics)."""
    scores = np.zeros((tested, int(right.max()) + 1), dtype=np.float32)
    fold = _folds(right, tested)
    for number in range(_FOLDS):
        seen, unseen = fold != number, fold[:tested] == number
        if not unseen.any():
            continue
        weights, bias = _regression(rows[seen], right[seen])
        # A topic of which every row is held out is unknown to this model.
        scores[np.ix_(unseen, np.unique(right[seen]))] = rows[:tested][unseen] @ weights + bias
    return scores


def _folds(right: npt.NDArray[np.int32], tested: int) -> npt.NDArray[np.int32]:
    """A fold for each tested row, every topic dealt out evenly (seeded); -1 for rows that are always learnt from."""
    fold = np.full(len(right), -1, dtype=np.int32)
    deal = np.random.default_rng(0)
    for topic in np.unique(right[:tested]):
        rows = np.flatnonzero(right[:tested] == topic)
        fold[rows] = (deal.permutation(len(rows)) + int(deal.integers(_FOLDS))) % _FOLDS
    return fold


def _main_directions(rows: Matrix) -> Matrix:
    """The directions in which examples differ most: nearness is told as well by a hundred of them, and faster."""
    if min(rows.shape) <= _DIRECTIONS:
        return np.eye(rows.shape[1], dtype=np.float32)
    svd = TruncatedSVD(_DIRECTIONS, n_iter=3, random_state=0).fit(rows)
    found: Matrix = svd.components_.T.astype(np.float32)
    return found


def _known(rows: Floats, against: Floats, skip_self: bool = False) -> Floats:
    """How near each row is to its nearest training rows: mean cosine to five of them."""
    near = rows @ against.T
    if skip_self:
        np.fill_diagonal(near, -1.0)
    count = min(_NEIGHBOURS, near.shape[1] - 1)
    best: Floats = np.partition(near, -count, axis=1)[:, -count:].mean(axis=1)
    return best


def _known_floor(rows: Matrix) -> float:
    sample = rows[:: max(1, len(rows) // 4000)]
    return float(np.quantile(_known(sample, sample, skip_self=True), _REJECTED))


class TopicClassifier:
    """The fitted classifier at work; implements ``triage.ports.TopicModel``."""

    def __init__(
        self, fitted: FittedTopics, encoder: Encoder | None, targets: Mapping[str, float], version: str
    ) -> None:
        self.version = version
        self._fitted = fitted
        self._encoder = encoder
        lines = {
            target: threshold_for(fitted.held_out_confidence, fitted.held_out_correct, target)
            for target in set(targets.values())
        }
        self._thresholds = {topic: lines[target] for topic, target in targets.items()}
        # In double precision a score does not depend on what else is in the batch, down to the digits that are shown.
        self._weights, self._bias = fitted.weights.astype(np.float64), fitted.bias.astype(np.float64)
        self._directions, self._rows = fitted.directions.astype(np.float64), fitted.rows.astype(np.float64)

    def rank(self, texts: Sequence[CleanText], languages: Sequence[str]) -> list[TopicRanking]:
        """See :class:`triage.ports.TopicModel`."""
        if not texts:
            return []
        fitted = self._fitted
        plain = [text.text for text in texts]
        rows = joined(fitted.ngrams.transform(plain), plain, languages, self._encoder, fitted.share).astype(np.float64)
        chances = probabilities(rows @ self._weights + self._bias, fitted.temperature)
        main = rows @ self._directions
        known = _known(main / np.maximum(np.linalg.norm(main, axis=1, keepdims=True), 1e-9), self._rows)
        return [
            self._ranking(chances[index], round(float(known[index]), 4), languages[index], plain[index])
            for index in range(len(plain))
        ]

    def _ranking(self, chances: npt.NDArray[Any], known: float, language: str, text: str) -> TopicRanking:
        best = np.argsort(-chances, kind="stable")[:_CANDIDATES]
        candidates = tuple(Scored(self._fitted.topics[i], round(float(chances[i]), 4)) for i in best)
        return TopicRanking(
            candidates=candidates,
            threshold=round(self._thresholds.get(candidates[0].id, 1.01), 4),
            known=known,
            silence=self._why_silent(known, language, text),
        )

    def _why_silent(self, known: float, language: str, text: str) -> str:
        if not text.strip():
            return "the message has no words"
        carried = self._encoder.carries(language) if self._encoder else 0.0
        if not carried and language != "und" and not self._fitted.languages.get(language.split("-")[0]):
            return f"no examples in {language}, and no encoder that carries it"
        if known < self._fitted.known_floor:
            return f"unlike every example (nearness {known:.2f}, line {self._fitted.known_floor:.2f})"
        return ""
