"""A glance at a new message, for the order of the queue: words and pairs of words with weights, learnt from the danger examples.

It decides nothing else. The receiver has no time for encoders: this costs some fifty microseconds, finds about two thirds of
the urgent messages that were not learnt from, and sends one everyday message in twenty ahead of the others.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from zd_automation.danger_files import EVERYDAY, DangerExample, danger_examples_digest, load_danger_examples
from zd_automation.definitions import Problems
from zd_automation.errors import ModelError
from zd_automation.knowledge.words import tokens
from zd_automation.models.cache import ModelCache, content_hash

# People in trouble say so at once, and the sender of the webhook waits.
GLANCE = 600
# Of everyday messages so many may go ahead: they cost the urgent ones their time.
_AHEAD = 0.05
_FOLDS = 5
_SELDOM = 3
_STRENGTH = 5.0
_LEAST = 10

log = structlog.get_logger("zd_automation.danger_hint")


def features(text: str) -> list[str]:
    """Words of the first 600 characters, beginnings of long ones, and pairs of neighbours."""
    words = tokens(text[:GLANCE])
    whole = [word for word in words if not word.endswith("~")]
    return [*words, *(f"{one} {other}" for one, other in itertools.pairwise(whole))]


@dataclass(frozen=True)
class Glance:
    """What was learnt: a weight for each feature, and the sum from which a message goes ahead."""

    weights: dict[str, float]
    line: float

    def __call__(self, text: str) -> bool:
        """Whether a message looks urgent."""
        found = [weight for one in set(features(text)) if (weight := self.weights.get(one)) is not None]
        return bool(found) and sum(found) / len(found) ** 0.5 > self.line

    def state(self) -> dict[str, Any]:
        """Plain arrays and strings, for the model file."""
        weights = np.fromiter(self.weights.values(), np.float32)
        return {"features": "\n".join(self.weights), "weights": weights, "line": self.line}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Glance:
        """The reverse of :meth:`state`."""
        names = state["features"].split("\n")
        return cls(dict(zip(names, state["weights"].tolist(), strict=True)), float(state["line"]))


def fit_glance(rows: Sequence[DangerExample]) -> Glance:
    """Learn from messages (seeded); the line is drawn on everyday ones, else on ordinary ones, by models without their hand.

    Raises ModelError when either side has fewer than ten rows.
    """
    urgent = np.array([row.urgent for row in rows], dtype=np.bool_)
    if min(int(urgent.sum()), int((~urgent).sum())) < _LEAST:
        raise ModelError("the order of the queue needs at least 10 urgent and 10 ordinary examples to be learnt")
    vectorizer = CountVectorizer(analyzer=features, binary=True, min_df=_SELDOM, dtype=np.float32)
    table = _scaled(vectorizer.fit_transform([row.text for row in rows]))
    parts = _parts([row.hand for row in rows])
    held = np.zeros(len(rows))
    for part in range(_FOLDS):
        without = _regression().fit(table[parts != part], urgent[parts != part])
        held[parts == part] = without.decision_function(table[parts == part])
    usual = np.array([row.hand == EVERYDAY for row in rows])
    model = _regression().fit(table, urgent)
    line = float(np.quantile(held[usual if usual.any() else ~urgent], 1 - _AHEAD)) - float(model.intercept_[0])
    names = vectorizer.get_feature_names_out().tolist()
    return Glance(dict(zip(names, model.coef_[0].astype(np.float32).tolist(), strict=True)), line)


def _regression() -> LogisticRegression:
    return LogisticRegression(C=_STRENGTH, solver="liblinear", max_iter=300, random_state=0)


def _scaled(table: Any) -> Any:
    """A message's features together as long as one: a long message is no more urgent than a short one."""
    counts = np.maximum(np.asarray(table.sum(axis=1)).ravel(), 1)
    return sparse.csr_matrix(sparse.diags(1 / np.sqrt(counts)) @ table)


def _parts(hands: Sequence[str]) -> npt.NDArray[np.int64]:
    """Five parts; a hand's messages are in one, everyday ones, whose topics are many, in all."""
    writers = sorted(set(hands) - {EVERYDAY})
    alone = len(writers) < _FOLDS
    return np.array(
        [at % _FOLDS if alone or hand == EVERYDAY else writers.index(hand) % _FOLDS for at, hand in enumerate(hands)]
    )


def learnt_glance(folder: Path, models: ModelCache) -> Glance:
    """What the shipped examples below ``folder`` teach, from the cache or learnt now, which takes some seconds."""
    key = content_hash(danger_examples_digest(folder), "glance")
    return models.restored(
        "glance", key, lambda: fit_glance(load_danger_examples(folder, Problems())).state(), Glance.from_state
    )


class LearningHint:
    """Looks with ``meanwhile`` until what is learnt in the background is there.

    It begins with the first message, in the process that looks: a server forks its workers after the application is made.
    """

    def __init__(self, meanwhile: Callable[[str], bool], learn: Callable[[], Callable[[str], bool]]) -> None:
        self._look = meanwhile
        self._learn = learn
        self._begun = threading.Lock()

    def __call__(self, text: str) -> bool:
        """Whether a message looks urgent."""
        if self._begun.acquire(blocking=False):  # never released: once is enough
            threading.Thread(target=self._take_up, name="zd-glance", daemon=True).start()
        return self._look(text)

    def _take_up(self) -> None:
        try:
            self._look = self._learn()
        except (ModelError, OSError) as error:
            log.warning("queue_hint_failed", error=type(error).__name__)
