"""What stage two sees of a message: the answers of its passages, and what the phrases found, as a row of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zd_automation.models.danger_stage import Integers
from zd_automation.models.features import Matrix
from zd_automation.triage.danger import KINDS, DangerText

# Passages of one message that are read: the first and the last, and those most like urgent ones by their words alone.
MOST_PASSAGES = 24
# Stage two looks at the best answers of all passages, and at so many passages that tell most.
_TOLD_BY = 3


def urgent_sorts(sorts: Sequence[str]) -> list[str]:
    """The kinds among sorts, in their order."""
    return [sort for sort in sorts if sort in KINDS]


def flat(
    texts: Sequence[DangerText], languages: Sequence[str], places: Sequence[Sequence[int]]
) -> tuple[list[str], Integers, list[str]]:
    """The passages at these places of each message one after the other, whose each is, and its language."""
    parts = [text.passages[place] for text, chosen in zip(texts, places, strict=True) for place in chosen]
    owner = np.repeat(np.arange(len(texts)), [len(chosen) for chosen in places]).astype(np.int64)
    return parts, owner, [languages[at] for at in owner.tolist()]


def ends(passages: Sequence[str], most: int) -> list[int]:
    """Places of the first and the last passages, ``most`` in all: where people say what they want."""
    if len(passages) <= most:
        return list(range(len(passages)))
    return [*range(most // 2), *range(len(passages) - most // 2, len(passages))]


def table_of(answers: Sequence[Matrix], texts: Sequence[DangerText], kinds: int) -> Matrix:
    """What stage two sees of each message: the best answers, those of the passages that tell most, what the phrases found."""
    return np.array([_features(said, text, kinds) for said, text in zip(answers, texts, strict=True)], dtype=np.float32)


def _features(said: Matrix, text: DangerText, kinds: int) -> list[float]:
    if not len(said):
        said = np.full((1, said.shape[1]), -1.0, dtype=np.float32)
    best = said.max(axis=0)
    telling = said[
        np.argsort(-(said[:, 0] + said[:, 1 : 1 + kinds].max(axis=1, initial=-1.0)), kind="stable")[:_TOLD_BY]
    ]
    ordinary = [answers[1 + kinds :].max(initial=-1.0) for answers in (best, telling[0])]
    counts = text.phrases.counts()
    return [
        *best,
        *telling.mean(axis=0),
        *telling[0],
        best[1 : 1 + kinds].max(initial=-1.0),
        *ordinary,
        float(np.log(len(said))),
        *(float(count > 0) for count in counts),
        *map(float, counts),
        float(bool(text.secrets)),
    ]
