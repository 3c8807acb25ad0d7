"""Messages as numbers: character and word n-grams squeezed to a few hundred, beside the encoder's vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sklearn
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from zd_automation.models.encoder import Encoder
from zd_automation.models.terms import Terms

Matrix = npt.NDArray[np.float32]

# Inputs are ours and checked: validating them anew costs more than a short message's own work.
sklearn.set_config(assume_finite=True, skip_parameter_validation=True)

_WORDS: dict[str, Any] = {"ngram_range": (1, 2)}
_CHARACTERS: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (2, 5)}
_MOST_FEATURES = 40_000
_SQUEEZED = 256
# Rows from which an n-gram must be seen twice: below it every n-gram is dear.
_MANY_ROWS = 800


def _vectorizer(kind: dict[str, Any], rows: int) -> TfidfVectorizer:
    return TfidfVectorizer(
        **kind, sublinear_tf=True, dtype=np.float32, min_df=2 if rows > _MANY_ROWS else 1, max_features=_MOST_FEATURES
    )


def unit(rows: Matrix) -> Matrix:
    """Rows scaled to length one; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Matrix = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


@dataclass
class Ngrams:
    """TF-IDF over words (1-2) and characters within words (2-5), squeezed by a seeded SVD to unit rows.

    ``components`` are half as exact as the other numbers: they are most of a model's memory.
    """

    words: Terms
    characters: Terms
    components: npt.NDArray[np.float16]

    @classmethod
    def fit(cls, texts: Sequence[str]) -> tuple[Ngrams, Matrix]:
        """Learn from texts; also returns their own rows, shape (texts, squeezed)."""
        words, characters = _vectorizer(_WORDS, len(texts)), _vectorizer(_CHARACTERS, len(texts))
        table = sparse.hstack([words.fit_transform(texts), characters.fit_transform(texts)]).tocsr()
        size = max(1, min(_SQUEEZED, min(table.shape) - 1))
        svd = TruncatedSVD(size, n_iter=3, random_state=0).fit(table)
        made = cls(Terms.of(words), Terms.of(characters), svd.components_.T.astype(np.float16))
        return made, unit(np.asarray(table @ made.components.astype(np.float32), dtype=np.float32))

    def transform(self, texts: Sequence[str]) -> Matrix:
        """Rows of shape (texts, squeezed), each of length one or zero when nothing is known."""
        rows = np.zeros((len(texts), self.components.shape[1]), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for terms, start in ((self.words, 0), (self.characters, len(self.words))):
                at, weights = terms.weights(text)
                row += weights @ self.components[at + start].astype(np.float32)
        return unit(rows)

    def state(self) -> dict[str, Any]:
        """Plain arrays and strings, for the model file."""
        return {
            "components": self.components,
            **_terms_state("words", self.words),
            **_terms_state("characters", self.characters),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Ngrams:
        """The reverse of :meth:`state`."""
        return cls(
            _restored_terms("words", _WORDS, state),
            _restored_terms("characters", _CHARACTERS, state),
            state["components"],
        )


def _terms_state(name: str, terms: Terms) -> dict[str, Any]:
    # One string instead of 40,000 dictionary entries: a model file opens in milliseconds.
    return {f"{name}_terms": "\n".join(terms.places), f"{name}_idf": terms.idf}


def _restored_terms(name: str, kind: dict[str, Any], state: dict[str, Any]) -> Terms:
    return Terms.restored(state[f"{name}_terms"].split("\n"), state[f"{name}_idf"], _vectorizer(kind, 0))


def joined(
    ngrams: Matrix, texts: Sequence[str], languages: Sequence[str], encoder: Encoder | None, share: float
) -> Matrix:
    """N-gram rows and encoder rows side by side.

    ``share`` is the weight of the n-grams where the encoder carries the language; where it does not, its half
    fades to zero and the n-grams take over: a vector of an unknown language means nothing, with great confidence.
    """
    if encoder is None:
        return ngrams
    carried = np.array([encoder.carries(language) for language in languages], dtype=np.float32)[:, None]
    vectors = encoder.encode(texts) * carried
    weight = share + (1 - share) * (1 - carried)
    return np.hstack([ngrams * weight, vectors])
