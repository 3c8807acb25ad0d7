"""A trained model as a file with its card: written whole, read only when it is byte for byte what was trained."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zd_automation.errors import ModelError
from zd_automation.models.cache import FORMAT, READING, skops

ANEW = "train anew: zd-automation model train, then zd-automation model promote"
_NAME = re.compile(r"topics-[0-9a-f]{16}\.skops")


@dataclass(frozen=True)
class Card:
    """What a model was made of and how good it was. ``model`` and ``sha256`` are filled in by the registry."""

    trained_at: str
    """ISO 8601, UTC."""
    data_hash: str
    """Of every message that was learnt from, with its topic and language."""
    definitions_hash: str
    """Of the desk's own part: its topics, their words, its examples, its languages."""
    libraries: Mapping[str, str]
    """Versions of what it was trained with, by package."""
    rows: int
    topics: int
    encoders: str = ""
    """Names of the encoders that it needs, "" for none."""
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    """Figures on messages that it had not seen; ``judged_on`` says on which."""
    format: int = FORMAT
    model: str = ""
    sha256: str = ""

    @property
    def version(self) -> str:
        """The short name that decisions carry."""
        return self.model.removeprefix("topics-").removesuffix(".skops")


@dataclass(frozen=True)
class Stored:
    """A model as it lies in the registry: its card and its state (plain arrays, text and numbers)."""

    card: Card
    state: dict[str, Any]


def card_from(row: Mapping[str, Any]) -> Card:
    """A card out of its JSON; keys of another version are passed over. Raises TypeError or ValueError when it is none."""
    known = {one.name for one in dataclasses.fields(Card)}
    card = Card(**{key: value for key, value in row.items() if key in known})
    texts = (card.model, card.sha256, card.trained_at, card.data_hash, card.definitions_hash, card.encoders)
    if not all(isinstance(text, str) for text in texts) or not _NAME.fullmatch(card.model):
        raise ValueError("a card without a name")
    if not isinstance(card.evaluation, Mapping) or not isinstance(card.libraries, Mapping):
        raise TypeError("a card without its tables")
    return card


def read_model(folder: Path, slot: str, card: Card) -> Stored:
    """The model that a card describes. Raises ModelError: another version, gone, truncated, changed, not to be trusted."""
    path, way_out = folder / card.model, f"zd-automation model rollback, or {ANEW}" if slot == "active" else ANEW
    if card.format != FORMAT:
        raise ModelError(
            f"{path}: the {slot} model is of another version (format {card.format}, this one reads {FORMAT}); {ANEW}"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: the {slot} model cannot be read ({error.strerror}); {way_out}") from None
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise ModelError(f"{path}: the {slot} model is not the file that was trained (truncated or changed); {way_out}")
    try:
        # Only plain arrays, text and numbers are stored, which skops trusts by itself.
        with READING:
            state = skops().loads(data, trusted=[])
    except Exception as error:
        raise ModelError(f"{path}: the {slot} model cannot be trusted ({type(error).__name__}); {way_out}") from error
    if not isinstance(state, dict):
        raise ModelError(f"{path}: the {slot} model's file holds no model; {way_out}")
    return Stored(card, state)


def is_whole(folder: Path, card: Card) -> bool:
    """Whether the card's file is there, byte for byte."""
    try:
        return hashlib.sha256((folder / card.model).read_bytes()).hexdigest() == card.sha256
    except OSError:
        return False


def write_model(folder: Path, name: str, state: Mapping[str, Any]) -> str:
    """Store a state under a name; returns the file's SHA-256. Raises OSError."""
    data: bytes = skops().dumps(dict(state))
    write_whole(folder / name, data)
    return hashlib.sha256(data).hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Written beside, brought to the disk, renamed: after a power cut the file is the old one or the new one."""
    # Not mkstemp: the service's user must be able to read what an admin trains.
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def state_hash(state: object) -> str:
    """A short hash of a model's content: the same training gives the same name, whatever else its file holds.

    Raises TypeError for what is neither array, text, number, list nor mapping.
    """
    digest = hashlib.sha256()
    _feed(digest.update, state)
    return digest.hexdigest()[:16]


def _feed(take: Callable[[bytes], None], value: object) -> None:
    if isinstance(value, np.ndarray):
        take(f"array{value.dtype.str}{value.shape}".encode())
        take(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Mapping):
        take(f"mapping{len(value)}".encode())
        for key in sorted(value):
            _feed(take, key)
            _feed(take, value[key])
    elif isinstance(value, list | tuple):
        take(f"list{len(value)}".encode())
        for item in value:
            _feed(take, item)
    elif isinstance(value, str | int | float | np.generic | None):
        take(f"{type(value).__name__}{value!r};".encode("utf-8", "backslashreplace"))
    else:
        raise TypeError(f"a model's state holds a {type(value).__name__}; only arrays, text and numbers are stored")
