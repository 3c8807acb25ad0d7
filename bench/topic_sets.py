"""The labelled sets of ../shared/data as the topic benchmark reads them, and vectors that are made once a text."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zd_automation.models.encoder import Encoder, Vectors
from zd_automation.models.topic_model import Hints

Row = dict[str, Any]


@dataclass
class Part:
    """Messages with their topics and languages; a topic of "" is none of the desk's."""

    texts: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Sequence[Row], language: str = "en") -> Part:
        """From rows with text, label and perhaps lang; the label "oos" is none."""
        labels = ["" if row["label"] == "oos" else str(row["label"]) for row in rows]
        return cls([row["text"] for row in rows], labels, [row.get("lang", language) for row in rows])

    def __add__(self, other: Part) -> Part:
        return Part(self.texts + other.texts, self.topics + other.topics, self.languages + other.languages)


class Sets:
    """Reads the shared folders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def rows(self, name: str, file: str = "data.jsonl.gz") -> list[Row]:
        """Every row of a file, in its order."""
        path = self._folder / name / file
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
        return [json.loads(line) for line in text.split("\n") if line.strip()]

    def split(self, name: str, split: str, **wanted: str) -> Part:
        """One split of a set; ``wanted`` keeps rows with these values."""
        file = "fewshot.jsonl.gz" if split.startswith("train_") else "data.jsonl.gz"
        rows = [row for row in self.rows(name, file) if row["split"] == split]
        return Part.of([row for row in rows if all(row[key] == value for key, value in wanted.items())])

    def retail(self) -> tuple[Part, Hints]:
        """The 877 rows of retail113 as the history is, and what its tree says of the topics."""
        rows = self.rows("retail113", "train.jsonl")
        part = Part([row["text"] for row in rows], [row["topic"] for row in rows], [row["language"] for row in rows])
        tree = json.loads((self._folder / "retail113" / "topics.json").read_text(encoding="utf-8"))["topics"]
        said = [(topic[key], topic["id"], language) for key, language in _SAID for topic in tree if topic.get(key)]
        areas = {topic["id"]: topic["area"] for topic in tree}
        return part, Hints([row[0] for row in said], [row[1] for row in said], [row[2] for row in said], areas)


_SAID = (("name_en", "en"), ("name_ru", "ru"), ("description", "en"))


class Remembered:
    """An encoder whose vectors are kept in a file: a benchmark asks for the same texts many times."""

    def __init__(self, encoder: Encoder, folder: Path | None) -> None:
        self._encoder = encoder
        self.name, self.size, self.weight = encoder.name, encoder.size, encoder.weight
        self.carries, self.typical = encoder.carries, encoder.typical
        self._path = folder / f"{encoder.name}.npz" if folder else None
        self._rows: dict[str, Vectors] = {}
        if self._path and self._path.exists():
            with np.load(self._path) as kept:
                self._rows = dict(zip(kept["keys"].tolist(), kept["rows"], strict=True))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See ``models.encoder.Encoder``."""
        keys = [_key(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if missing:
            made = self._encoder.encode(list(missing.values()))
            self._rows |= dict(zip(missing, made.astype(np.float16), strict=True))
        return np.array([self._rows[key] for key in keys], dtype=np.float32).reshape(len(keys), self.size)

    def keep(self) -> None:
        """Write what was encoded, for the next run."""
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(
                self._path,
                allow_pickle=False,
                keys=np.array(list(self._rows)),
                rows=np.array(list(self._rows.values())),
            )


def _key(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
