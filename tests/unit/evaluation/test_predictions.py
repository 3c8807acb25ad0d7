"""Predictions: what follows from the raw rows, and that parts that do not fit together are named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.evaluation.made import ABC, predictions, said, sure

ROWS = [*said("card", "card"), *said("card", "parcel", confidence=0.6), *said("", "password", confidence=0.5)]


def test_what_was_said_and_whether_it_was_right() -> None:
    made = predictions(ROWS)
    assert len(made) == 3
    assert made.said.tolist() == [0, 1, 2]
    assert made.confidence.tolist() == pytest.approx([0.9, 0.6, 0.5])
    assert made.correct.tolist() == [True, False, False]
    assert made.in_scope.tolist() == [True, True, False]
    assert made.labels() == ("card", "card", "")


def test_a_topic_that_only_the_labels_know_is_not_learnt() -> None:
    made = predictions([("password", [0.5, 0.5, 0.0], True)], unlearnt=("password",))
    assert made.learnt == ("card", "parcel")
    assert predictions(ROWS).learnt == ABC


@pytest.mark.parametrize(
    ("part", "value", "complaint"),
    [
        ("languages", ("en",), "languages has 1 rows, texts has 3"),
        ("ids", ("1", "2", "3", "4"), "ids has 4 rows, texts has 3"),
        ("spoken", np.zeros(2, dtype=bool), "spoken has 2 rows, texts has 3"),
        ("lines", np.zeros(0, dtype=np.float32), "lines has 0 rows"),
        ("known", np.zeros(5, dtype=np.float32), "known has 5 rows"),
        ("right", np.array([0], dtype=np.int32), "right has 1 rows"),
        ("right", np.array([0, 1, 3], dtype=np.int32), "right must lie between -1 and 2"),
        ("right", np.array([0, 1, -2], dtype=np.int32), "right must lie between -1 and 2"),
        ("chances", np.full((3, 2), 0.5, dtype=np.float32), r"chances is \(3, 2\), expected \(3, 3\)"),
        ("chances", np.full((3, 3), 0.5, dtype=np.float32), "each row of chances must sum to 1"),
        ("chances", np.full((3, 3), np.nan, dtype=np.float32), "each row of chances must sum to 1"),
        ("topics", ("card", "parcel", "card"), "names a topic twice"),
        ("unlearnt", ("gift",), "unlearnt names gift, not among topics"),
    ],
)
def test_parts_that_do_not_fit_are_named(part: str, value: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        predictions(ROWS, **{part: value})


def test_no_rows_are_predictions_too() -> None:
    assert len(predictions([])) == 0
    assert predictions([]).said.tolist() == []


def test_chances_may_be_off_by_rounding() -> None:
    rounded = [round(chance, 3) for chance in sure("card", 0.3334)]
    assert len(predictions([("card", rounded, True)])) == 1
