"""The voices: each says what it was taught, and one with nothing to say says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from zd_automation.models.cache import ModelCache
from zd_automation.models.features import Matrix, unit
from zd_automation.models.voices import NAMES, Voices, linear

REGRESSION, KERNEL, AREA, HINTS = range(4)
# Topics 0 and 1 are of one area, 2 and 3 of another.
AREAS = np.array([0, 0, 1, 1], dtype=np.int32)
ALL_ONE = np.zeros(4, dtype=np.int32)


def examples(topics: int = 4, each: int = 10, spread: float = 0.1) -> tuple[Matrix, Any]:
    """Rows around one axis a topic, and for each area an axis of its own."""
    random = np.random.default_rng(3)
    right = np.repeat(np.arange(topics, dtype=np.int32), each)
    rows = np.eye(10)[right] + np.eye(10)[6 + right // 2] + random.normal(0, spread, (len(right), 10))
    return unit(rows.astype(np.float32)), right


def no_hints() -> tuple[Matrix, Any]:
    return np.zeros((0, 10), dtype=np.float32), np.zeros(0, dtype=np.int32)


def learnt(area_of: Any = AREAS, hints: tuple[Matrix, Any] | None = None, **parts: Any) -> Voices:
    rows, right = examples()
    return Voices.fit(rows, right, 4, area_of, hints or no_hints(), **parts)


def axis(number: int) -> Matrix:
    return np.eye(10, dtype=np.float32)[number : number + 1]


def test_scores_are_of_voices_rows_and_topics() -> None:
    rows, _ = examples()
    said, cosines = learnt().scores(rows[:7])
    assert said.shape == (len(NAMES), 7, 4)
    assert cosines.shape == (7, 40)
    assert np.allclose(cosines[:, :7].diagonal(), 1.0, atol=1e-5)
    assert np.isfinite(said).all()


@pytest.mark.parametrize("voice", [REGRESSION, KERNEL])
def test_regression_and_kernel_know_the_topics(voice: int) -> None:
    rows, right = examples(spread=0.12)
    assert learnt().scores(rows)[0][voice].argmax(axis=1).tolist() == right.tolist()


def test_voices_with_nothing_to_say_are_silent() -> None:
    voices = learnt(ALL_ONE)
    rows, _ = examples()
    said = voices.scores(rows)[0]
    assert not said[[AREA, HINTS]].any()
    assert said[REGRESSION].any()
    assert voices.area.size == voices.hints.size == 0


def test_of_many_rows_the_kernel_speaks_alone() -> None:
    voices = learnt(few=False)
    said = voices.scores(examples()[0])[0]
    assert not said[[REGRESSION, AREA, HINTS]].any()
    assert said[KERNEL].any()
    assert voices.regression.size == voices.area.size == 0


@pytest.mark.parametrize("area_of", [ALL_ONE, np.arange(4, dtype=np.int32)])
def test_one_area_for_all_or_one_for_each_says_nothing_new(area_of: Any) -> None:
    assert learnt(area_of).area.size == 0


def test_topics_of_one_area_are_said_the_same_of() -> None:
    rows, right = examples()
    said = learnt().scores(rows)[0][AREA]
    assert np.array_equal(said[:, 0], said[:, 1])
    assert np.array_equal(said[:, 2], said[:, 3])
    chances = np.exp(said[:, [0, 2]])
    assert np.allclose(chances.sum(axis=1), 1.0, atol=1e-5)
    assert chances.argmax(axis=1).tolist() == AREAS[right].tolist()


def test_an_area_is_told_where_the_topic_is_not() -> None:
    """A row with nothing but what the topics of the second area have in common."""
    said = learnt().scores(axis(7))[0]
    assert said[AREA][0, 2] > np.log(0.8)
    assert said[AREA][0, 0] < np.log(0.2)


def test_a_hint_is_a_direction() -> None:
    voices = learnt(hints=(axis(4) * 3, np.array([2], dtype=np.int32)))
    said = voices.scores(np.vstack([axis(4) * 0.5, -axis(4), axis(5), axis(4) + axis(5)]))[0][HINTS]
    assert said[:, 2].tolist() == pytest.approx([1.0, -1.0, 0.0, np.sqrt(0.5)], abs=1e-6)
    assert not said[:, [0, 1, 3]].any()


def test_two_hints_of_a_topic_share_its_voice() -> None:
    hints = np.vstack([axis(4) * 9, axis(5), axis(3)])
    voices = learnt(hints=(hints, np.array([1, 1, 0], dtype=np.int32)))
    said = voices.scores(np.vstack([axis(4), axis(5), axis(3)]))[0][HINTS]
    assert said.tolist() == [[0, 0.5, 0, 0], [0, 0.5, 0, 0], [1, 0, 0, 0]]


def test_a_row_of_zeros_resembles_no_hint() -> None:
    voices = learnt(hints=(axis(4), np.array([2], dtype=np.int32)))
    assert not voices.scores(np.zeros((1, 10), dtype=np.float32))[0][HINTS].any()


def test_voices_come_back_from_their_file(tmp_path: Path) -> None:
    voices = learnt(hints=(axis(4), np.array([2], dtype=np.int32)))
    store = ModelCache(tmp_path)
    store.get_or_build("voices", "k", voices.state)
    again = Voices.from_state(store.get_or_build("voices", "k", lambda: pytest.fail("built again")))
    rows = examples(spread=0.4)[0]
    for said, wanted in zip(again.scores(rows), voices.scores(rows), strict=True):
        assert np.allclose(said, wanted, atol=2e-3)
    assert np.array_equal(
        again.scores(rows)[0][[REGRESSION, AREA, HINTS]], voices.scores(rows)[0][[REGRESSION, AREA, HINTS]]
    )
    assert again.kernel.chosen.tolist() == list(range(40))
    assert np.allclose(np.linalg.norm(again.kernel.rows, axis=1), 1.0, atol=1e-6)


def test_silent_voices_come_back_silent(tmp_path: Path) -> None:
    store = ModelCache(tmp_path)
    state = store.get_or_build("voices", "k", learnt(few=False).state)
    state = store.get_or_build("voices", "k", lambda: pytest.fail("built again"))
    assert not Voices.from_state(state).scores(examples()[0])[0][[REGRESSION, AREA, HINTS]].any()


@pytest.mark.parametrize("topics", [2, 3, 4])
def test_a_table_says_what_the_regression_says(topics: int) -> None:
    """Also of two topics, of which scikit-learn keeps one side only."""
    rows, right = examples(topics, spread=0.4)
    table = linear(rows, right, topics)
    model = LogisticRegression(C=30.0, max_iter=200).fit(rows, right)
    assert table.shape == (11, topics)
    assert np.allclose(softmax(rows @ table[:-1] + table[-1], axis=1), model.predict_proba(rows), atol=1e-4)


@pytest.mark.parametrize("left", [[0, 1, 3], [0, 3]])
def test_a_topic_without_rows_is_all_but_ruled_out(left: list[int]) -> None:
    rows, right = examples()
    kept = np.isin(right, left)
    table = linear(rows[kept], right[kept], 4)
    said = rows @ table[:-1] + table[-1]
    missing = [topic for topic in range(4) if topic not in left]
    assert np.allclose(said[:, missing], -5.0)
    assert said[kept].argmax(axis=1).tolist() == right[kept].tolist()
