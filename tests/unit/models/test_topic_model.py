"""The topic classifier: what it learns, when it is silent, and that it comes back from its file unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import cleaned
from zd_automation.errors import ModelError
from zd_automation.models.cache import ModelCache
from zd_automation.models.encoders import bundled_encoder, encoder_is_installed
from zd_automation.models.topic_model import FittedTopics, Hints, TopicClassifier, fit_topics

ROWS = [
    *[("card", text) for text in (
        "my card was declined", "the card does not work", "card payment refused", "bank card blocked", "new card broken",
        "card declined at the terminal", "why is my card refused", "card does not pay online",
    )],
    *[("delivery", text) for text in (
        "my parcel has not arrived", "delivery is five days late", "where is my parcel", "order still not delivered",
        "courier never came", "parcel late again", "late delivery of the order", "parcel lost by the courier",
    )],
    *[("password", text) for text in (
        "i forgot my password", "password reset mail missing", "cannot reset password", "reset link expired",
        "send a new password link", "forgot the password to sign in", "password link broken", "new password please",
    )],
]  # fmt: skip
TARGETS = {"card": 0.5, "delivery": 0.5, "password": 0.5}


def fitted(rows: list[tuple[str, str]] = ROWS, encoder: Any = None) -> FittedTopics:
    return fit_topics([text for _, text in rows], [topic for topic, _ in rows], ["en"] * len(rows), encoder)


def classifier(targets: dict[str, float] | None = None) -> TopicClassifier:
    return TopicClassifier(fitted(), None, targets or TARGETS, "v1")


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("card declined!!", "card"),
        ("where is the parcel, it is late", "delivery"),
        ("I forgot the password", "password"),
    ],
)
def test_it_knows_its_topics(text: str, topic: str) -> None:
    (ranking,) = classifier().rank(cleaned(text), ["en"])
    assert ranking.candidates[0].id == topic
    assert {scored.id for scored in ranking.candidates} == {"card", "delivery", "password"}
    assert sum(scored.score for scored in ranking.candidates) == pytest.approx(1.0, abs=0.001)
    assert ranking.silence == ""
    assert 0 < ranking.known <= 1.001


def test_the_best_ten_come_best_first() -> None:
    rows = [(f"t{number}", f"word{number} {other}") for number in range(14) for other in ("one", "two", "three")]
    model = TopicClassifier(fitted(rows), None, {}, "v1")
    (ranking,) = model.rank(cleaned("word3 one"), ["en"])
    scores = [scored.score for scored in ranking.candidates]
    assert (ranking.candidates[0].id, len(scores)) == ("t3", 10)
    assert scores == sorted(scores, reverse=True)
    assert ranking.threshold == 1.01  # no target precision was given for it: never named


def test_two_topics_are_enough() -> None:
    (ranking,) = TopicClassifier(fitted(ROWS[:16]), None, TARGETS, "v1").rank(cleaned("parcel is late"), ["en"])
    assert [scored.id for scored in ranking.candidates] == ["delivery", "card"]


@pytest.mark.parametrize(
    ("text", "language", "silence"),
    [
        ("", "en", "the message has no words"),
        ("my card was declined", "sw", "no examples in sw, and no encoder that carries it"),
        ("my card was declined", "und", ""),
        ("my card was declined", "en-GB", ""),
    ],
)
def test_it_says_why_it_is_silent(text: str, language: str, silence: str) -> None:
    assert classifier().rank(cleaned(text), [language])[0].silence == silence


def test_what_is_unlike_every_example_is_told() -> None:
    (ranking,) = classifier().rank(cleaned("zzz qqq xxx"), ["en"])
    assert ranking.known == 0.0
    assert ranking.silence.startswith("unlike every example (nearness 0.00, line ")


def test_a_higher_target_needs_more_confidence() -> None:
    lines = [
        classifier(dict.fromkeys(TARGETS, target)).rank(cleaned("my card"), ["en"])[0].threshold
        for target in (0.1, 0.5, 0.99)
    ]
    assert lines[0] <= lines[1] <= lines[2] <= 1.0


def test_a_batch_gives_what_one_by_one_gives() -> None:
    model, texts = classifier(), cleaned("card declined", "", "where is my parcel", "zzz")
    together = model.rank(texts, ["en"] * 4)
    assert together == [model.rank([text], ["en"])[0] for text in texts]
    assert model.rank([], []) == []


def test_learning_twice_gives_the_same_model() -> None:
    texts = cleaned("card declined", "my parcel")
    assert classifier().rank(texts, ["en"] * 2) == classifier().rank(texts, ["en"] * 2)


def test_it_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    texts, cache = cleaned("card declined", "my parcel is late", "zzz"), ModelCache(tmp_path)
    cache.get_or_build("topics", "k", lambda: fitted().state())
    stored = cache.get_or_build("topics", "k", lambda: pytest.fail("built again"))
    fresh = FittedTopics.from_state(fitted().state())
    models = [TopicClassifier(values, None, TARGETS, "v1") for values in (fresh, FittedTopics.from_state(stored))]
    assert models[0].rank(texts, ["en"] * 3) == models[1].rank(texts, ["en"] * 3)


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


@pytest.mark.skipif(not encoder_is_installed(), reason="extra `multilingual` is not installed")
def test_with_the_encoder_other_languages_are_understood() -> None:
    encoder = bundled_encoder()
    model = TopicClassifier(fitted(encoder=encoder), encoder, TARGETS, "v1")
    rankings = model.rank(
        cleaned("mi tarjeta fue rechazada", "wo ist mein Paket", "olvidé mi contraseña"), ["es", "de", "es"]
    )
    assert [ranking.candidates[0].id for ranking in rankings] == ["card", "delivery", "password"]
    assert model.rank(cleaned("kadi yangu"), ["sw"])[0].silence == "no examples in sw, and no encoder that carries it"


def test_hints_teach_a_topic_and_are_never_tested_on() -> None:
    """A topic known by its name alone is found, and held-out figures count customers' words only."""
    rows = [(topic, text) for topic, text in ROWS if topic != "card"]
    hints = Hints(["my card was declined", "card blocked"], ["card", "card"], ["en", "en"])
    learnt = fit_topics([text for _, text in rows], [topic for topic, _ in rows], ["en"] * len(rows), None, hints)
    assert "card" in learnt.topics
    assert len(learnt.held_out_confidence) == len(rows)
    (ranking,) = TopicClassifier(learnt, None, TARGETS, "v1").rank(cleaned("card declined"), ["en"])
    assert ranking.candidates[0].id == "card"


def test_names_alone_are_not_enough() -> None:
    with pytest.raises(ModelError, match="names and descriptions alone"):
        fit_topics([], [], [], None, Hints(["a", "b", "c", "d"], ["x", "x", "y", "y"], ["en"] * 4))
