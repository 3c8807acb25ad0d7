"""Lines: drawn on ordinary messages, moved by the desk's own, by its budget and by language; and what they cost."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zd_automation.models.danger_lines import Lines, Ordinary, draw, line_at, price_list

HARD = Ordinary(np.arange(1000) / 100.0)  # 0.00 to 9.99: 25 in a thousand above 9.74


def test_at_most_the_share_lies_above_a_line() -> None:
    for share in (0.0, 0.001, 0.04, 0.5, 1.0):
        assert (HARD.scores > line_at(HARD.scores, share)).mean() <= share
    assert line_at(HARD.scores, 0.04) == pytest.approx(9.59)
    assert line_at(np.zeros(0), 0.04) == -math.inf


def test_the_chances_at_the_lines_are_those_of_the_policy() -> None:
    lines = Lines(2.0, 4.0)
    assert lines.chance(2.0) == pytest.approx(0.5)
    assert lines.chance(4.0) == pytest.approx(0.85)
    assert 0 <= lines.chance(-1e9) < lines.chance(1.9) < 0.5 < lines.chance(3.9) < 0.85 < lines.chance(1e9) <= 1


def test_a_language_has_its_own_line_where_it_is_moved() -> None:
    lines = Lines(2.0, 4.0, {"pt": 1.0, "zh-Hant": -1.0})
    assert lines.chance(3.0, "pt") == pytest.approx(0.5)
    assert lines.chance(3.0, "pt-BR") == pytest.approx(0.5)
    assert lines.chance(1.0, "zh-Hant") == pytest.approx(0.5)
    assert lines.chance(2.0, "de") == pytest.approx(0.5)


def test_without_messages_of_the_desk_the_hard_examples_draw_the_line() -> None:
    lines = draw(HARD)
    assert lines.probable == pytest.approx(9.74)
    assert lines.certain > lines.probable


def test_the_desks_own_messages_may_raise_the_line_and_never_lower_it() -> None:
    louder, quieter = Ordinary(HARD.scores + 5), Ordinary(HARD.scores - 5)
    assert draw(HARD, louder).probable == pytest.approx(14.69)
    assert draw(HARD, quieter).probable == pytest.approx(9.74)
    assert draw(HARD, Ordinary(louder.scores[:99])).probable == pytest.approx(9.74)


def test_a_budget_decides_alone() -> None:
    quieter = Ordinary(HARD.scores - 5)
    assert draw(HARD, quieter, false_alarms=0.1).probable == pytest.approx(3.99)
    assert draw(HARD, None, false_alarms=0.1).probable == pytest.approx(8.99)
    assert draw(HARD, quieter, false_alarms=0.1).certain > 3.99


def test_a_language_that_alarms_more_gets_a_higher_line_the_more_the_better_it_is_known() -> None:
    calm = HARD.scores
    many, few = np.tile(calm[:500] + 6, 2), (calm[:500] + 6)[::25]
    lines = [
        draw(Ordinary(np.r_[calm, loud], ("de",) * 1000 + ("tr",) * len(loud))).by_language for loud in (many, few)
    ]
    assert lines[0]["tr"] > lines[1]["tr"] > 0
    assert lines[0]["de"] < 0


def test_what_was_calibrated_goes_before_what_was_drawn() -> None:
    hard = Ordinary(HARD.scores, ("de",) * 500 + ("tr",) * 500)
    assert draw(hard, by_language={"tr": 0.75}).by_language["tr"] == 0.75


def test_the_price_of_each_line() -> None:
    lines = Lines(5.0, 7.0)
    urgent, usual = Ordinary(np.array([4.0, 6.0, 8.0, 9.0])), Ordinary(np.array([0.0, 1.0, 2.0, 5.5]))
    rows = price_list(lines, urgent, HARD, usual, (0.5, 0.85))
    assert [(row.recall, row.usual, round(row.hard)) for row in rows] == [(0.75, 250.0, 500), (0.5, 0.0, 300)]
    assert math.isnan(price_list(lines, urgent, HARD, Ordinary(np.zeros(0)), (0.5,))[0].usual)
