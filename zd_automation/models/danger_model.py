"""The danger detector's second voice: a classifier trained from reviewed examples, its line set by false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from zd_automation.errors import ModelError
from zd_automation.models.calibrate import Floats
from zd_automation.models.encoder import Encoder
from zd_automation.models.features import Matrix, Ngrams, joined
from zd_automation.triage.clean import CleanText

_STRENGTH = 10.0
_SHARE = 0.6
# The share of ordinary messages that may reach "probable": 0.5 is put there.
_FALSE_ALARMS = 0.02
# A topic of which this share looks dangerous is a security topic, whatever the desk calls it.
_LOOKS_DANGEROUS = 0.5


@dataclass
class FittedDanger:
    """What was learnt: a direction, an offset, and the score from which 2 % of ordinary messages alarm."""

    ngrams: Ngrams
    weights: npt.NDArray[np.float32]
    line: float

    def state(self) -> dict[str, Any]:
        """Plain arrays, strings and numbers, for the model file."""
        return {"ngrams": self.ngrams.state(), "weights": self.weights, "line": self.line}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> FittedDanger:
        """The reverse of :meth:`state`."""
        return cls(Ngrams.from_state(state["ngrams"]), state["weights"], state["line"])


@dataclass(frozen=True)
class Background:
    """The desk's own examples by topic: what its ordinary tickets look like."""

    texts: Sequence[str] = ()
    languages: Sequence[str] = ()
    topics: Sequence[str] = ()


def fit_danger(
    texts: Sequence[str],
    urgent: Sequence[bool],
    languages: Sequence[str],
    encoder: Encoder | None,
    background: Background | None = None,
) -> FittedDanger:
    """Learn from urgent and hard ordinary messages, and from what is ordinary at this desk (seeded).

    A topic of the desk that looks dangerous itself ("account taken over") is not taken for ordinary.
    Raises ModelError when either side has fewer than ten rows.
    """
    right = np.array(urgent, dtype=np.int32)
    if min(int(right.sum()), int((1 - right).sum())) < 10:
        raise ModelError("the danger classifier needs at least 10 urgent and 10 ordinary examples")
    behind = background or Background()
    all_texts, all_languages = [*texts, *behind.texts], [*languages, *behind.languages]
    ngrams, rows = Ngrams.fit(all_texts)
    table = joined(rows, all_texts, all_languages, encoder, _SHARE)
    ordinary = _ordinary(table, right, behind.topics)
    table = np.vstack([table[: len(right)], table[len(right) :][ordinary]])
    right = np.concatenate([right, np.zeros(int(ordinary.sum()), dtype=np.int32)])
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    held_out = cross_val_predict(_regression(), table, right, cv=folds, method="decision_function")
    line = float(np.quantile(held_out[right == 0], 1 - _FALSE_ALARMS))
    model = _regression().fit(table, right)
    weights = np.concatenate([model.coef_[0], model.intercept_]).astype(np.float32)
    return FittedDanger(ngrams, weights, line)


def _regression() -> LogisticRegression:
    return LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=300)


def _ordinary(table: Matrix, right: npt.NDArray[np.int32], topics: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which background rows are ordinary: those of topics of which less than half look dangerous to the shipped examples."""
    if not topics:
        return np.zeros(0, dtype=np.bool_)
    looks = _regression().fit(table[: len(right)], right).predict(table[len(right) :]) == 1
    names = np.array(topics)
    dangerous = {name for name in set(topics) if looks[names == name].mean() >= _LOOKS_DANGEROUS}
    return np.array([name not in dangerous for name in topics], dtype=np.bool_)


class DangerClassifier:
    """The fitted classifier at work; implements ``triage.ports.DangerModel``."""

    def __init__(self, fitted: FittedDanger, encoder: Encoder | None, version: str) -> None:
        self.version = version
        self._fitted = fitted
        self._encoder = encoder

    def score(self, texts: Sequence[CleanText], languages: Sequence[str]) -> list[float]:
        """See :class:`triage.ports.DangerModel`."""
        if not texts:
            return []
        plain = [text.text for text in texts]
        scores = self._scores(plain, languages)
        has_words = [any(ch.isalpha() for ch in text) for text in plain]
        chances = expit(scores - self._fitted.line)
        return [round(float(chance), 4) if words else 0.0 for chance, words in zip(chances, has_words, strict=True)]

    def _scores(self, plain: Sequence[str], languages: Sequence[str]) -> Floats:
        table = joined(self._fitted.ngrams.transform(plain), plain, languages, self._encoder, _SHARE)
        # Double precision, so that a score does not depend on what else is in the batch.
        weights = self._fitted.weights.astype(np.float64)
        scores: Floats = table.astype(np.float64) @ weights[:-1] + weights[-1]
        return scores
