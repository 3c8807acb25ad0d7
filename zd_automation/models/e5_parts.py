"""What the network of ``models.e5`` is made of, and how its parts are read from the packed file."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zd_automation.models.e5_file import Bytes, PackedReader

Table = npt.NDArray[np.float32]

# Weights come in blocks of 32: a half-precision scale, then 16 bytes with two weights each.
BLOCK, _BLOCK_BYTES = 32, 18
_NUMBERS, _BLOCKS = 0, 1
# A few rows times a tile of this shape is a product small enough for OpenBLAS to skip its copying of the matrix, which
# for one short text takes longer than the product; from so many rows on, one product of the whole is faster.
_TILE = (384, 32)
_MANY_ROWS = 256


@dataclass(frozen=True)
class Linear:
    """A matrix from ``in`` to ``out`` numbers in tiles, shape (in / tall, out / wide, tall, wide), and a bias (out)."""

    tiles: Table
    bias: Table

    @classmethod
    def of(cls, weights: Table, bias: Table) -> Linear:
        """Tiles of ``weights``, shape (in, out)."""
        tall, wide = (math.gcd(size, most) for size, most in zip(weights.shape, _TILE, strict=True))
        tiles = weights.reshape(-1, tall, bias.size // wide, wide).transpose(0, 2, 1, 3)
        return cls(np.ascontiguousarray(tiles), bias)

    def apply(self, rows: Table, out: Table) -> None:
        """``out`` becomes the product of ``rows`` with the matrix; the bias is left to the caller."""
        tall, wide = self.tiles.shape[2:]
        if len(rows) >= _MANY_ROWS:
            np.matmul(rows, self.tiles.transpose(0, 2, 1, 3).reshape(rows.shape[1], out.shape[1]), out=out)
            return
        parts = rows.reshape(len(rows), -1, tall).transpose(1, 0, 2)
        columns = out.reshape(len(rows), -1, wide).transpose(1, 0, 2)
        np.matmul(parts[0], self.tiles[0], out=columns)
        for part, tiles in zip(parts[1:], self.tiles[1:], strict=True):
            columns += part @ tiles


@dataclass(frozen=True)
class Norm:
    """What a layer normalisation multiplies by and adds."""

    scale: Table
    shift: Table
    epsilon: float


@dataclass(frozen=True)
class Layer:
    """One layer; ``triple`` gives query, key and value at once, the query already divided by sqrt(head size)."""

    triple: Linear
    joined: Linear
    after_attention: Norm
    widen: Linear
    narrow: Linear
    after_middle: Norm


def unpacked(blocks: Bytes) -> Table:
    """Weights of packed blocks: (..., blocks, 18) bytes to (..., blocks, 32) numbers."""
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    halves = blocks[..., 2:]
    out = np.empty((*blocks.shape[:-1], BLOCK), dtype=np.float32)
    np.subtract(halves & 15, 8.0, out=out[..., : BLOCK // 2], dtype=np.float32)
    np.subtract(halves >> 4, 8.0, out=out[..., BLOCK // 2 :], dtype=np.float32)
    out *= scales
    return out


class Tensors:
    """The named arrays of a weights file, each checked against the shape that the network needs."""

    def __init__(self, reader: PackedReader, epsilon: float) -> None:
        self._reader, self._epsilon = reader, epsilon
        self._places: dict[str, tuple[int, int, int]] = {}
        for _ in range(*reader.numbers("i")):
            (length,) = reader.numbers("H")
            name = reader.take(length).tobytes().decode("ascii", "replace")
            kind, count, start, _ = reader.numbers("BIQQ")
            self._places[name] = (kind, count, start)

    def table(self, name: str, *shape: int) -> Table:
        """Plain numbers, copied out of the file."""
        return self._finite(name, self._bytes(name, _NUMBERS, shape, 4).view("<f4").reshape(shape).astype(np.float32))

    def packed(self, name: str, rows: int, columns: int) -> Bytes:
        """Packed blocks, still in the file: shape (rows, blocks, 18)."""
        shape = (rows, columns // BLOCK, _BLOCK_BYTES)
        return self._bytes(name, _BLOCKS, (rows, columns), _BLOCK_BYTES / BLOCK).reshape(shape)

    def norm(self, name: str, size: int) -> Norm:
        """A layer normalisation over ``size`` numbers."""
        return Norm(self.table(f"{name}.w", size), self.table(f"{name}.b", size), self._epsilon)

    def matrix(self, name: str, inward: int, outward: int) -> Table:
        """A matrix unpacked, shape (in, out)."""
        with np.errstate(invalid="ignore"):
            weights = unpacked(self.packed(f"{name}.w", outward, inward)).reshape(outward, inward)
        return self._finite(f"{name}.w", weights).T

    def linear(self, name: str, inward: int, outward: int, factor: float = 1.0) -> Linear:
        """A matrix times ``factor``, and its bias."""
        return Linear.of(self.matrix(name, inward, outward) * np.float32(factor), self.table(f"{name}.b", outward))

    def triple(self, name: str, size: int, head: int) -> Linear:
        """The matrices of query, key and value side by side."""
        weights = [self.matrix(f"{name}.{letter}", size, size) for letter in "qkv"]
        biases = [self.table(f"{name}.{letter}.b", size) for letter in "qkv"]
        for query in (weights[0], biases[0]):
            query *= np.float32(head**-0.5)
        return Linear.of(np.hstack(weights), np.hstack(biases))

    def layer(self, name: str, size: int, middle: int, head: int) -> Layer:
        """One layer; its factors are folded into the matrices here, once."""
        return Layer(
            triple=self.triple(name, size, head),
            joined=self.linear(f"{name}.ao", size, size),
            after_attention=self.norm(f"{name}.aln", size),
            widen=self.linear(f"{name}.fi", size, middle),
            narrow=self.linear(f"{name}.fo", middle, size, 0.5),
            after_middle=self.norm(f"{name}.oln", size),
        )

    def _finite(self, name: str, table: Table) -> Table:
        if not np.isfinite(table).all():
            raise self._reader.broken(f"{name} holds values that are no numbers")
        return table

    def _bytes(self, name: str, kind: int, shape: tuple[int, ...], each: float) -> Bytes:
        count = int(np.prod(shape))
        if name not in self._places or self._places[name][:2] != (kind, count):
            raise self._reader.broken(f"{name} is not there in the shape {shape}")
        return self._reader.between(self._places[name][2], int(count * each))
