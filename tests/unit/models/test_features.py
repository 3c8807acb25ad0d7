"""Messages as numbers: deterministic rows of length one, a state that comes back, a share that follows the language."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from zd_automation.models.encoder import Vectors
from zd_automation.models.features import Ngrams, joined, unit

TEXTS = [
    "my card is blocked",
    "the parcel is late",
    "where is my parcel",
    "card declined again",
    "посылка где",
    "包裹在哪里",
]


class TwoLanguages:
    """An encoder of size 2 that carries English wholly and Spanish by half."""

    name = "two"
    size = 2

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.tile(np.array([[0.6, 0.8]], dtype=np.float32), (len(texts), 1))

    def carries(self, language: str) -> float:
        return {"en": 1.0, "es": 0.5}.get(language, 0.0)


def test_unit_scales_rows_and_leaves_zeros() -> None:
    rows = unit(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32))
    assert rows.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 0.0]]
    assert rows.dtype == np.float32


def test_fitting_gives_the_same_rows_as_transforming() -> None:
    ngrams, rows = Ngrams.fit(TEXTS)
    assert rows.shape == (6, 5)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert np.allclose(ngrams.transform(TEXTS), rows, atol=1e-5)


def test_fitting_twice_gives_the_same_bits() -> None:
    assert Ngrams.fit(TEXTS)[1].tobytes() == Ngrams.fit(TEXTS)[1].tobytes()


def test_alike_messages_are_nearer_than_others() -> None:
    ngrams, rows = Ngrams.fit(TEXTS)
    near = ngrams.transform(["is my parcel late?"]) @ rows.T
    assert int(near.argmax()) in (1, 2)


def test_what_shares_nothing_is_a_row_of_zeros() -> None:
    ngrams, _ = Ngrams.fit(TEXTS)
    assert ngrams.transform(["ჯჯჯ", ""]).tolist() == [[0.0] * 5] * 2


def test_the_state_is_plain_and_comes_back() -> None:
    ngrams, rows = Ngrams.fit(TEXTS)
    state = ngrams.state()
    assert {type(value) for value in state.values()} <= {str, np.ndarray}
    again = Ngrams.from_state(state)
    assert np.allclose(again.transform(TEXTS), rows, atol=2e-3)
    assert again.state().keys() == state.keys()
    assert np.allclose(Ngrams.from_state(again.state()).transform(TEXTS), again.transform(TEXTS), atol=1e-6)


def test_many_rows_drop_what_was_seen_once() -> None:
    few, many = (
        Ngrams.fit(["onlyonce here"] + ["again here"] * 3)[0],
        Ngrams.fit(["onlyonce here"] + ["again here"] * 900)[0],
    )
    assert "onlyonce" in few.words.places
    assert "onlyonce" not in many.words.places


def test_without_an_encoder_the_ngrams_stand_alone() -> None:
    rows = np.eye(2, dtype=np.float32)
    assert joined(rows, ["a", "b"], ["en", "en"], None, 0.3) is rows


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", [0.3, 0.0, 0.6, 0.8]), ("es", [0.65, 0.0, 0.3, 0.4]), ("sw", [1.0, 0.0, 0.0, 0.0])],
)
def test_the_encoders_half_fades_where_it_does_not_carry(language: str, expected: list[float]) -> None:
    row = joined(np.array([[1.0, 0.0]], dtype=np.float32), ["a"], [language], TwoLanguages(), 0.3)
    assert row[0].tolist() == pytest.approx(expected)
