"""Where messages lie: languages brought together, and n-grams where no encoder carries a language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.models.made import ROWS, MadeEncoder
from zd_automation.errors import ModelError
from zd_automation.models.cache import ModelCache
from zd_automation.models.encoder import Vectors
from zd_automation.models.features import unit
from zd_automation.models.space import Centres, Space, Typical

TEXTS = [text for _, text in ROWS]
ENGLISH = ["en"] * len(TEXTS)
EAST, NORTH = [1.0, 0.0], [0.0, 1.0]


def nothing(_language: str) -> Vectors | None:
    return None


def usually(table: Mapping[str, list[float]]) -> Typical:
    return lambda language: np.array(table[language], dtype=np.float32) if language in table else None


def table(*rows: list[float]) -> Vectors:
    return np.array(rows, dtype=np.float32)


# ---- the place of a language ----


@pytest.mark.parametrize(("each", "mean"), [(20, [0.75, 0.25]), (180, [0.95, 0.05]), (1, [11 / 21, 10 / 21])])
def test_a_language_has_its_own_mean_drawn_towards_all_rows_where_it_has_few(each: int, mean: list[float]) -> None:
    """Twenty rows of the mean of all rows, here (1/2, 1/2), stand beside its own."""
    centres = Centres.of(table(*[EAST] * each, *[NORTH] * each), ["en"] * each + ["es"] * each, nothing)
    assert centres.languages["en"].tolist() == pytest.approx(mean)
    assert centres.languages["es"].tolist() == pytest.approx(mean[::-1])
    assert centres.everywhere.tolist() == pytest.approx([0.5, 0.5])


def test_few_rows_are_drawn_towards_what_is_usual_in_their_language() -> None:
    """One Spanish row among many English ones is trusted for 1/21, usual Spanish for the rest."""
    typical = usually({"en": EAST, "es": NORTH})
    centres = Centres.of(table(*[EAST] * 20, NORTH), ["en"] * 20 + ["es"], typical)
    mixture, everywhere = np.array([20, 1]) / 21, np.array([20, 1]) / 21
    expected = everywhere + np.array(NORTH) - mixture
    assert centres.mixture.tolist() == pytest.approx(mixture.tolist())
    assert centres.languages["es"].tolist() == pytest.approx(((np.array(NORTH) + 20 * expected) / 21).tolist())


def test_an_unseen_language_lies_as_far_off_as_its_usual_text() -> None:
    typical = usually({"en": EAST, "de": NORTH})
    centres = Centres.of(table([0.8, 0.6], [0.6, 0.8]), ["en", "en"], typical)
    at = centres.everywhere + np.array(NORTH) - np.array(EAST)
    row = table([0.1, 0.7])
    assert centres.centred(row, ["de"], typical)[0].tolist() == pytest.approx(unit(row - at)[0].tolist(), abs=1e-6)


def test_of_a_language_of_which_nothing_is_known_the_mean_of_all_is_taken_away() -> None:
    typical = usually({"en": EAST})
    centres = Centres.of(table([0.8, 0.6], [0.6, 0.8]), ["en", "en"], typical)
    row = table([0.1, 0.7])
    assert np.allclose(centres.centred(row, ["ka"], typical), unit(row - centres.everywhere), atol=1e-6)


@pytest.mark.parametrize("tag", ["und", "mul"])
def test_text_of_no_one_language_has_no_place_of_its_own(tag: str) -> None:
    rows = table(*[EAST] * 60, *[NORTH] * 20)
    centres = Centres.of(rows, [tag] * 60 + ["en"] * 20, nothing)
    assert set(centres.languages) == {"en"}
    assert centres.everywhere.tolist() == pytest.approx([0.75, 0.25])
    assert np.allclose(centres.centred(rows[:1], [tag], nothing), unit(table([0.25, -0.25])), atol=1e-6)


def test_regions_share_a_place_and_romanised_text_has_its_own() -> None:
    rows = table(*[EAST] * 20, *[NORTH] * 20)
    centres = Centres.of(rows, ["ru"] * 10 + ["ru-RU"] * 10 + ["ru-Latn"] * 20, nothing)
    assert set(centres.languages) == {"ru", "ru-Latn"}
    assert centres.languages["ru"].tolist() == pytest.approx([0.75, 0.25])
    row = table([0.5, 0.9])
    assert np.allclose(centres.centred(row, ["ru-Latn"], nothing), unit(table([0.25, 0.15])), atol=1e-6)
    assert np.allclose(centres.centred(row, ["ru-UA"], nothing), unit(table([-0.25, 0.65])), atol=1e-6)


def test_no_idea_stays_no_idea() -> None:
    """A row of zeros must not become a confident vector that points away from its language."""
    centres = Centres.of(table(EAST, EAST, NORTH), ["en"] * 3, nothing)
    rows = centres.centred(table([0.0, 0.0], NORTH), ["en", "en"], nothing)
    assert rows[0].tolist() == [0.0, 0.0]
    assert np.linalg.norm(rows[1]) == pytest.approx(1.0)


@given(st.integers(0, 10_000), st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2)))
def test_what_all_rows_have_in_common_says_nothing(seed: int, common: tuple[float, ...]) -> None:
    random = np.random.default_rng(seed)
    rows = random.normal(size=(24, 3)).astype(np.float32)
    tags = list(random.choice(["en", "es", "und", "zh-Hans"], 24))
    moved = (rows + np.array(common)).astype(np.float32)
    still = Centres.of(rows, tags, nothing).centred(rows, tags, nothing)
    assert np.allclose(Centres.of(moved, tags, nothing).centred(moved, tags, nothing), still, atol=1e-3)
    assert np.allclose(np.linalg.norm(still, axis=1), 1.0, atol=1e-5)


# ---- n-grams and encoders side by side ----


def halves(space: Space, rows: Vectors) -> tuple[Vectors, Vectors]:
    """Lengths of the n-gram half and of the encoders' half of rows."""
    size = space.ngrams.components.shape[1]
    return np.linalg.norm(rows[:, :size], axis=1), np.linalg.norm(rows[:, size:], axis=1)


