"""Article search judged: figures that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.builders import an_article, cleaned
from zd_automation.knowledge.evaluate import Asked, Judged, judged
from zd_automation.knowledge.index import PassageIndex

FOUR = Judged(np.array([0, 0, 2, 99]), np.array([0.9, 0.8, 0.7, 0.2]), np.array([0.75, 0.3, 0.2, 0.1]))


def test_recall_and_reciprocal_rank() -> None:
    assert [FOUR.recall(most) for most in (1, 3, 10)] == [0.5, 0.75, 0.75]
    assert FOUR.reciprocal_rank() == pytest.approx((1 + 1 + 1 / 3) / 4)


def test_how_well_silence_is_told() -> None:
    # Of sixteen pairs 0.9 and 0.8 win all four, 0.7 three, 0.2 one and a half.
    assert FOUR.auc() == pytest.approx(12.5 / 16)


@pytest.mark.parametrize(
    ("line", "answered", "right", "false"), [(0.75, 0.5, 2 / 3, 0.25), (0.8, 0.5, 1.0, 0.0), (0.0, 1.0, 0.25, 1.0)]
)
def test_what_a_line_shows(line: float, answered: float, right: float, false: float) -> None:
    assert FOUR.at(line) == (answered, pytest.approx(right), false)


def test_a_line_that_shows_nothing_is_neither_right_nor_wrong() -> None:
    answered, right, false = FOUR.at(0.95)
    assert (answered, false) == (0.0, 0.0)
    assert np.isnan(right)


@pytest.mark.parametrize(("precision", "line", "answered"), [(1.0, 0.8, 0.5), (0.6, 0.75, 0.5), (0.5, 0.7, 0.5)])
def test_the_lowest_line_that_keeps_a_precision(precision: float, line: float, answered: float) -> None:
    assert FOUR.line_for(precision) == line
    assert FOUR.answered(precision) == answered


def test_equal_scores_stand_or_fall_together() -> None:
    tied = Judged(np.array([0, 99]), np.array([0.5, 0.5]), np.array([0.5, 0.1]))
    assert tied.line_for(0.9) is None
    assert tied.answered(0.9) == 0.0


def test_each_ticket_is_asked_with_its_article_and_without_it() -> None:
    articles = [
        an_article(1, "Reset your password", "Open the settings."),
        an_article(2, "Where is my parcel", "The carrier has a page."),
        an_article(3, "Card declined", "The limit is reached."),
    ]
    asked = [
        Asked(text, "en", article)
        for text, article in zip(cleaned("reset my password", "where is the parcel", "qqqq"), "123", strict=True)
    ]
    told = judged(articles, asked, PassageIndex)
    assert told.places.tolist() == [0, 0, 99]
    assert told.scores[0] > 0.75 > 0.4 > told.missing[0]
    assert told.scores[2] == told.missing[2] == 0.0
    assert told.recall(1) == pytest.approx(2 / 3)
