"""Judges article search on tickets whose right article is known: is it found, and is silence kept where it is missing?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from zd_automation.knowledge.index import PassageIndex
from zd_automation.tickets import Article
from zd_automation.triage.clean import CleanText

_NOWHERE = 99
# A help centre lacks an article here and there, not half of them; each part is taken away once.
PARTS = 5
Floats = npt.NDArray[np.float64]
Build = Callable[[Sequence[Article]], PassageIndex]


@dataclass(frozen=True)
class Asked:
    """A ticket, its language (BCP 47), and the id of the article that answers it."""

    text: CleanText
    language: str
    article: str


@dataclass(frozen=True)
class Judged:
    """For each ticket: the place of its article (0 is first, 99 is not among ten), the score of what stands first, and the
    score of what stands first when the article is missing."""

    places: npt.NDArray[np.int64]
    scores: Floats
    missing: Floats

    def recall(self, most: int) -> float:
        """The share of tickets whose article is among the first ``most``."""
        return float((self.places < most).mean())

    def reciprocal_rank(self) -> float:
        """The mean of one over the article's place, 0 where it is not among ten (MRR@10)."""
        return float(np.where(self.places < _NOWHERE, 1 / (1 + self.places), 0.0).mean())

    def auc(self) -> float:
        """How well the score tells tickets with an article from the same tickets without it."""
        present = np.r_[np.ones(len(self.scores)), np.zeros(len(self.missing))]
        return float(roc_auc_score(present, np.r_[self.scores, self.missing]))

    def at(self, line: float) -> tuple[float, float, float]:
        """At a line: the share of answerable tickets for which something is shown, how often the first is right among all
        that is shown (tickets with and without an article alike), and the share of those without for which something is shown."""
        shown, false = self.scores >= line, self.missing >= line
        spoken = int(shown.sum() + false.sum())
        right = float((shown & (self.places == 0)).sum() / spoken) if spoken else float("nan")
        return float(shown.mean()), right, float(false.mean())

    def line_for(self, precision: float) -> float | None:
        """The lowest line from which on the first article shown is right in this share of cases; None when there is none."""
        scores = np.r_[self.scores, self.missing]
        right = np.r_[self.places == 0, np.zeros(len(self.missing), dtype=np.bool_)]
        order = np.argsort(-scores, kind="stable")
        precise = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
        # Equal scores stand or fall together.
        whole = np.r_[np.diff(scores[order]) < 0, True]
        good = np.flatnonzero((precise >= precision) & whole)
        return float(scores[order][good[-1]]) if len(good) else None

    def answered(self, precision: float) -> float:
        """The share of answerable tickets whose article is shown first, at the line for this precision."""
        line = self.line_for(precision)
        return 0.0 if line is None else float(((self.scores >= line) & (self.places == 0)).mean())


def judged(articles: Sequence[Article], asked: Sequence[Asked], build: Build) -> Judged:
    """Ask every ticket of the whole help centre, and of one that lacks the fifth with its article."""
    places, scores = answers(build(articles), asked)
    missing = np.zeros(len(asked))
    for part in parts(articles):
        concerned = [at for at, ticket in enumerate(asked) if ticket.article in part]
        if not concerned:
            continue
        lacking = build([article for article in articles if str(article.id) not in part])
        missing[concerned] = answers(lacking, [asked[at] for at in concerned])[1]
    return Judged(places, scores, missing)


def parts(articles: Sequence[Article]) -> list[set[str]]:
    """The ids of all articles in five parts."""
    ids = sorted({str(article.id) for article in articles})
    return [set(ids[start::PARTS]) for start in range(PARTS)]


def answers(index: PassageIndex, asked: Sequence[Asked]) -> tuple[npt.NDArray[np.int64], Floats]:
    """The place of each ticket's article and the score of what stands first, see :class:`Judged`."""
    found = index.search([ticket.text for ticket in asked], [ticket.language for ticket in asked])
    named = [[hit.id for hit in hits] for hits in found]
    places = [
        ids.index(ticket.article) if ticket.article in ids else _NOWHERE
        for ids, ticket in zip(named, asked, strict=True)
    ]
    return np.array(places, dtype=np.int64), np.array([hits[0].score if hits else 0.0 for hits in found])
