"""Learning topics: what is learnt from what, what is held out, and what is too little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.builders import cleaned
from tests.unit.models.made import ROWS, MadeEncoder, classifier, fitted
from zd_automation.errors import ModelError
from zd_automation.models.cache import ModelCache
from zd_automation.models.topic_classifier import TopicClassifier
from zd_automation.models.topic_model import FittedTopics, Hints, fit_topics, nearness
from zd_automation.models.voices import REGRESSION_UP_TO

REGRESSION, KERNEL, AREA, HINTS = range(4)
AREAS = {"card": "money", "password": "account", "delivery": "orders"}
ASKED = cleaned("card declined", "my parcel is late", "password link", "zzz", "")


def learnt(rows: Any, **parts: Any) -> FittedTopics:
    return fit_topics([text for _, text in rows], [topic for topic, _ in rows], ["en"] * len(rows), (), **parts)


def best(model: FittedTopics, text: str) -> str:
    return classifier(model).rank(cleaned(text), ["en"])[0].candidates[0].id


# ---- the same again ----


@pytest.mark.parametrize("encoders", [(), (MadeEncoder("a"), MadeEncoder("b"))])
def test_the_same_input_gives_the_same_model(encoders: tuple[MadeEncoder, ...]) -> None:
    first, second = fitted(encoders=encoders), fitted(encoders=encoders)
    assert np.array_equal(first.voices.kernel.voices, second.voices.kernel.voices)
    assert np.array_equal(first.blend.loud, second.blend.loud)
    assert np.array_equal(first.held_out.confidence, second.held_out.confidence)
    assert (first.known_floor, first.sources, first.topics) == (second.known_floor, second.sources, second.topics)


@pytest.mark.parametrize("encoders", [(), (MadeEncoder("a"), MadeEncoder("b"))])
def test_a_model_comes_back_from_its_file(tmp_path: Path, encoders: tuple[MadeEncoder, ...]) -> None:
    model, store = fitted(encoders=encoders), ModelCache(tmp_path)
    store.get_or_build("topics", "k", model.state)
    again = FittedTopics.from_state(store.get_or_build("topics", "k", lambda: pytest.fail("built again")))
    assert (again.topics, again.sources, again.known_floor) == (model.topics, model.sources, model.known_floor)
    assert dict(again.languages) == {"en": 24}
    languages = ["en", "es", "en", "und", "en"]
    wanted, given = (classifier(values, encoders) for values in (model, again))
    assert np.allclose(given.chances(ASKED, languages), wanted.chances(ASKED, languages), atol=2e-3)
    rankings = zip(given.rank(ASKED, languages), wanted.rank(ASKED, languages), strict=True)
    assert all(one.because == other.because and one.threshold == other.threshold for one, other in rankings)


# ---- what is learnt, and what it promises ----


def test_topics_are_learnt_in_the_order_of_their_names_whatever_order_they_come_in() -> None:
    model = learnt(ROWS[::-1])
    assert model.topics == ("card", "delivery", "password")
    assert best(model, "the card was declined") == "card"


def test_every_message_is_judged_once_by_a_model_that_has_not_seen_it() -> None:
    """Labels without any sense: who has seen a message would know its label, who has not does no better than chance."""
    random = np.random.default_rng(1)
    rows = [(f"t{random.integers(4)}", f"word{number} other{number * 7}") for number in range(80)]
    model = learnt(rows)
    assert len(model.held_out.correct) == len(model.held_out.confidence) == len(model.held_out.said) == 80
    assert model.held_out.correct.mean() < 0.5
    assert model.held_out.confidence.mean() < 0.5


def test_held_out_cases_say_of_which_topic_they_were_called() -> None:
    held = fitted().held_out
    assert set(held.said.tolist()) <= {0, 1, 2}
    right = np.repeat([0, 1, 2], 8)
    assert sorted(held.said[held.correct]) != []
    assert held.correct.sum() == sum(
        min((held.said[held.correct] == topic).sum(), (right == topic).sum()) for topic in range(3)
    )
    assert ((held.confidence > 1 / 3) & (held.confidence <= 1)).all()


def test_confidence_is_about_the_share_that_is_right() -> None:
    """Words of two topics are mixed: some messages cannot be told, and no more is promised."""
    random = np.random.default_rng(2)
    words = [[f"{topic}{number}" for number in range(12)] for topic in ("ka", "de", "pa", "mo")]
    rows = []
    for number in range(400):
        topic = number % 4
        mixed = [str(random.choice(words[topic if random.random() < 0.6 else random.integers(4)])) for _ in range(3)]
        rows.append((f"t{topic}", " ".join(mixed)))
    held = learnt(rows).held_out
    assert held.confidence.mean() == pytest.approx(held.correct.mean(), abs=0.06)


def test_a_floor_lies_below_nearly_all_that_is_known() -> None:
    rows = ROWS * 5
    model = learnt(rows)
    known = [ranking.known for ranking in classifier(model).rank(cleaned(*[text for _, text in ROWS]), ["en"] * 24)]
    assert 0 < model.known_floor < min(known)


def test_nearness_joins_the_best_score_with_the_five_nearest() -> None:
    scores = np.array([[0.2, 0.9], [0.1, 0.3]])
    cosines = np.array([[0.1, 0.5, 0.6, 0.7, 0.8, 0.9, -1.0], [0.0] * 7])
    assert nearness(scores, cosines).tolist() == pytest.approx([0.9 * 0.7, 0.0])
    assert nearness(scores, cosines[:, 1:3]).tolist() == pytest.approx([0.9 * 0.55, 0.0])


def test_areas_give_the_areas_voice_something_to_say() -> None:
    plain = fitted()
    rows = [
        *ROWS,
        ("refund", "money back for the card"),
        ("refund", "return my money"),
        ("refund", "refund the payment"),
    ]
    model = learnt(rows, hints=Hints(areas={**AREAS, "refund": "money"}))
    assert plain.voices.area.size == 0
    assert model.topics == ("card", "delivery", "password", "refund")
    area_of = model.voices.area_of
    assert area_of[0] == area_of[3]
    assert len(set(area_of.tolist())) == 3
    assert model.blend.loud[AREA] > 0


def test_topics_without_an_area_are_an_area_together() -> None:
    area_of = learnt(ROWS, hints=Hints(areas={"card": "money"})).voices.area_of
    assert area_of[1] == area_of[2] != area_of[0]


# ---- hints ----


def test_a_topic_is_learnt_from_hints_alone_and_hints_are_never_tested_on() -> None:
    rows = [(topic, text) for topic, text in ROWS if topic != "card"]
    hints = Hints(["my card was declined", "card blocked"], ["card", "card"], ["en", "en"])
    model = learnt(rows, hints=hints)
    assert model.topics == ("card", "delivery", "password")
    assert len(model.held_out.confidence) == len(rows)
    assert best(model, "card declined") == "card"
    assert dict(model.languages) == {"en": len(rows)}


def test_with_one_example_a_topic_hints_help() -> None:
    """Messages in words that no example has, but the topic's description does."""
    names = ["card", "delivery", "password", "refund", "invoice", "address"]
    spoken = [f"{letter * 3}ing {letter * 4}ed" for letter in "bdfgkm"]
    said = [f"{letter * 5}ous {letter * 6}ish" for letter in "npqrst"]
    rows = [(name, f"{words} example") for name, words in zip(names, spoken, strict=True)]
    useless = Hints(["hello"] * 6, names, ["en"] * 6)
    helpful = Hints([f"{words} {about}" for words, about in zip(spoken, said, strict=True)], names, ["en"] * 6)
    found = [
        sum(best(learnt(rows, hints=hints), words) == name for name, words in zip(names, said, strict=True))
        for hints in (useless, helpful)
    ]
    assert found[1] == 6 > found[0]


