"""Vectors of passages, kept between starts: encoding ten thousand of them takes minutes, and few change from day to day."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from zd_automation.models.encoder import Encoder, Vectors

# Written after so many, so that a first index that is interrupted goes on where it was.
_BATCH = 256
# A passage that no index has asked for so long is forgotten.
_KEPT_DAYS = 60
_DAY = 86_400
_BYTES = 4


class PassageVectors:
    """One SQLite file with vectors by encoder and by the hash of the text; without ``path`` nothing is kept.

    A file that cannot be read or written is done without: everything in it can be made again.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock

    def of(self, encoder: Encoder, texts: Sequence[str]) -> Vectors:
        """Float32 rows of shape (texts, size). Raises ModelError when the encoder fails."""
        if not texts:
            return np.zeros((0, encoder.size), dtype=np.float32)
        keys = [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest() for text in texts]
        missing = dict(zip(keys, texts, strict=True))
        found: dict[bytes, Vectors] = {}
        with self._open() as file:
            found = self._known(file, encoder, list(missing)) if file else {}
            left = [key for key in missing if key not in found]
            for start in range(0, len(left), _BATCH):
                some = left[start : start + _BATCH]
                made = encoder.encode_passages([missing[key] for key in some])
                found |= dict(zip(some, made, strict=True))
                self._keep(file, encoder, some, made)
        return np.stack([found[key] for key in keys])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection | None]:
        try:
            file = self._connected()
        except (sqlite3.Error, OSError):
            yield None
            return
        if file is None:
            yield None
            return
        with closing(file):
            yield file

    def _connected(self) -> sqlite3.Connection | None:
        if self._path is None:
            return None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        file.execute(
            "CREATE TABLE IF NOT EXISTS vectors (encoder TEXT, text BLOB, numbers BLOB, used INTEGER,"
            " PRIMARY KEY (encoder, text)) WITHOUT ROWID"
        )
        file.execute("DELETE FROM vectors WHERE used < ?", (self._today() - _KEPT_DAYS,))
        return file

    def _known(self, file: sqlite3.Connection, encoder: Encoder, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        found = {}
        try:
            for key in keys:
                row = file.execute("SELECT numbers FROM vectors WHERE encoder = ? AND text = ?", (encoder.name, key))
                (numbers,) = row.fetchone() or (b"",)
                if len(numbers) == _BYTES * encoder.size:
                    found[key] = np.frombuffer(numbers, dtype=np.float32)
            today = self._today()
            told = [(today, encoder.name, key, today) for key in found]
            file.executemany("UPDATE vectors SET used = ? WHERE encoder = ? AND text = ? AND used < ?", told)
        except sqlite3.Error:
            return found
        return found

    def _keep(self, file: sqlite3.Connection | None, encoder: Encoder, keys: Sequence[bytes], rows: Vectors) -> None:
        if file is None:
            return
        told = [
            (encoder.name, key, row.astype(np.float32).tobytes(), self._today())
            for key, row in zip(keys, rows, strict=True)
        ]
        try:
            file.execute("BEGIN IMMEDIATE")
            file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", told)
            file.execute("COMMIT")
        except sqlite3.Error:
            file.rollback()

    def _today(self) -> int:
        return int(self._clock() // _DAY)
