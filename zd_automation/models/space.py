"""Where messages lie for the topic model: n-grams and every encoder's centred vectors, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zd_automation.errors import ModelError
from zd_automation.models.encoder import Encoder, Vectors
from zd_automation.models.features import Matrix, Ngrams, unit

_SHARE = 0.5  # weight of the n-grams beside encoders that carry the language
# Rows of a language from which its own mean is trusted as much as the mean of all.
_TRUSTED_ROWS = 20
Typical = Callable[[str], Vectors | None]


@dataclass
class Centres:
    """Mean vectors, shape (size,) each: of all rows, and of each language, drawn towards what was to be expected of it
    where rows are few.

    An encoder gives each language a place of its own; what is left without it is meaning. What is to be expected of a
    language is the mean of all rows, moved as far as ordinary text of that language lies from ordinary text of the
    languages that the rows are in (``mixture``), where the encoder knows that.
    """

    everywhere: Vectors
    mixture: Vectors
    languages: Mapping[str, Vectors]

    @classmethod
    def of(cls, vectors: Vectors, tags: Sequence[str], typical: Typical) -> Centres:
        """From rows and their language tags; ``typical`` gives the mean of ordinary text in a language."""
        names = [_primary(tag) for tag in tags]
        usual = [typical(name) for name in names]
        known = [row for row in usual if row is not None]
        mixture = np.mean(known, axis=0) if known else np.zeros(vectors.shape[1])
        everywhere = cls(vectors.mean(axis=0), mixture.astype(np.float32), {})
        means = {}
        for name in sorted(set(names) - {"und", "mul"}):
            own = vectors[np.array(names) == name]
            expected = everywhere._expected(name, typical)
            means[name] = (own.sum(axis=0) + _TRUSTED_ROWS * expected) / (len(own) + _TRUSTED_ROWS)
        return replace(everywhere, languages=means)

    def centred(self, vectors: Vectors, tags: Sequence[str], typical: Typical) -> Vectors:
        """Unit rows without the mean of their language; a row of zeros, "no idea", stays zero."""
        means = {tag: self._mean(_primary(tag), typical) for tag in set(tags)}
        return unit((vectors - np.stack([means[tag] for tag in tags])) * vectors.any(axis=1, keepdims=True))

    def _mean(self, name: str, typical: Typical) -> Vectors:
        return self.languages[name] if name in self.languages else self._expected(name, typical)

    def _expected(self, name: str, typical: Typical) -> Vectors:
        usual = typical(name)
        return self.everywhere if usual is None else self.everywhere + usual - self.mixture


@dataclass
class Space:
    """How texts become rows: fitted n-grams, and for every encoder its name and centres."""

    ngrams: Ngrams
    names: tuple[str, ...]
    centres: tuple[Centres, ...]

    @classmethod
    def fit(cls, texts: Sequence[str], languages: Sequence[str], encoders: Sequence[Encoder]) -> tuple[Space, Matrix]:
        """Learn from texts; also returns their own rows, shape (texts, numbers)."""
        ngrams, table = Ngrams.fit(texts)
        vectors = [encoder.encode(texts) for encoder in encoders]
        centres = tuple(
            Centres.of(rows, languages, encoder.typical) for rows, encoder in zip(vectors, encoders, strict=True)
        )
        space = cls(ngrams, tuple(encoder.name for encoder in encoders), centres)
        return space, space._joined(table, vectors, languages, encoders)

    def rows(self, texts: Sequence[str], languages: Sequence[str], encoders: Sequence[Encoder]) -> Matrix:
        """Rows of shape (texts, numbers). Raises ModelError when the encoders are not those of the training."""
        names = tuple(encoder.name for encoder in encoders)
        if names != self.names:
            learnt, given = " and ".join(self.names) or "none", " and ".join(names) or "none"
            raise ModelError(
                f"the topic model was learnt with the encoders {learnt}, but there are {given}: install what is "
                "missing, or train anew with `zd-automation model train`"
            )
        vectors = [encoder.encode(texts) for encoder in encoders]
        return self._joined(self.ngrams.transform(texts), vectors, languages, encoders)

    def _joined(
        self, ngrams: Matrix, vectors: Sequence[Vectors], languages: Sequence[str], encoders: Sequence[Encoder]
    ) -> Matrix:
        """Side by side. Where no encoder carries a language, the n-grams take over: a vector of an unknown language
        means nothing, with great confidence."""
        if not encoders:
            return ngrams
        carried = np.array([[encoder.carries(tag) for encoder in encoders] for tag in languages], dtype=np.float32)
        parts = [ngrams * (1 - (1 - _SHARE) * carried.max(axis=1, keepdims=True))]
        for number, (encoder, rows, centres) in enumerate(zip(encoders, vectors, self.centres, strict=True)):
            own = centres.centred(rows, languages, encoder.typical)
            parts.append(own * (carried[:, number : number + 1] * encoder.weight))
        return np.hstack(parts).astype(np.float32)

    def state(self) -> dict[str, Any]:
        """Plain arrays, strings and numbers, for the model file."""
        return {
            "ngrams": self.ngrams.state(),
            "names": list(self.names),
            "everywhere": [centres.everywhere for centres in self.centres],
            "mixture": [centres.mixture for centres in self.centres],
            "languages": [dict(centres.languages) for centres in self.centres],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Space:
        """The reverse of :meth:`state`."""
        centres = zip(state["everywhere"], state["mixture"], state["languages"], strict=True)
        return cls(
            Ngrams.from_state(state["ngrams"]), tuple(state["names"]), tuple(Centres(*parts) for parts in centres)
        )


def _primary(tag: str) -> str:
    return tag if tag.endswith("-Latn") else tag.split("-")[0]