def test_hints_have_a_voice_of_their_own() -> None:
    hints = Hints(
        ["card payment refused", "late parcel delivery", "forgot password"],
        ["card", "delivery", "password"],
        ["en"] * 3,
    )
    with_hints = learnt(ROWS, hints=hints)
    assert with_hints.voices.hints.shape[1] == 3
    assert with_hints.blend.loud[HINTS] > 0
    assert fitted().blend.loud[HINTS] == 0


# ---- sources, steps, complaints ----


def test_every_example_has_a_name_to_be_quoted_by() -> None:
    hints = Hints(["the words"] * 2, ["card", "delivery"], ["en"] * 2)
    model = learnt(ROWS, hints=hints)
    assert model.sources[:2] == ("example 1", "example 2")
    assert model.sources[-2:] == ("the words of card itself", "the words of delivery itself")
    assert len(model.sources) == len(ROWS) + 2
    named = learnt(ROWS, sources=[f"en.toml\nrow {number}" for number in range(len(ROWS))])
    assert named.sources[3] == "en.toml row 3"
    assert FittedTopics.from_state(named.state()).sources == named.sources


@pytest.mark.parametrize("count", [1, 60, 200])
def test_it_says_how_far_it_is(count: int) -> None:
    told: list[tuple[int, int]] = []
    rows = ROWS * (1 + count // 24) if count > 1 else ROWS[:1]
    hints = Hints([text for _, text in ROWS], [topic for topic, _ in ROWS], ["en"] * 24)
    learnt(rows, hints=hints, say=lambda done, of: told.append((done, of)))
    assert told[0] == (0, 7)
    assert told[-1] == (7, 7)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert {of for _, of in told} == {7}
    assert len(told) == (8 if count > 1 else 4)  # one message is in one fold only


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (ROWS[:8], "a topic model needs at least 2 topics with examples, there are 1"),
        ([], "a topic model needs at least 2 topics with examples, there are 0"),
        (ROWS[:9], "every topic needs at least 2 examples (better 5); too few for: delivery"),
    ],
)
def test_too_little_to_learn_is_told(rows: list[tuple[str, str]], complaint: str) -> None:
    with pytest.raises(ModelError) as error:
        fitted(rows)
    assert str(error.value) == complaint


