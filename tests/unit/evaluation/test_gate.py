"""The gate: what is not worse may pass, what is worse is refused and told in numbers."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evaluation.made import ABC, Row, predictions, said, sure
from zd_automation.errors import ModelError
from zd_automation.evaluation.gate import Verdict, judge
from zd_automation.evaluation.predictions import Predictions

FLOORS = dict.fromkeys(ABC, 0.8)


def model(*groups: tuple[int, str, bool], right: str = "card") -> list[Row]:
    """Rows of one right topic: for so many the model says this topic, spoken or not."""
    return [row for times, topic, spoken in groups for row in said(right, topic, times, spoken=spoken)]


def verdict(candidate: list[Row], active: list[Row], floors: dict[str, float] | None = None) -> Verdict:
    return judge(predictions(candidate), predictions(active), floors or {})


GOOD = model((90, "card", True), (10, "parcel", False))


def test_the_same_model_passes() -> None:
    same = verdict(GOOD, GOOD, FLOORS)
    assert same.ok
    assert same.reasons == ()
    assert same.facts == (
        "100 messages with a topic, 0 without",
        "accuracy 90.0% (90 of 100), active 90.0% (90 of 100); 0 messages gained, 0 lost",
        "precision when spoken 100.0% (90 of 90), active 100.0% (90 of 90)",
        "coverage 90.0% (90 of 100), active 90.0% (90 of 100)",
    )


def test_a_better_one_passes() -> None:
    assert verdict(model((100, "card", True)), GOOD, FLOORS).ok


def test_the_verdict_is_plain_json() -> None:
    refused = verdict(GOOD[:9], GOOD[:9])
    assert json.loads(json.dumps(refused.as_json())) == {
        "ok": False,
        "reasons": ["too few to judge: 9 messages have a topic, at least 50 are needed; give a longer history"],
        "facts": list(refused.facts),
    }


@pytest.mark.parametrize(("rows", "ok"), [(49, False), (50, True)])
def test_fifty_messages_with_a_topic_are_needed(rows: int, ok: bool) -> None:
    made = [*model((rows, "card", True)), *said("", "card", 30, spoken=False)]
    assert verdict(made, made).ok is ok


@pytest.mark.parametrize(
    ("lost", "gained", "ok"),
    [
        (4, 0, True),  # 1 in 16 by chance
        (5, 0, False),  # 1 in 32
        (10, 3, False),  # 4.6 %
        (10, 4, True),  # 9 %
        (0, 20, True),
    ],
)
def test_the_best_topic_may_not_be_right_significantly_less_often(lost: int, gained: int, ok: bool) -> None:
    both, rest = 60, 40 - lost - gained
    active = model((both, "card", False), (lost, "card", False), (gained, "parcel", False), (rest, "parcel", False))
    candidate = model((both, "card", False), (lost, "parcel", False), (gained, "card", False), (rest, "parcel", False))
    found = verdict(candidate, active)
    assert found.ok is ok
    if not ok:
        (reason,) = found.reasons
        told = (
            f"its best topic is right less often: {both + gained}.0% ({both + gained} of 100), active {both + lost}.0%"
        )
        assert reason.startswith(told)
        assert f"{lost} messages lost and {gained} gained" in reason


def test_only_the_same_rows_count_not_the_totals() -> None:
    """Ninety right against ninety right, on other messages: as many are lost as gained."""
    other = model((10, "parcel", False), (90, "card", True))
    assert verdict(other, GOOD).ok


SPEAKS = model((80, "card", True), (5, "parcel", True), (15, "card", False))


def test_less_precise_and_not_speaking_more_is_refused() -> None:
    """78 of 83 spoken against 80 of 85 is a hair; 75 of 81 against 80 of 84 is more than a point."""
    hair = model((78, "card", True), (5, "parcel", True), (17, "card", False))
    assert verdict(hair, SPEAKS).ok
    worse = model((79, "card", True), (1, "parcel", True), (5, "parcel", True), (15, "card", False))
    (reason,) = verdict(worse, SPEAKS).reasons
    assert reason == (
        "precision when spoken is lower by 1.2 points and coverage is not higher: "
        "precision 92.9% (79 of 85), active 94.1% (80 of 85), coverage 85.0% (85 of 100), active 85.0% (85 of 100)"
    )


def test_less_precise_but_speaking_more_is_weighed_against_the_lower_bound() -> None:
    """The active model's 80 of 85 has a one-sided lower bound of 88.4 %."""
    a_little = model((80, "card", True), (5, "parcel", True), (12, "card", True), (3, "parcel", True))
    assert verdict(a_little, SPEAKS).ok  # 92.0 %, all spoken
    more = model((80, "card", True), (5, "parcel", True), (4, "card", True), (11, "parcel", True))
    found = verdict(more, SPEAKS).reasons
    (reason,) = [told for told in found if "lower bound" in told]
    assert reason == (
        "precision when spoken fell below 88.4%, the lower bound of the active model's: "
        "84.0% (84 of 100), active 94.1% (80 of 85)"
    )


