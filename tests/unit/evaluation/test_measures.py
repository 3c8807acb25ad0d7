"""The whole evaluation: every figure against a count by hand or scikit-learn's."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_fscore_support

from tests.unit.evaluation.made import ABC, Row, desk, predictions, said
from zd_automation.errors import ModelError
from zd_automation.evaluation.figures import TopicFigures
from zd_automation.evaluation.measures import Evaluation, evaluate
from zd_automation.evaluation.shares import Share

# Twelve messages with a topic, three without; nine of the twelve right.
ROWS = [
    *said("card", "card", 5, 0.9),
    *said("card", "parcel", 1, 0.6, spoken=False),
    *said("parcel", "parcel", 3, 0.8),
    *said("parcel", "card", 1, 0.7),
    *said("password", "password", 1, 0.5, spoken=False),
    *said("password", "card", 1, 0.4, spoken=False),
    *said("", "card", 1, 0.95),
    *said("", "parcel", 2, 0.4, spoken=False),
]


def topic(evaluation: Evaluation, name: str) -> TopicFigures:
    return next(figures for figures in evaluation.per_topic if figures.topic == name)


def test_the_main_figures_by_hand() -> None:
    made = evaluate(predictions(ROWS), 0.9)
    assert (made.rows, made.topics, made.target) == (12, ABC, 0.9)
    assert made.accuracy == Share(9, 12)
    assert made.coverage == Share(9, 12)
    # Ten were spoken: eight rightly, one of the wrong topic, one that has none.
    assert made.precision == Share(8, 10)
    assert made.top_3 == Share(12, 12)
    gaps = abs(5 * 0.9 - 5) + abs(1 * 0.6 - 0) + abs(3 * 0.8 - 3) + abs(0.7 - 0) + abs(0.5 - 1) + abs(0.4 - 0)
    assert made.ece == pytest.approx(gaps / 12, abs=1e-6)


def test_one_topic_by_hand() -> None:
    card = topic(evaluate(predictions(ROWS)), "card")
    assert (card.rows, card.learnt) == (6, True)
    assert card.precision == Share(5, 7)  # messages without a topic do not count for the best topic,
    assert card.spoken == Share(5, 7)  # but one spoken of counts here, and one kept silent on does not
    assert card.recall == Share(5, 6)
    assert card.coverage == Share(5, 6)
    assert card.confidence == pytest.approx((5 * 0.9 + 0.7 + 0.4) / 7)
    assert card.ece == pytest.approx((0.5 + 0.7 + 0.4) / 7, abs=1e-6)


def test_spoken_and_unspoken_count_apart() -> None:
    card = topic(evaluate(predictions([*said("card", "card", 4), *said("", "card", 3, spoken=False)])), "card")
    assert (card.spoken, card.precision) == (Share(4, 4), Share(4, 4))
    card = topic(evaluate(predictions([*said("card", "card", 4), *said("", "card", 3)])), "card")
    assert (card.spoken, card.precision) == (Share(4, 7), Share(4, 4))


def test_a_topic_without_messages_claims_nothing() -> None:
    made = evaluate(predictions(said("card", "card", 12)))
    password = topic(made, "password")
    assert (password.rows, password.recall, password.precision) == (0, Share(0, 0), Share(0, 0))
    assert (password.ece, password.confidence) == (None, None)
    assert made.macro_f1.value == 1.0  # the mean of the topics that have messages
    assert "No message for 2 of 3 topics: nothing is known of them." in made.cautions


def test_languages_by_hand() -> None:
    languages = ("en",) * 8 + ("de",) * 4 + ("de", "ar", "ar")
    made = evaluate(predictions(ROWS, languages=languages))
    english, german = made.per_language
    assert [(one.language, one.rows, one.topics) for one in made.per_language] == [("en", 8, 2), ("de", 4, 2)]
    assert (english.accuracy, english.coverage, english.spoken) == (Share(7, 8), Share(7, 8), Share(7, 7))
    # parcel: right 1 of 2, said once; password: right 1 of 2, said once.
    assert (german.precision, german.recall) == (1.0, 0.5)
    assert german.spoken == Share(1, 3)
    assert german.confidence == pytest.approx((0.8 + 0.7 + 0.5 + 0.4) / 4)
    assert "Fewer than 10 messages in: en, de." in made.cautions


def test_top_three_is_not_top_four() -> None:
    topics = ("a", "b", "c", "d")
    rows: list[Row] = [("c", [0.4, 0.3, 0.2, 0.1], True), ("d", [0.4, 0.3, 0.2, 0.1], True)]
    assert evaluate(predictions(rows, topics)).top_3 == Share(1, 2)


def test_the_curve_speaks_surest_first_and_ends_with_everything() -> None:
    curve = evaluate(predictions(ROWS)).curve
    assert [round(point.confidence, 2) for point in curve] == [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    assert curve[0].precision == Share(0, 1)  # the surest one has no topic
    assert (curve[1].precision, curve[1].coverage) == (Share(5, 6), pytest.approx(5 / 12))
    assert (curve[-1].precision, curve[-1].coverage) == (Share(9, 15), 1.0)


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    made = desk(topics=6, rows=1500)
    curve = evaluate(made).curve
    assert len(curve) == 100
    assert curve[0].confidence == pytest.approx(float(made.confidence.max()))
    assert curve[-1].precision.of == 1500
    assert [point.coverage for point in curve] == sorted(point.coverage for point in curve)


def test_figures_agree_with_scikit_learn() -> None:
    made = desk(topics=12, rows=600, seed=4)
    evaluation = evaluate(made)
    right, told = made.right[made.in_scope], made.said[made.in_scope]
    places = sorted(set(right.tolist()))
    assert evaluation.macro_f1.value == pytest.approx(f1_score(right, told, labels=places, average="macro"))
    precision, recall, _, rows = precision_recall_fscore_support(right, told, labels=range(12), zero_division=0)
    for place, figures in enumerate(evaluation.per_topic):
        assert figures.rows == rows[place]
        assert (figures.precision.value or 0.0) == pytest.approx(precision[place])
        assert (figures.recall.value or 0.0) == pytest.approx(recall[place])


def test_a_model_that_is_calibrated_by_construction_measures_so() -> None:
    made = evaluate(desk())
    assert made.ece < made.ece_by_chance * 1.3
    assert made.ece_equal_mass < 0.04


def test_the_interval_of_macro_f1_holds_what_more_messages_show() -> None:
    few, many = (evaluate(desk(topics=8, rows=rows, seed=seed)).macro_f1 for rows, seed in ((300, 1), (6000, 2)))
    assert few.low < many.value < few.high
    assert few.high - few.low > 2 * (many.high - many.low)


@pytest.mark.parametrize("topic_said", ["card", "parcel"])
def test_all_right_or_all_wrong_is_still_no_certainty(topic_said: str) -> None:
    made = evaluate(predictions(said("card", topic_said, 10)))
    assert made.macro_f1.value == (1.0 if topic_said == "card" else 0.0)
    assert made.macro_f1.high - made.macro_f1.low > 0.2


def test_a_topic_that_the_model_does_not_know_is_told() -> None:
    rows: list[Row] = [*said("card", "card", 12)]
    rows = [(right, [0.5, 0.5, 0.0], spoken) for right, _, spoken in rows] + [("password", [0.6, 0.4, 0.0], True)]
    made = evaluate(predictions(rows, unlearnt=("password",)))
    assert not topic(made, "password").learnt
    assert topic(made, "password").recall == Share(0, 1)
    assert "The model does not know password: every message of theirs counts as wrong." in made.cautions


def test_enough_messages_need_no_caution() -> None:
    rows = [row for name in ABC for row in said(name, name, 10)]
    assert evaluate(predictions(rows)).cautions == ()
    assert evaluate(predictions(rows[1:])).cautions == (
        "Fewer than 10 messages for 1 of 3 topics: read their intervals.",
    )


@pytest.mark.parametrize("rows", [[], said("", "card", 5)])
def test_without_a_message_that_has_a_topic_nothing_is_measured(rows: list[Row]) -> None:
    with pytest.raises(ModelError, match="no message with a topic to judge by; give a history"):
        evaluate(predictions(rows))


def test_a_model_that_never_speaks_has_no_precision() -> None:
    made = evaluate(predictions(said("card", "card", 12, spoken=False)))
    assert (made.coverage, made.precision) == (Share(0, 12), Share(0, 0))
    assert made.summary()["precision"] is None


def test_the_summary_is_flat_and_rounded() -> None:
    assert evaluate(predictions(ROWS)).summary() == {
        "rows": 12, "topics": 3, "accuracy": 0.75, "top_3": 1.0, "coverage": 0.75, "precision": 0.8,
        "macro_f1": 0.7286, "ece": 0.275,
    }  # fmt: skip


def nothing_but_json(value: Any) -> bool:
    return json.loads(json.dumps(value, allow_nan=False)) == value


def test_json_holds_everything_but_the_messages_words() -> None:
    evaluation = evaluate(desk(topics=20, rows=500), 0.85)
    plain = evaluation.as_json()
    assert nothing_but_json(plain)
    assert plain["accuracy"] == evaluation.accuracy.as_json()
    assert plain["per_topic"][3]["recall"]["of"] == evaluation.per_topic[3].rows
    assert plain["out_of_scope"]["known"]["value"] == round(evaluation.out_of_scope.known.value, 4)
    assert len(plain["confusions"]) == len(evaluation.confusions)
    assert plain["suspects"]
    assert "My card" not in json.dumps(plain)


def test_the_words_are_there_where_they_are_asked_for() -> None:
    made = evaluate(predictions([*ROWS, *said("parcel", "card", 1, 0.99)]))
    (first, *_) = made.as_json(texts=True)["suspects"]
    assert (first["text"], first["label"], first["said"]) == ("message 15", "parcel", "card")
    assert "text" not in made.as_json()["suspects"][0]


chances = st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3).map(lambda raw: [value / sum(raw) for value in raw])
any_row = st.tuples(st.sampled_from([*ABC, ""]), chances, st.booleans())


@settings(max_examples=40, deadline=None)
@given(st.lists(any_row, min_size=1, max_size=40).filter(lambda rows: any(right for right, _, _ in rows)))
def test_whatever_was_said_the_counts_add_up(rows: list[Row]) -> None:
    made = evaluate(predictions(rows))
    assert nothing_but_json(made.as_json(texts=True))
    assert sum(figures.rows for figures in made.per_topic) == made.rows == sum(one.rows for one in made.per_language)
    assert sum(figures.recall.right for figures in made.per_topic) == made.accuracy.right
    assert sum(figures.spoken.of for figures in made.per_topic) == made.precision.of
    assert sum(pair.share.right for pair in made.confusions) == made.rows - made.accuracy.right
    assert made.accuracy.right <= made.top_3.right == made.rows
    assert sum(one.right.of for one in made.bins) == made.rows
    assert made.curve[-1].precision == Share(made.accuracy.right, len(rows))
    assert made.macro_f1.low <= made.macro_f1.value <= made.macro_f1.high


def test_the_same_predictions_give_the_same_figures() -> None:
    one, other = (evaluate(desk(topics=10, rows=200)) for _ in range(2))
    assert one == other
    assert np.isfinite(one.ece_by_chance)
