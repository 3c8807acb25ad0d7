"""What an encoder is, and what all of ours share: texts cut, answers checked and scaled, recent vectors kept."""

from __future__ import annotations

import hashlib
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from zd_automation.errors import ModelError
from zd_automation.models.cache import content_hash

Vectors = npt.NDArray[np.float32]
Languages = Mapping[str, float] | Sequence[str] | None
MOST_CHARACTERS = 600
CACHED = 4096


class Encoder(Protocol):
    """Turns texts into unit vectors; thread-safe. ``name`` changes whenever the vectors do."""

    @property
    def name(self) -> str:
        """What models learnt from these vectors are kept under."""
        ...

    @property
    def size(self) -> int:
        """Numbers in a vector."""
        ...

    @property
    def weight(self) -> float:
        """How loud its vectors are beside those of other encoders; 1 is usual."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Float32 array of shape (texts, size), rows of length one (or zero: "no idea")."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The same of passages that are searched: the vectors of a help centre, for questions that :meth:`encode` reads."""
        ...

    def carries(self, language: str) -> float:
        """How far the vectors of this language (BCP 47) can be trusted, 0 to 1."""
        ...

    def typical(self, language: str) -> Vectors | None:
        """The mean vector of ordinary text in a language, shape (size,), where it is known."""
        ...


class CachedEncoder(ABC):
    """An encoder around something that we did not write; subclasses say how raw rows are got.

    Texts are cut to ``most_characters`` (a ticket's topic stands early) and go out in batches of ``batch``, sorted by
    length. ``languages`` says how far each is carried: a list for wholly, a table for shares, None for all languages.
    """

    name: str
    weight: float = 1.0

    def __init__(self, who: str, languages: Languages, most_characters: int, batch: int, cache_size: int) -> None:
        for key, value in (("most_characters", most_characters), ("batch", batch)):
            if value < 1:
                raise ModelError(f"{who}: {key} must be 1 or more, not {value}")
        self.languages = language_shares(who, languages)
        self._who = who
        self._most = most_characters
        self._batch = batch
        self._cache: OrderedDict[bytes, Vectors] = OrderedDict()
        self._cache_size = cache_size
        self._cache_lock = threading.Lock()
        self._size, self._size_lock = 0, threading.Lock()

    @property
    def size(self) -> int:
        """Numbers in a vector; found out, once, by encoding one word where nobody has said it."""
        with self._size_lock:
            if not self._size:
                self._size = unit_rows(self._raw(["size"]), 1, None, self._who).shape[1]
            return self._size

    @size.setter
    def size(self, size: int) -> None:
        self._size = size

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`. Raises ModelError when the rows are not usable."""
        cut = [self._cut(text) for text in texts]
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in cut]
        with self._cache_lock:
            found = {key: self._cache[key] for key in keys if key in self._cache}
        missing = {key: text for key, text in zip(keys, cut, strict=True) if key not in found}
        if missing:
            # Copies: a row that is kept must not hold its whole batch in memory.
            fresh = (row.copy() for row in self._encode_now(list(missing.values())))
            found |= dict(zip(missing, fresh, strict=True))
        self._remember(found)
        return np.stack([found[key] for key in keys]) if keys else np.zeros((0, self.size), dtype=np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`. Kept nowhere: whoever has thousands of passages keeps their vectors."""
        return self._encode_now([self._cut(text) for text in texts])

    def carries(self, language: str) -> float:
        """See :class:`Encoder`: the tag itself is looked for before its first part."""
        if self.languages is None:
            return 0.0 if language == "und" else 1.0
        tag = language.lower()
        return self.languages.get(tag, self.languages.get(tag.split("-")[0], 0.0))

    def typical(self, language: str) -> Vectors | None:  # noqa: ARG002 - nothing is known of foreign vectors
        """See :class:`Encoder`."""
        return None

    def _cut(self, text: str) -> str:
        # A lone surrogate, half an emoji, has no bytes: it is sent as a question mark.
        return (text[: self._most] or " ").encode("utf-8", "replace").decode()

    @abstractmethod
    def _raw(self, texts: list[str]) -> Any:
        """One row of numbers for each text; anything numpy takes for a table. Called by several threads."""

    def _encode_now(self, texts: list[str]) -> Vectors:
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        out = np.empty((len(texts), self.size), dtype=np.float32)
        for start in range(0, len(order), self._batch):
            part = order[start : start + self._batch]
            out[part] = unit_rows(self._raw([texts[index] for index in part]), len(part), self.size, self._who)
        return out

    def _remember(self, rows: Mapping[bytes, Vectors]) -> None:
        with self._cache_lock:
            for key, row in rows.items():
                self._cache[key] = row
                self._cache.move_to_end(key)
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)


def language_shares(who: str, languages: Languages) -> Mapping[str, float] | None:
    """Shares by lower-case tag. Raises ModelError when one is not a number from 0 to 1."""
    if languages is None:
        return None
    pairs = list(languages.items()) if isinstance(languages, Mapping) else [(tag, 1.0) for tag in languages]
    for tag, share in pairs:
        if isinstance(languages, str) or not isinstance(tag, str) or type(share) not in (int, float):
            raise ModelError(f'{who}: languages must be tags, ["en", "de"], or shares, {{ en = 1.0, uk = 0.5 }}')
        if not 0 <= share <= 1:
            raise ModelError(f"{who}: the share of the language {tag!r} must lie between 0 and 1, not {share}")
    return {tag.lower(): float(share) for tag, share in pairs}


def fingerprint(*settings: Any) -> str:
    """Eight characters for everything beside its weights that changes an encoder's vectors or their use."""
    return content_hash(*settings)[:8]


def unit_rows(raw: Any, count: int, size: int | None, who: str) -> Vectors:
    """``raw`` as float32 rows of length one, of shape (count, size). A row of zeros, "no idea", stays zero.

    Raises ModelError, naming ``who``, for another shape, or for anything that is not a finite number.
    """
    try:
        rows = np.asarray(raw, dtype=np.float64)
    except (TypeError, ValueError):
        raise ModelError(f"{who} gave no table of numbers; it must give one row of numbers for each text") from None
    if rows.ndim != 2 or len(rows) != count or rows.shape[1] == 0 or size not in (None, rows.shape[1]):
        wanted = f"({count}, {'size' if size is None else size})"
        raise ModelError(f"{who} gave an array of shape {rows.shape} where {wanted} was due: one row for each text")
    if not np.isfinite(rows).all():
        raise ModelError(f"{who} gave a number that is not finite (NaN or infinity) for one of {count} texts")
    # Scaled by the largest first, so that squares neither overflow nor vanish.
    largest = np.abs(rows).max(axis=1, keepdims=True)
    rows = rows / np.where(largest > 0, largest, 1.0)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Vectors = (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return unit
