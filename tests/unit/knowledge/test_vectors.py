"""Vectors of passages stay between starts, are made once, and a file that is no good costs nothing but time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.unit.models.made import MadeEncoder
from zd_automation.errors import ModelError
from zd_automation.knowledge.vectors import PassageVectors
from zd_automation.models.encoder import Vectors

TEXTS = ["card declined", "parcel late", "password reset", "card declined"]
DAY = 86_400.0


@dataclass(frozen=True)
class Counting(MadeEncoder):
    """Notes which passages it was asked for, and fails after so many."""

    asked: list[str] = field(default_factory=list)
    most: int = 10_000

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if len(self.asked) >= self.most:
            raise ModelError("the encoder is away")
        self.asked.extend(texts)
        return self.encode(texts)


def test_rows_stand_in_order_and_each_text_is_encoded_once(tmp_path: Path) -> None:
    encoder = Counting()
    kept = PassageVectors(tmp_path / "deep" / "passages.sqlite")
    rows = kept.of(encoder, TEXTS)
    assert np.array_equal(rows, MadeEncoder().encode(TEXTS))
    assert encoder.asked == TEXTS[:3]
    again = PassageVectors(tmp_path / "deep" / "passages.sqlite").of(encoder, [*TEXTS, "parcel delivery"])
    assert encoder.asked == [*TEXTS[:3], "parcel delivery"]
    assert np.array_equal(again[:4], rows)


def test_another_encoder_has_vectors_of_its_own(tmp_path: Path) -> None:
    kept = PassageVectors(tmp_path / "passages.sqlite")
    kept.of(Counting(), TEXTS)
    other = Counting(name="made-2")
    kept.of(other, TEXTS)
    assert other.asked == TEXTS[:3]


def test_a_first_index_that_was_interrupted_goes_on_where_it_was(tmp_path: Path) -> None:
    many = [f"parcel {number}" for number in range(600)]
    kept = PassageVectors(tmp_path / "passages.sqlite")
    with pytest.raises(ModelError, match="away"):
        kept.of(Counting(most=512), many)
    after = Counting()
    assert kept.of(after, many).shape == (600, 6)
    assert after.asked == many[512:]


def test_what_nobody_asked_for_in_sixty_days_is_forgotten(tmp_path: Path) -> None:
    path, now = tmp_path / "passages.sqlite", [100 * DAY]
    kept = PassageVectors(path, lambda: now[0])
    kept.of(Counting(), TEXTS)
    now[0] += 40 * DAY
    kept.of(Counting(), TEXTS[:1])
    now[0] += 40 * DAY
    later = Counting()
    kept.of(later, TEXTS)
    assert later.asked == ["parcel late", "password reset"]


@pytest.mark.parametrize("content", [b"", b"no database at all, whatever its name says"])
def test_a_file_that_is_no_database_is_done_without(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "passages.sqlite"
    path.write_bytes(content)
    assert np.array_equal(PassageVectors(path).of(Counting(), TEXTS), MadeEncoder().encode(TEXTS))


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    kept = PassageVectors(tmp_path / "file" / "passages.sqlite")
    assert kept.of(Counting(), TEXTS).shape == (4, 6)


def test_a_row_of_another_size_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "passages.sqlite"
    PassageVectors(path).of(Counting(), TEXTS)
    with closing(sqlite3.connect(path)) as file:
        file.execute("UPDATE vectors SET numbers = x'00'")
        file.commit()
    encoder = Counting()
    PassageVectors(path).of(encoder, TEXTS)
    assert encoder.asked == TEXTS[:3]


def test_without_a_file_nothing_is_kept_and_nothing_is_missing() -> None:
    encoder = Counting()
    for _ in range(2):
        assert PassageVectors().of(encoder, TEXTS).shape == (4, 6)
    assert len(encoder.asked) == 6
    assert PassageVectors().of(encoder, []).shape == (0, 6)
