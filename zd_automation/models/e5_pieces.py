"""Texts to the token numbers of multilingual-e5-small, read from a packed weights file (see ``models.e5``).

XLM-RoBERTa cuts a text into the sequence of known pieces whose scores add up highest (a SentencePiece unigram
model): characters are first folded by a table, each run of blanks becomes one mark that starts the next word, and
no piece reaches across such a mark. The 250,000 pieces are kept as a sorted table of hashes, 4 MB, where a Python
dictionary of them would take 30.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zd_automation.models.e5_file import Bytes, PackedReader

_Hashes = npt.NDArray[np.uint64]

QUERY, PASSAGE = "query: ", "passage: "
_MARK = "\u2581"
_UNKNOWN_PENALTY = 10.0
_FEWEST_PIECES = 2  # the unknown one and another
# An odd factor has an inverse modulo 2**64, so the hash of any stretch follows from the sums at its two ends.
_FACTOR = 0x9E3779B97F4A7C15
_INVERSE = pow(_FACTOR, -1, 1 << 64)
_SCRAMBLE = 0xBF58476D1CE4E5B9


@dataclass(frozen=True)
class Pieces:
    """The known pieces of text; read-only, hence safe to share between threads.

    ``keys`` are their hashes in rising order, ``ids`` and ``scores`` stand beside them. ``folds`` maps a character's
    code to what replaces it.
    """

    keys: _Hashes
    ids: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float32]
    folds: dict[int, str]
    begin: int
    end: int
    unknown: int
    unknown_score: float
    longest: int

    @classmethod
    def read(cls, reader: PackedReader) -> Pieces:
        """The pieces and the folding table, from where ``reader`` stands.

        Raises ModelError for a file that ends early or contradicts itself.
        """
        count, begin, end, _, unknown, size = reader.numbers("5iQ")
        if count < _FEWEST_PIECES:
            raise reader.broken(f"it tells of {count} pieces")
        offsets = reader.take(4 * (count + 1)).view("<u4").astype(np.int64)
        scores = reader.take(4 * count).view("<f4")
        letters = np.asarray(reader.take(size))
        if offsets[0] != 0 or offsets[-1] != size or np.any(np.diff(offsets) < 1):
            raise reader.broken("its pieces are not in a row")
        hashes = _stretches(letters, offsets[:-1], offsets[1:])
        order = np.argsort(hashes)
        order = order[order != unknown]
        starts = np.concatenate(([0], np.cumsum(_starts_of_characters(letters))))
        return cls(
            keys=hashes[order],
            ids=order.astype(np.int32),
            scores=scores[order],
            folds=_folds(reader),
            begin=begin,
            end=end,
            unknown=unknown,
            unknown_score=float(scores.min()) - _UNKNOWN_PENALTY,
            longest=int(np.max(starts[offsets[1:]] - starts[offsets[:-1]])),
        )

    @property
    def lowest_id(self) -> int:
        """The lowest number that a token can have."""
        return min(int(self.ids.min()), self.begin, self.end, self.unknown)

    @property
    def highest_id(self) -> int:
        """The highest number that a token can have."""
        return max(int(self.ids.max()), self.begin, self.end, self.unknown)

    def token_ids(self, text: str, most_tokens: int = 128, prefix: str = QUERY) -> list[int]:
        """The numbers of a query's or a passage's tokens, at most ``most_tokens`` (3 or more) with the opening and the
        closing one."""
        room = max(most_tokens - 2, 1)
        # A token has at most ``longest`` characters, so what lies behind these cannot be among the first tokens.
        marked = self.folded(prefix + text)[: room * self.longest]
        return [self.begin, *self._best_cut(marked)[:room], self.end]

    def folded(self, text: str) -> str:
        """The text as the pieces spell it: characters replaced, every run of blanks one mark, a mark in front."""
        plain = text.translate(self.folds)
        while "  " in plain:
            plain = plain.replace("  ", " ")
        return (plain if plain.startswith(" ") else " " + plain).replace(" ", _MARK)

    def _best_cut(self, marked: str) -> list[int]:
        """The ids of the pieces whose scores add up highest; a character that no piece covers is unknown."""
        size = len(marked)
        best = [0.0] + [-np.inf] * size
        came_from, piece = [0] * (size + 1), [self.unknown] * (size + 1)
        found = self._known(marked)
        at = 0
        for start in range(size):
            here = best[start]
            if here + self.unknown_score > best[start + 1]:
                best[start + 1], came_from[start + 1], piece[start + 1] = here + self.unknown_score, start, self.unknown
            while at < len(found) and found[at][0] == start:
                _, stop, number, score = found[at]
                if here + score > best[stop]:
                    best[stop], came_from[stop], piece[stop] = here + score, start, number
                at += 1
        cut = []
        while size:
            cut.append(piece[size])
            size = came_from[size]
        return cut[::-1]

    def _known(self, marked: str) -> Sequence[tuple[int, int, int, float]]:
        """Every stretch of the text that is a piece: start, stop (in characters), id and score, in order of start."""
        letters = np.frombuffer(marked.encode("utf-8", "replace"), dtype=np.uint8)
        offsets = np.append(np.flatnonzero(_starts_of_characters(letters)), len(letters))
        places = np.arange(len(offsets) - 1)
        # A piece never runs past the next mark: most stretches of words need no look-up.
        marks = [place for place, character in enumerate(marked) if character == _MARK]
        ends = np.array([*marks, len(places)])[np.searchsorted(marks, places, side="right")]
        widths = np.minimum(ends - places, self.longest)
        starts = np.repeat(places, widths)
        stops = starts + 1 + np.arange(len(starts)) - np.repeat(np.cumsum(widths) - widths, widths)
        hashes = _stretches(letters, offsets[starts], offsets[stops])
        slots = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        hits = np.flatnonzero(self.keys[slots] == hashes)
        slots = slots[hits]
        return list(
            zip(
                starts[hits].tolist(),
                stops[hits].tolist(),
                self.ids[slots].tolist(),
                self.scores[slots].tolist(),
                strict=True,
            )
        )


def _starts_of_characters(letters: Bytes) -> npt.NDArray[np.bool_]:
    """Where in UTF-8 bytes a character begins."""
    starts: npt.NDArray[np.bool_] = (letters & 0xC0) != 0x80
    return starts


def _stretches(letters: Bytes, starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64]) -> _Hashes:
    """64-bit hashes of stretches of bytes: a polynomial in ``_FACTOR``, scrambled."""
    powers = np.cumprod(np.full(len(letters), _FACTOR, dtype=np.uint64))
    sums = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(powers * (letters + np.uint64(1)))))
    undo = np.concatenate((np.ones(1, dtype=np.uint64), np.cumprod(np.full(len(letters), _INVERSE, dtype=np.uint64))))
    values: _Hashes = (sums[stops] - sums[starts]) * undo[starts] * np.uint64(_SCRAMBLE)
    values ^= values >> np.uint64(31)
    return values


def _folds(reader: PackedReader) -> dict[int, str]:
    """The folding table: for each character's code the text that replaces it."""
    count, size = reader.numbers("iI")
    rows, at = reader.take(size).tobytes(), 0
    folds = {0: ""}  # the table drops every control character but this one
    try:
        for _ in range(count):
            code, width = struct.unpack_from("<IB", rows, at)
            folds[code] = "".join(map(chr, struct.unpack_from(f"<{width}I", rows, at + 5)))
            at += 5 + 4 * width
    except (struct.error, ValueError, OverflowError) as error:
        raise reader.broken(f"its table of characters cannot be read ({error})") from error
    return folds