def test_falling_silent_is_worse_though_nothing_wrong_is_said() -> None:
    silent = model((40, "card", True), (45, "card", False), (15, "card", False))
    active = model((85, "card", True), (15, "card", False))
    (reason,) = verdict(silent, active).reasons
    assert reason.startswith("it speaks rightly on fewer messages, and not wrongly on significantly fewer: 45 messages")
    assert "coverage 40.0% (40 of 100), active 85.0% (85 of 100)" in reason


def test_never_speaking_is_refused_and_two_silent_models_are_equal() -> None:
    silent = model((100, "card", False))
    assert not verdict(silent, GOOD).ok
    assert verdict(silent, silent).ok


def test_silence_that_spares_mistakes_is_a_fair_trade() -> None:
    active = model((70, "card", True), (20, "parcel", True), (10, "card", False))
    careful = model(
        (60, "card", True), (10, "card", False), (2, "parcel", True), (18, "parcel", False), (10, "card", False)
    )
    assert verdict(careful, active).ok


def test_speaking_of_what_has_no_topic_counts_against_it() -> None:
    outside_silent, outside_spoken = (said("", "card", 20, spoken=spoken) for spoken in (False, True))
    found = verdict([*GOOD, *outside_spoken], [*GOOD, *outside_silent])
    (reason,) = found.reasons
    assert "81.8% (90 of 110), active 100.0% (90 of 90)" in reason
    assert found.facts[0] == "100 messages with a topic, 20 without"


# Many well-known parcels beside the cards that are judged, so that the whole stays good.
PARCELS = said("parcel", "parcel", 400)


@pytest.mark.parametrize(
    ("active_right", "candidate_right", "rows", "floor", "ok"),
    [
        (20, 20, 20, 0.8, True),
        (20, 16, 20, 0.8, True),  # 80 %: still at the floor
        (20, 15, 20, 0.8, False),  # 75 %, under the floor and under 88 %, the bound of 20 of 20
        (20, 19, 20, 0.98, True),  # under the floor, but one unlucky message decides nothing
        (20, 18, 20, 0.98, True),  # 90 %: above 88 %, which 20 of 20 leaves open
        (20, 17, 20, 0.98, False),
        (15, 12, 20, 0.8, True),  # the active model was below the floor already
        (9, 5, 9, 0.8, True),  # nine messages: not held against the floor
        (10, 7, 10, 0.8, False),
        (10, 8, 10, 0.9, True),
    ],
)
def test_a_topic_may_not_fall_through_its_floor(
    active_right: int, candidate_right: int, rows: int, floor: float, ok: bool
) -> None:
    """Spoken of as card are ``rows`` messages, so many of them rightly; the rest are parcels."""
    active, candidate = (
        [
            *said("card", "card", right),
            *said("card", "card", rows - right, spoken=False),
            *said("parcel", "card", rows - right),
            *said("parcel", "parcel", 400 - (rows - right)),
        ]
        for right in (active_right, candidate_right)
    )
    found = verdict(candidate, active, {"card": floor, "parcel": 0.5})
    floors = [reason for reason in found.reasons if "floor" in reason]
    assert (floors == []) is ok
    if not ok:
        shares = [f"{right / rows:.1%} ({right} of {rows})" for right in (candidate_right, active_right)]
        told = f"precision when spoken {shares[0]}, active {shares[1]}"
        assert floors == [f"card falls through its floor of {floor:.0%}: {told}"]


