"""The danger detector's second voice: urgent above ordinary, few false alarms, plain values in its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.builders import cleaned
from zd_automation.errors import ModelError
from zd_automation.models.cache import ModelCache
from zd_automation.models.danger_model import Background, DangerClassifier, FittedDanger, fit_danger

URGENT = [
    f"{who} {what} my {thing}"
    for who in ("someone", "a stranger")
    for what in ("stole money from", "is inside", "took over")
    for thing in ("account", "wallet", "profile")
]
ORDINARY = [
    f"{ask} {thing}"
    for ask in ("where is the", "how do i change the", "please tell me about the", "when comes the")
    for thing in ("order", "invoice", "price list", "parcel", "address")
]


def fitted() -> FittedDanger:
    texts = URGENT + ORDINARY
    return fit_danger(texts, [text in URGENT for text in texts], ["en"] * len(texts), None)


def test_urgent_messages_score_above_ordinary_ones() -> None:
    model = DangerClassifier(fitted(), None, "v1")
    urgent, ordinary = model.score(cleaned("someone took over my wallet", "when comes the price list?"), ["en", "en"])
    assert urgent > 0.5 > ordinary


def test_hardly_an_ordinary_message_reaches_the_line() -> None:
    scores = DangerClassifier(fitted(), None, "v1").score(cleaned(*ORDINARY), ["en"] * len(ORDINARY))
    assert sum(score >= 0.5 for score in scores) <= 1
    assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize("text", ["", "12345 67", "🙂🙂", "https://x.example"])
def test_what_has_no_words_is_no_danger(text: str) -> None:
    assert DangerClassifier(fitted(), None, "v1").score(cleaned(text), ["und"]) == [0.0]


def test_nothing_in_nothing_out() -> None:
    assert DangerClassifier(fitted(), None, "v1").score([], []) == []


def test_learning_twice_and_the_file_give_the_same_scores(tmp_path: Path) -> None:
    texts, cache = cleaned(*URGENT[:5], *ORDINARY[:5]), ModelCache(tmp_path)
    cache.get_or_build("danger", "k", lambda: fitted().state())
    stored = FittedDanger.from_state(cache.get_or_build("danger", "k", lambda: pytest.fail("built again")))
    again = FittedDanger.from_state(fitted().state())
    assert np.array_equal(stored.weights, again.weights)
    scores = [DangerClassifier(values, None, "v1").score(texts, ["en"] * 10) for values in (stored, again)]
    assert scores[0] == scores[1]


@pytest.mark.parametrize(("urgent", "ordinary"), [(9, 20), (18, 9), (0, 0)])
def test_too_little_to_learn_is_told(urgent: int, ordinary: int) -> None:
    texts = URGENT[:urgent] + ORDINARY[:ordinary]
    with pytest.raises(ModelError, match="at least 10 urgent and 10 ordinary examples"):
        fit_danger(texts, [text in URGENT for text in texts], ["en"] * len(texts), None)


def scores_against(background: Background, *bodies: str) -> list[float]:
    texts = URGENT + ORDINARY
    model = fit_danger(texts, [text in URGENT for text in texts], ["en"] * len(texts), None, background)
    return DangerClassifier(model, None, "v1").score(cleaned(*bodies), ["en"] * len(bodies))


def test_what_is_ordinary_at_the_desk_is_learnt() -> None:
    usual = [
        f"please take over my {thing} of the newsletter" for thing in ("subscription", "address", "name", "list")
    ] * 3
    background = Background(usual, ["en"] * len(usual), ["newsletter"] * len(usual))
    question = "please take over my profile of the newsletter"
    (with_background,), (without,) = scores_against(background, question), scores_against(Background(), question)
    assert with_background < without


def test_a_topic_of_the_desk_that_looks_dangerous_is_not_taken_for_ordinary() -> None:
    cases = [f"{text} today" for text in URGENT]
    background = Background(cases, ["en"] * len(cases), ["account_taken_over"] * len(cases))
    (score,) = scores_against(background, "someone took over my wallet today")
    assert score > 0.5
