"""Lexical search: BM25, told as the share of what the best text could have had."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

# Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond": their usual values.
_K1, _B = 1.2, 0.75
# Vowel signs and other marks are parts of words, though Python's \w leaves many of them out.
_WORD = re.compile("(?:[^\\W_]|[\u0300-\u036f\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])+")
# Scripts that put no spaces between words: Thai, Lao, Myanmar, Khmer, kana, Chinese characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
# Endings differ from form to form; of a longer word its beginning counts as well.
_LONG, _BEGINNING = 5, 4

Floats = npt.NDArray[np.float32]


def tokens(text: str) -> list[str]:
    """Words in small letters and the beginnings of long ones; pairs of signs where words are not spaced."""
    found = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).lower()):
        if _UNSPACED.search(word):
            found += [word[at : at + 2] for at in range(max(1, len(word) - 1))]
            continue
        found.append(word)
        if len(word) > _LONG:
            found.append(f"{word[:_BEGINNING]}~")
    return found


class Words:
    """The words of texts, ready to be searched. Immutable.

    ``pages`` says which page each text is a part of: how rare a word is goes by pages, or a title that stands in front of
    sixty passages would be a common word.
    """

    def __init__(self, texts: Sequence[str], pages: Sequence[int] | npt.NDArray[np.int64] | None = None) -> None:
        counts = [Counter(tokens(text)) for text in texts]
        self._places = {word: at for at, word in enumerate(dict.fromkeys(word for row in counts for word in row))}
        lengths = np.array([sum(row.values()) for row in counts], dtype=np.float32)
        often = np.fromiter((count for row in counts for count in row.values()), np.float32)
        columns = np.fromiter((self._places[word] for row in counts for word in row), np.int64)
        rows = np.repeat(np.arange(len(texts)), [len(row) for row in counts])
        whose = np.arange(len(texts)) if pages is None else np.asarray(pages)
        pairs = np.unique(np.stack([columns, whose[rows]]), axis=1) if len(rows) else np.zeros((2, 0), np.int64)
        seen, count = np.bincount(pairs[0], minlength=len(self._places)), len(np.unique(whose))
        self._idf = np.log(1 + (count - seen + 0.5) / (seen + 0.5)).astype(np.float32)
        self._unseen = float(np.log(1 + (count + 0.5) / 0.5))
        fair = 1 - _B + _B * lengths / max(1.0, float(lengths.mean()) if len(lengths) else 1.0)
        weights = self._idf[columns] * often * (_K1 + 1) / (often + _K1 * fair[rows])
        shape = (len(self._places), len(texts))
        self._weights = sparse.csr_matrix((weights, (columns, rows)), shape=shape, dtype=np.float32)

    def alike(self, text: str) -> Floats:
        """BM25 of each text, as a share of the most that a text with all words of the question could have: shape (texts,)."""
        asked = set(tokens(text))
        places = sorted(self._places[word] for word in asked if word in self._places)
        most = (_K1 + 1) * (float(self._idf[places].sum()) + self._unseen * (len(asked) - len(places)))
        found: Floats = np.asarray(self._weights[places].sum(axis=0), dtype=np.float32).ravel() / max(most, 1e-6)
        return found