@pytest.mark.parametrize(("wrong", "falls"), [(1, False), (2, True)])
def test_one_unlucky_message_decides_nothing_however_few_are_spoken(wrong: int, falls: bool) -> None:
    """The active model speaks rightly of twenty cards, the candidate of one, and wrongly of a parcel or two."""
    active = [*model((20, "card", True)), *PARCELS]
    shy = [*model((1, "card", True), (19, "card", False)), *said("parcel", "card", wrong), *PARCELS[wrong:]]
    assert any("card falls" in reason for reason in verdict(shy, active, {"card": 0.9}).reasons) is falls


def test_topics_without_a_floor_are_not_held_against_one() -> None:
    active = [*model((20, "card", True)), *PARCELS]
    worse = [*model((20, "card", True)), *PARCELS[:395], *said("parcel", "card", 5)]
    assert not any("floor" in reason for reason in verdict(worse, active, {"gift": 0.99}).reasons)
    assert any("card falls" in reason for reason in verdict(worse, active, {"card": 0.85}).reasons)


def without_password(rows: list[Row]) -> Predictions:
    return predictions([(right, [0.95, 0.05, 0.0], spoken) for right, _, spoken in rows], unlearnt=("password",))


def test_a_lost_topic_is_refused_unless_the_desk_gave_it_up() -> None:
    rows = model((60, "card", True))
    candidate, active = without_password(rows), predictions(rows)
    (reason,) = judge(candidate, active, {}).reasons
    assert reason == "1 topic(s) of the active model are missing in the candidate: password"
    assert judge(candidate, active, {}, retired=("password",)).ok
    assert judge(active, candidate, {}).ok  # a new topic is no loss


def test_models_may_order_their_topics_differently() -> None:
    rows = model((60, "card", True), (5, "parcel", True))
    turned = [(right, list(reversed(chances)), spoken) for right, chances, spoken in rows]
    same = judge(predictions(turned, tuple(reversed(ABC))), predictions(rows), FLOORS)
    assert same.ok
    assert "0 messages gained, 0 lost" in same.facts[1]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ids": tuple(f"x{number}" for number in range(100))}, "different messages, or another order"),
        ({"texts": ("other",) * 100}, "different messages, or another order"),
        ({"right": np.ones(100, dtype=np.int32)}, "the same messages under different labels"),
    ],
)
def test_other_messages_cannot_be_compared(change: dict, complaint: str) -> None:
    active = predictions(GOOD)
    with pytest.raises(ModelError, match=f"were judged on {complaint}; judge both on one history"):
        judge(dataclasses.replace(active, **change), active, {})


def test_fewer_messages_cannot_be_compared() -> None:
    with pytest.raises(ModelError, match="were judged on 60 messages and 100"):
        judge(predictions(GOOD[:60]), predictions(GOOD), {})


any_row = st.tuples(st.sampled_from([*ABC, ""]), st.sampled_from(ABC), st.booleans(), st.floats(0.4, 0.99))


@given(st.lists(any_row, min_size=1, max_size=30))
def test_no_model_is_worse_than_itself(rows: list[tuple[str, str, bool, float]]) -> None:
    made = predictions([(right, sure(topic, chance), spoken) for right, topic, spoken, chance in rows] * 10)
    enough = int(made.in_scope.sum()) >= 50
    assert judge(made, made, FLOORS).ok is enough


@given(st.lists(any_row, min_size=6, max_size=30), st.data())
def test_mending_mistakes_is_never_refused(rows: list[tuple[str, str, bool, float]], data: st.DataObject) -> None:
    mended = data.draw(st.sets(st.integers(0, len(rows) - 1)))
    active = [(right, sure(topic, chance), spoken) for right, topic, spoken, chance in rows] * 10
    better = [
        (right, sure(right, chance) if place in mended and right else sure(topic, chance), spoken)
        for place, (right, topic, spoken, chance) in enumerate(rows)
    ] * 10
    found = judge(predictions(better), predictions(active), {})
    assert [reason for reason in found.reasons if "too few" not in reason] == []
