"""What a model said of labelled messages it has not seen: the one thing that every measure is made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

NO_TOPIC = -1
"""The place in ``Predictions.right`` of a message that belongs to none of the desk's topics."""

_ROUNDING = 1e-3


@dataclass(frozen=True)
class Predictions:
    """What a model said of labelled messages it has not seen; n rows, one a message.

    Raises ValueError when the parts do not fit together; the message names the part.
    """

    topics: tuple[str, ...]
    """All topics the model knows, and any that only the labels know."""
    texts: tuple[str, ...]
    """Cleaned text of each message."""
    languages: tuple[str, ...]
    """BCP 47 primary tag of each message."""
    right: npt.NDArray[np.int32]
    """Index into ``topics``; ``NO_TOPIC`` (-1) where the message belongs to none of them (out of scope)."""
    chances: npt.NDArray[np.float32]
    """Calibrated probabilities, shape (n, topics), rows sum to 1; 0 in the columns of ``unlearnt`` topics."""
    lines: npt.NDArray[np.float32]
    """The threshold of each row's best topic."""
    known: npt.NDArray[np.float32]
    """Nearness of each row to known examples."""
    spoken: npt.NDArray[np.bool_]
    """Whether the model would speak: confident and known."""
    ids: tuple[str, ...]
    """Ticket ids or line numbers, for reading."""
    unlearnt: tuple[str, ...] = ()
    """Those of ``topics`` that the model does not know: they only occur among the labels."""

    def __post_init__(self) -> None:
        rows = len(self.texts)
        sizes = {
            "languages": len(self.languages), "right": len(self.right), "chances": len(self.chances),
            "lines": len(self.lines), "known": len(self.known), "spoken": len(self.spoken), "ids": len(self.ids),
        }  # fmt: skip
        for part, size in sizes.items():
            if size != rows:
                raise ValueError(f"predictions: {part} has {size} rows, texts has {rows}")
        if self.chances.shape != (rows, len(self.topics)):
            raise ValueError(f"predictions: chances is {self.chances.shape}, expected {(rows, len(self.topics))}")
        if len(set(self.topics)) != len(self.topics):
            raise ValueError("predictions: topics names a topic twice")
        if strangers := sorted(set(self.unlearnt) - set(self.topics)):
            raise ValueError(f"predictions: unlearnt names {', '.join(strangers)}, not among topics")
        if rows and not (self.right.min() >= NO_TOPIC and self.right.max() < len(self.topics)):
            raise ValueError(f"predictions: right must lie between -1 and {len(self.topics) - 1}")
        if rows and not bool((np.abs(self.chances.sum(axis=1, dtype=np.float64) - 1.0) < _ROUNDING).all()):
            raise ValueError("predictions: each row of chances must sum to 1")

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def said(self) -> npt.NDArray[np.int32]:
        """Each row's best topic, an index into ``topics``, whether it would be spoken or not."""
        best: npt.NDArray[np.int32] = self.chances.argmax(axis=1).astype(np.int32)
        return best

    @cached_property
    def confidence(self) -> npt.NDArray[np.float64]:
        """The chance of each row's best topic."""
        highest: npt.NDArray[np.float64] = self.chances.max(axis=1).astype(np.float64)
        return highest

    @cached_property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether the best topic is the right one; never for a message out of scope."""
        same: npt.NDArray[np.bool_] = self.said == self.right
        return same

    @cached_property
    def in_scope(self) -> npt.NDArray[np.bool_]:
        """Whether the message belongs to one of the topics."""
        belongs: npt.NDArray[np.bool_] = self.right != NO_TOPIC
        return belongs

    @property
    def learnt(self) -> tuple[str, ...]:
        """The topics that the model itself can name."""
        return tuple(topic for topic in self.topics if topic not in set(self.unlearnt))

    def labels(self) -> tuple[str, ...]:
        """The right topic of each row by name, "" where there is none: comparable between two models."""
        return tuple("" if place == NO_TOPIC else self.topics[place] for place in self.right)
