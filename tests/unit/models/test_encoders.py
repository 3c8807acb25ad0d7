"""The bundled encoder: unit rows, the same bits in any batch and thread, and languages it does not carry."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from zd_automation.models import encoders
from zd_automation.models.encoders import UniversalSentenceEncoder, bundled_encoder, encoder_is_installed

needs_encoder = pytest.mark.skipif(not encoder_is_installed(), reason="extra `multilingual` is not installed")
TEXTS = ["my parcel is late", "mein Paket ist spät", "I forgot my password", "", "x" * 5000]


@needs_encoder
def test_rows_are_unit_vectors_and_meaning_crosses_languages() -> None:
    rows = bundled_encoder().encode(TEXTS)
    assert (rows.shape, rows.dtype) == ((5, 512), np.float32)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert rows[0] @ rows[1] > 0.6 > rows[0] @ rows[2]


@needs_encoder
def test_the_batch_and_the_thread_change_nothing() -> None:
    encoder = bundled_encoder()
    together = encoder.encode(TEXTS)
    alone = np.vstack([UniversalSentenceEncoder.encode(encoder, [text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-5)
    with ThreadPoolExecutor(4) as pool:
        assert all(np.array_equal(rows, together) for rows in pool.map(encoder.encode, [TEXTS] * 8))


@needs_encoder
def test_nothing_in_is_an_empty_table() -> None:
    assert bundled_encoder().encode([]).shape == (0, 512)


@needs_encoder
def test_long_texts_are_cut_and_the_cache_stays_small() -> None:
    encoder = UniversalSentenceEncoder(most_characters=20, cache_size=2)
    rows = encoder.encode(["a parcel that is late", "a parcel that is late and much more text", "two", "three"])
    assert np.allclose(rows[0], encoder.encode(["a parcel that is lat"])[0], atol=1e-5)
    assert np.array_equal(rows[0], rows[1])
    assert len(encoder._cache) <= 2


@needs_encoder
@pytest.mark.parametrize(
    ("language", "share"), [("en", 1.0), ("pt-BR", 1.0), ("zh-Hans", 1.0), ("uk", 0.5), ("sw", 0.0), ("und", 0.0)]
)
def test_how_far_it_carries_a_language(language: str, share: float) -> None:
    assert bundled_encoder().carries(language) == share


def test_every_share_lies_between_zero_and_one() -> None:
    assert all(0 < share <= 1 for share in encoders.USE_LANGUAGES.values())
    assert sum(share == 1.0 for share in encoders.USE_LANGUAGES.values()) == 15
