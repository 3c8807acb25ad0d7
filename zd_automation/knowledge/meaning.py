"""What passages mean: vectors of every encoder, without what their language adds, and how near a question lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zd_automation.knowledge.vectors import PassageVectors
from zd_automation.models.encoder import Encoder, Vectors
from zd_automation.models.features import unit

Floats = npt.NDArray[np.float32]
# From this share on an encoder counts as one that carries a language.
_CARRIED = 0.5


class Meaning:
    """Passages as every encoder sees them. Immutable."""

    def __init__(
        self, texts: Sequence[str], languages: Sequence[str], encoders: Sequence[Encoder], kept: PassageVectors
    ) -> None:
        self._encoders = tuple(encoders)
        self._rows = [_centred(encoder, kept.of(encoder, texts), languages) for encoder in encoders]
        shares = [[encoder.carries(tag) for tag in languages] for encoder in encoders]
        self._carried = np.array(shares, dtype=np.float32).reshape(len(encoders), len(texts))

    def alike(self, texts: Sequence[str], languages: Sequence[str]) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
        """How near each passage lies, weighed by encoder and by how far it carries both languages; the sum of those
        weights; and which encoders carry both, as bits. Each of shape (texts, passages)."""
        shape = (len(texts), self._carried.shape[1])
        near, weight, which = np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.int64)
        for number, (encoder, rows) in enumerate(zip(self._encoders, self._rows, strict=True)):
            asked = np.array([encoder.carries(tag) for tag in languages], dtype=np.float32)
            if not asked.any():
                continue
            carried = np.outer(asked, self._carried[number])
            near += encoder.weight * carried * (_centred(encoder, encoder.encode(texts), languages) @ rows.T)
            weight += encoder.weight * carried
            which |= (carried >= _CARRIED).astype(np.int64) << number
        return near, weight, which


def _centred(encoder: Encoder, vectors: Vectors, languages: Sequence[str]) -> Vectors:
    """Unit rows without the mean of ordinary text in their language, where the encoder knows it: in a space where each
    language has a place of its own, a question lies nearest to whatever is in its language."""
    english = encoder.typical("en")
    if english is None or not len(vectors):
        return vectors
    usual = [encoder.typical(tag.split("-")[0].lower()) for tag in languages]
    return unit(vectors - np.stack([english if mean is None else mean for mean in usual]))
