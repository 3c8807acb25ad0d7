"""The file of what is usual in each language: complete, sound, and made for the languages that are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zd_automation.models import encoders

FILE = Path(encoders.__file__).with_name("language_means.npz")


@pytest.fixture(scope="module")
def means() -> Mapping[str, Any]:
    with np.load(FILE) as kept:
        return {language: kept[language] for language in kept.files}


def test_every_mean_is_a_row_of_finite_numbers(means: Mapping[str, Any]) -> None:
    assert len(means) == 47
    for mean in means.values():
        assert (mean.shape, mean.dtype) == ((384,), np.float16)
        assert np.isfinite(mean).all()


def test_a_mean_of_unit_rows_that_lie_close_together_is_nearly_as_long(means: Mapping[str, Any]) -> None:
    assert all(0.85 < np.linalg.norm(mean.astype(np.float64)) < 1.0 for mean in means.values())


def test_no_two_languages_have_one_place(means: Mapping[str, Any]) -> None:
    rows = np.stack([mean.astype(np.float64) for mean in means.values()])
    apart = np.linalg.norm(rows[:, None] - rows[None], axis=2) + np.eye(len(rows))
    assert apart.min() > 0.05


@pytest.mark.parametrize(
    ("language", "near", "far"),
    [("ru", "uk", "ja"), ("es", "pt", "ar"), ("cs", "sk", "th"), ("da", "no", "hi"), ("hi", "ur", "fi"), ("id", "ms", "de")],
)  # fmt: skip
def test_kin_lie_nearer_than_strangers(means: Mapping[str, Any], language: str, near: str, far: str) -> None:
    own, kin, stranger = (means[tag].astype(np.float64) for tag in (language, near, far))
    assert np.linalg.norm(own - kin) < np.linalg.norm(own - stranger)


def test_each_is_a_language_that_the_wide_encoder_carries(means: Mapping[str, Any]) -> None:
    assert set(means) <= set(encoders.E5_LANGUAGES)
    assert {"en", "de", "es", "fr", "pt", "ru", "uk", "ar", "zh", "ja", "ko", "hi", "vi", "th", "tr", "id"} <= set(
        means
    )


def test_the_file_is_small_and_holds_arrays_alone() -> None:
    assert FILE.stat().st_size < 100_000
    np.load(FILE, allow_pickle=False).close()
