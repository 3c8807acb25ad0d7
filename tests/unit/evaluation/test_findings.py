"""Findings: the faults that were put in are found, and what is mere chance is not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.evaluation.made import predictions, said, sure
from zd_automation.evaluation.findings import confusions, counts, out_of_scope, overlaps, suspects
from zd_automation.evaluation.shares import Share


def test_counts_leave_out_what_has_no_topic() -> None:
    made = predictions([*said("card", "card", 3), *said("card", "parcel", 2), *said("", "card", 4)])
    assert counts(made).tolist() == [[3, 2, 0], [0, 0, 0], [0, 0, 0]]


def test_confusions_come_most_frequent_first_with_the_surest_mistakes_to_read() -> None:
    made = predictions(
        [
            *said("card", "card", 7),
            *said("card", "parcel", confidence=0.5, spoken=False),
            *said("card", "parcel", confidence=0.8),
            *said("card", "parcel", confidence=0.6, spoken=False),
            *said("parcel", "password"),
        ]
    )
    first, second = confusions(made, counts(made))
    assert (first.right, first.said, first.share, first.spoken) == ("card", "parcel", Share(3, 10), 1)
    assert first.ids == ("8", "9", "7")
    assert (second.right, second.said, second.share) == ("parcel", "password", Share(1, 1))


def test_at_most_five_are_given_to_read() -> None:
    made = predictions(said("card", "parcel", 9))
    assert len(confusions(made, counts(made))[0].ids) == 5


def test_nothing_wrong_is_no_confusion() -> None:
    made = predictions([*said("card", "card", 5), *said("", "card", 5)])
    assert confusions(made, counts(made)) == ()


def test_a_wrong_label_is_suspected_and_a_doubtful_message_is_not() -> None:
    made = predictions(
        [
            *said("card", "card", 10, 0.8),
            *said("parcel", "parcel", 10, 0.8),
            ("parcel", sure("card", 0.95), True),  # labelled parcel, plainly card
            ("parcel", [0.5, 0.4, 0.1], False),  # a doubt, not as strong as a usual card
            ("", sure("card", 0.99), True),  # has no label to doubt
        ]
    )
    (found,) = suspects(made)
    assert (found.id, found.text, found.language) == ("20", "message 20", "en")
    assert (found.label, found.said) == ("parcel", "card")
    assert (found.said_chance, found.label_chance) == pytest.approx((0.95, 0.025))
    assert found.margin == pytest.approx(0.925)


def test_the_widest_margin_comes_first() -> None:
    rows = [*said("card", "card", 20, 0.7), *said("parcel", "parcel", 20, 0.7)]
    rows += [("parcel", sure("card", confidence), True) for confidence in (0.8, 0.97, 0.9)]
    assert [found.id for found in suspects(predictions(rows))] == ["41", "42", "40"]


def test_a_topic_without_messages_is_never_the_better_label() -> None:
    assert suspects(predictions([*said("card", "card", 9), ("card", sure("password", 0.99), True)])) == ()


def test_most_flipped_labels_are_found_and_nothing_else() -> None:
    """Sixty of 600 labels are flipped behind the back of a model that is right and more or less sure of it."""
    deal, rows = np.random.default_rng(5), []
    for number in range(600):
        truth = ("card", "parcel", "password")[number % 3]
        label = {"card": "parcel", "parcel": "password", "password": "card"}[truth] if number < 60 else truth
        rows.append((label, sure(truth, float(deal.uniform(0.6, 0.99))), True))
    found = [int(one.id) for one in suspects(predictions(rows))]
    assert len(found) > 30
    assert max(found) < 60


MANY = tuple(f"topic_{number}" for number in range(10))


def table(*confused: tuple[int, int, int], size: int = 40) -> np.ndarray:
    """Ten topics of ``size`` messages each, all right but for (right, said, count)."""
    made = np.diag([size] * len(MANY))
    for right, other, count in confused:
        made[right, other] += count
        made[right, right] -= count
    return made


def test_topics_taken_for_each_other_overlap() -> None:
    (found,) = overlaps(MANY, table((2, 5, 12), (5, 2, 9), (0, 1, 1)))
    assert (found.first, found.second) == ("topic_2", "topic_5")
    assert (found.first_as_second, found.second_as_first) == (Share(12, 40), Share(9, 40))
    assert found.told_apart == Share(59, 80)
    assert found.chance < 1e-9


@pytest.mark.parametrize(
    "confused",
    [
        [(2, 5, 20)],  # one direction only: one topic swallows the other, which is not overlap
        [(2, 5, 20), (5, 2, 1)],
        [(2, other, 2) for other in range(10) if other != 2] + [(other, 2, 2) for other in range(10) if other != 2],
    ],
)
def test_one_sided_or_evenly_spread_mistakes_are_no_overlap(confused: list[tuple[int, int, int]]) -> None:
    assert overlaps(MANY, table(*confused)) == ()


@pytest.mark.parametrize(
    ("each_way", "advice"),
    [(20, "merge"), (14, "merge"), (4, "sharpen")],
)
def test_what_is_hardly_told_apart_is_to_be_merged(each_way: int, advice: str) -> None:
    (found,) = overlaps(MANY, table((2, 5, each_way), (5, 2, each_way)))
    assert found.advice == advice


def test_too_few_messages_do_not_ask_for_a_merge() -> None:
    (found,) = overlaps(MANY, table((2, 5, 3), (5, 2, 3), size=6))
    assert found.told_apart == Share(6, 12)
    assert found.advice == "merge"  # half of twelve: at best 75 % are told apart
    (found,) = overlaps(MANY, table((2, 5, 2), (5, 2, 3), size=6))
    assert found.advice == "sharpen"  # 7 of 12 may still be 81 %


def test_the_least_told_apart_come_first() -> None:
    found = overlaps(MANY, table((2, 5, 5), (5, 2, 5), (7, 8, 15), (8, 7, 15)))
    assert [one.first for one in found] == ["topic_7", "topic_2"]


def test_random_mistakes_make_no_overlap() -> None:
    deal, found = np.random.default_rng(6), 0
    for _ in range(50):
        made = np.diag([30] * len(MANY))
        for right in range(len(MANY)):
            for other in deal.choice([place for place in range(len(MANY)) if place != right], 9):
                made[right, other] += 1
        found += len(overlaps(MANY, made))
    assert found <= 5


def test_messages_of_no_topic_stand_out() -> None:
    rows = [*said("card", "card", 30, 0.9), *said("", "card", 10, 0.5, spoken=False), *said("", "parcel", 2, 0.95)]
    known = np.array([0.8] * 30 + [0.3] * 12, dtype=np.float32)
    found = out_of_scope(predictions(rows, known=known))
    assert found is not None
    assert (found.rows, found.spoken) == (12, Share(2, 12))
    assert found.confidence.value == pytest.approx(10 / 12)
    assert found.known.value == 1.0
    assert found.known.low < 1.0


@pytest.mark.parametrize("rows", [said("card", "card", 3), said("", "card", 3), []])
def test_without_both_kinds_there_is_nothing_to_tell(rows: list) -> None:
    assert out_of_scope(predictions(rows)) is None