def test_where_no_encoder_carries_a_language_the_ngrams_take_over() -> None:
    encoder = MadeEncoder(weight=1.4, shares={"en": 1.0, "uk": 0.5})
    space, _ = Space.fit(TEXTS, ENGLISH, [encoder])
    rows = space.rows(["my card was declined"] * 4, ["en", "en-GB", "uk", "ka"], [encoder])
    grams, meaning = halves(space, rows)
    assert grams.tolist() == pytest.approx([0.5, 0.5, 0.75, 1.0], abs=1e-4)
    assert meaning.tolist() == pytest.approx([1.4, 1.4, 0.7, 0.0], abs=1e-4)
    assert rows.dtype == np.float32


def test_the_encoder_that_carries_a_language_best_decides_how_loud_the_ngrams_are() -> None:
    encoders = [MadeEncoder("a", shares={"en": 1.0, "uk": 0.2}), MadeEncoder("b", shares={"en": 1.0, "uk": 0.8})]
    space, _ = Space.fit(TEXTS, ENGLISH, encoders)
    grams, meaning = halves(space, space.rows(["parcel"], ["uk"], encoders))
    assert grams.tolist() == pytest.approx([0.6], abs=1e-4)
    assert meaning.tolist() == pytest.approx([np.hypot(0.2, 0.8)], abs=1e-4)


def test_without_an_encoder_the_ngrams_stand_alone() -> None:
    space, rows = Space.fit(TEXTS, ENGLISH, [])
    assert np.allclose(rows, space.ngrams.transform(TEXTS), atol=2e-3)
    assert (space.names, space.centres) == ((), ())


def test_the_rows_of_the_training_are_those_of_later_calls() -> None:
    encoders = [MadeEncoder("a"), MadeEncoder("b", usual={"en": table([0.1] * 6)[0]})]
    space, rows = Space.fit(TEXTS, ENGLISH, encoders)
    assert rows.shape == (len(TEXTS), space.ngrams.components.shape[1] + 12)
    assert np.allclose(space.rows(TEXTS, ENGLISH, encoders), rows, atol=2e-3)


def test_the_same_meaning_in_another_language_lies_near() -> None:
    encoder = MadeEncoder()
    texts = ["card declined", "parcel late", "password link"] * 8
    space, _ = Space.fit(texts, ["en"] * 24, [encoder])
    rows = unit(
        space.rows(["card declined", "tarjeta rechazada", "paquete tarde", "???"], ["en", "es", "es", "es"], [encoder])
    )
    alike = rows @ rows[1]
    assert alike[0] > 0.4 > 0.0 > alike[2]
    assert alike[3] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "with the encoders a and b, but there are none: install what is missing, or train anew"),
        ([MadeEncoder("a")], "with the encoders a and b, but there are a: install"),
        ([MadeEncoder("b"), MadeEncoder("a")], "with the encoders a and b, but there are b and a: install"),
        ([MadeEncoder("a"), MadeEncoder("b2")], "with the encoders a and b, but there are a and b2: install"),
    ],
)
def test_other_encoders_than_at_the_training_are_refused(given: list[MadeEncoder], told: str) -> None:
    space, _ = Space.fit(TEXTS, ENGLISH, [MadeEncoder("a"), MadeEncoder("b")])
    with pytest.raises(ModelError) as error:
        space.rows(["card"], ["en"], given)
    assert told in str(error.value)


def test_an_encoder_that_was_not_there_at_the_training_is_refused() -> None:
    space, _ = Space.fit(TEXTS, ENGLISH, [])
    with pytest.raises(ModelError, match="learnt with the encoders none, but there are a:"):
        space.rows(["card"], ["en"], [MadeEncoder("a")])


@pytest.mark.parametrize("encoders", [[], [MadeEncoder("a"), MadeEncoder("b", shares={"en": 1.0, "sw": 0.5})]])
def test_a_space_comes_back_from_its_file_as_it_was(tmp_path: Path, encoders: list[MadeEncoder]) -> None:
    space, _ = Space.fit(TEXTS, ["en", "es"] * (len(TEXTS) // 2), encoders)
    store = ModelCache(tmp_path)
    store.get_or_build("space", "k", space.state)
    again = Space.from_state(store.get_or_build("space", "k", lambda: pytest.fail("built again")))
    asked = (["card declined", "tarjeta", "", "zzz", "kadi"], ["en", "es", "und", "ka", "sw"], encoders)
    assert np.array_equal(again.rows(*asked), space.rows(*asked))
    assert again.names == space.names
