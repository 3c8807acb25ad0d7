"""TF-IDF of one text at a time, as scikit-learn's vectorizer would say it, without its cost for each call."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]


@dataclass
class Terms:
    """A fitted vocabulary with its weights: sublinear counts, idf, rows of length one. Thread-safe."""

    places: dict[str, int]
    idf: Floats
    analyse: Callable[[str], Iterable[str]]
    _listed: list[str] = field(default_factory=list, repr=False)

    @classmethod
    def of(cls, fitted: TfidfVectorizer) -> Terms:
        """From a fitted vectorizer with ``sublinear_tf`` and the norm l2."""
        return cls.restored(fitted.get_feature_names_out(), fitted.idf_, fitted)

    @classmethod
    def restored(cls, terms: Iterable[str], idf: Floats, like: TfidfVectorizer) -> Terms:
        """From the terms in order and their idf; ``like`` says how a text is cut up."""
        places = {str(term): place for place, term in enumerate(terms)}
        return cls(places, np.asarray(idf, dtype=np.float32), like.build_analyzer())

    def term(self, place: int) -> str:
        """The term at a place."""
        if not self._listed:
            self._listed.extend(self.places)
        return self._listed[place]

    def __len__(self) -> int:
        return len(self.places)

    def weights(self, text: str) -> tuple[Places, Floats]:
        """The places of the known terms of a text, ascending, and their weights, of length one together."""
        places = self.places
        counts = Counter(place for term in self.analyse(text) if (place := places.get(term)) is not None)
        found = sorted(counts)
        at = np.array(found, dtype=np.int32)
        often = np.array([1.0 + math.log(counts[place]) for place in found], dtype=np.float32)
        weights = often * self.idf[at]
        scaled: Floats = weights / max(float(np.linalg.norm(weights)), 1e-9)
        return at, scaled


def rows_of(tables: Sequence[Terms], texts: Sequence[str]) -> Any:
    """A sparse matrix of the tables' weights side by side, shape (texts, all terms)."""
    starts = np.cumsum([0, *map(len, tables)])
    read = [[terms.weights(text) for terms in tables] for text in texts]
    columns = [at + start for row in read for (at, _), start in zip(row, starts, strict=False)]
    values = [weights for row in read for _, weights in row]
    ends = np.cumsum([0, *(sum(len(at) for at, _ in row) for row in read)])
    shape = (len(texts), int(starts[-1]))
    if not columns:
        return sparse.csr_matrix(shape, dtype=np.float32)
    return sparse.csr_matrix((np.concatenate(values), np.concatenate(columns), ends), shape=shape)