def test_names_alone_are_not_enough() -> None:
    with pytest.raises(ModelError, match="names and descriptions alone"):
        fit_topics([], [], [], (), Hints(["a", "b", "c", "d"], ["x", "x", "y", "y"], ["en"] * 4))


def test_at_most_ten_poor_topics_are_named() -> None:
    rows = [(f"t{number:02}", "one") for number in range(30)]
    with pytest.raises(ModelError, match=r"too few for: t00, t01, t02, t03, t04, t05, t06, t07, t08, t09$"):
        fitted(rows)


def test_an_example_and_a_hint_are_enough_for_a_topic() -> None:
    model = learnt(ROWS[:9], hints=Hints(["late delivery"], ["delivery"], ["en"]))
    assert best(model, "parcel delivery") == "delivery"


# ---- large histories ----


def large(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Messages of three topics, each of two words of six and one of three that all topics use."""
    random = np.random.default_rng(seed)
    words = {topic: [f"{topic}{number}" for number in range(6)] for topic in ("ka", "de", "pa")}
    both = ["hello", "please", "thanks"]
    rows = []
    for topic in [*words] * (count // 3):
        said = [*random.choice(words[topic], 2), random.choice(both)]
        if random.random() < 0.1:  # one in ten tells nothing
            said = [random.choice(both)] * 3
        rows.append((topic, " ".join(map(str, said))))
    return rows


@pytest.fixture(scope="module")
def large_model() -> tuple[FittedTopics, list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    return learnt(large(4_200), say=lambda done, of: told.append((done, of))), told


def test_of_a_large_history_a_fifth_is_held_out_once(large_model: tuple[FittedTopics, list[tuple[int, int]]]) -> None:
    model, told = large_model
    assert len(model.held_out.correct) == 840
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert model.held_out.correct.mean() > 0.85
    assert model.held_out.confidence.mean() == pytest.approx(model.held_out.correct.mean(), abs=0.03)
    assert best(model, "please de1 de2") == "de"


def test_no_voice_is_made_loud_that_a_large_model_does_not_have(
    large_model: tuple[FittedTopics, list[tuple[int, int]]],
) -> None:
    """Four fifths of the rows would still be few enough for a regression; all of them are not."""
    model, _ = large_model
    assert len(model.voices.kernel.rows) * 4 // 5 < REGRESSION_UP_TO < len(model.voices.kernel.rows)
    assert model.voices.regression.size == 0
    assert model.blend.loud[REGRESSION] == 0.0
    assert model.blend.loud[KERNEL] > 0.0


def test_a_large_model_promises_what_it_keeps(large_model: tuple[FittedTopics, list[tuple[int, int]]]) -> None:
    model, _ = large_model
    fresh = large(900, seed=1)
    texts = cleaned(*[text for _, text in fresh])
    empty = np.array([not set(text.split()) - {"hello", "please", "thanks"} for _, text in fresh])
    work = TopicClassifier(model, (), {}, "v1")
    chances = work.chances(texts, ["en"] * len(texts))
    correct = np.array([model.topics[at] for at in chances.argmax(axis=1)]) == np.array([topic for topic, _ in fresh])
    assert chances.max(axis=1).mean() == pytest.approx(correct.mean(), abs=0.03)
    assert chances[empty].max() < 0.6 < np.quantile(chances[~empty].max(axis=1), 0.02)


def test_few_of_its_own_kind_are_called_unknown(large_model: tuple[FittedTopics, list[tuple[int, int]]]) -> None:
    """The line lets at most three in a hundred held-out messages fall, whatever they are."""
    model, _ = large_model
    texts = cleaned(*[text for _, text in large(900, seed=1)])
    rankings = TopicClassifier(model, (), {}, "v1").rank(texts, ["en"] * len(texts))
    unlike = np.mean([ranking.silence.startswith("unlike") for ranking in rankings])
    assert unlike < 0.05
    assert model.known_floor > 0


def test_middling_histories_are_held_out_in_three_folds() -> None:
    told: list[tuple[int, int]] = []
    model = learnt(large(1_503), say=lambda done, of: told.append((done, of)))
    assert told[-1] == (5, 5)
    assert len(model.held_out.correct) == 1_503
    assert model.voices.regression.size > 0
    assert replace(model, topics=()).sources[-1] == "example 1503"
