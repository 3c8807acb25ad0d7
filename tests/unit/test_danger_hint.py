"""The glance for the order of the queue: learnt, quick, and never in the way of a message."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.support.waiting import until
from zd_automation.danger_files import DangerExample, load_danger_examples
from zd_automation.danger_hint import Glance, LearningHint, features, fit_glance, learnt_glance
from zd_automation.definitions import Problems, room
from zd_automation.errors import ModelError
from zd_automation.models.cache import ModelCache

URGENT = [
    f"{when} {what} that I did not make"
    for when in ("at night", "this morning", "yesterday", "on sunday")
    for what in ("a withdrawal", "two payments", "a transfer", "an order")
]
CALM = [
    f"do you sell {what} in {where}"
    for what in ("tea", "soap", "hats", "maps")
    for where in ("rome", "oslo", "lima", "kyiv")
]


def row(text: str, urgent: bool, hand: str = "ash") -> DangerExample:
    return DangerExample(text, "en", urgent, hand=hand)


def rows(calm_hand: str = "everyday") -> list[DangerExample]:
    return [*(row(text, urgent=True) for text in URGENT), *(row(text, urgent=False, hand=calm_hand) for text in CALM)]


@pytest.fixture(scope="module")
def glance() -> Glance:
    return fit_glance(rows())


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("I see a transfer that I did not make", True),
        ("hello, TWO PAYMENTS that I did not make!", True),
        ("do you sell tea in rome", False),
        ("qqqq zzzz", False),
        ("", False),
        ("😡\x00", False),
        ("x " * 300 + "a transfer that I did not make", False),  # behind the glance
    ],
)
def test_what_is_like_the_urgent_examples_goes_ahead(glance: Glance, text: str, urgent: bool) -> None:
    assert glance(text) is urgent


def test_words_beginnings_and_pairs_are_looked_at() -> None:
    assert features("Unknown withdrawal!") == ["unknown", "unkn~", "withdrawal", "with~", "unknown withdrawal"]


@pytest.mark.parametrize("hand", ["everyday", "birch"])
def test_the_line_is_drawn_on_everyday_messages_or_else_on_ordinary_ones(hand: str) -> None:
    made = fit_glance(rows(hand))
    assert sum(made(text) for text in CALM) <= 1
    assert sum(made(text) for text in URGENT) >= 14


def test_the_file_gives_the_same(glance: Glance, tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    cache.get_or_build("glance", "k", glance.state)
    again = Glance.from_state(cache.get_or_build("glance", "k", lambda: pytest.fail("built again")))
    assert again == glance


def test_too_few_examples_are_told() -> None:
    with pytest.raises(ModelError, match="at least 10 urgent and 10 ordinary"):
        fit_glance(rows()[:20])


def test_the_shipped_examples_teach_it_and_it_is_learnt_once(tmp_path: Path) -> None:
    folder = room("models") / "danger" / "examples"
    made, again = (learnt_glance(folder, ModelCache(tmp_path)) for _ in range(2))
    assert made == again
    assert len(list(tmp_path.glob("glance-*.skops"))) == 1
    told = load_danger_examples(folder, Problems())
    urgent, ordinary = ([made(one.text) for one in told if one.urgent is side] for side in (True, False))
    assert sum(urgent) / len(urgent) > 0.6 > 0.3 > sum(ordinary) / len(ordinary)


def test_until_it_is_learnt_another_one_looks_and_messages_do_not_wait() -> None:
    gate, learnings = threading.Event(), []

    def learn():
        learnings.append(threading.current_thread().name)
        gate.wait(20)
        return lambda text: "learnt" in text

    hint = LearningHint(lambda text: "meanwhile" in text, learn)
    assert [hint("meanwhile"), hint("learnt"), hint("meanwhile")] == [True, False, True]
    gate.set()
    assert until(lambda: hint("learnt"))
    assert hint("meanwhile") is False
    assert len(learnings) == 1
    assert threading.current_thread().name not in learnings


@pytest.mark.parametrize("error", [ModelError("too few"), PermissionError("no folder")])
def test_what_cannot_be_learnt_leaves_the_other_one_at_work(error: Exception) -> None:
    tried = threading.Event()

    def learn():
        tried.set()
        raise error

    hint = LearningHint(lambda text: text == "help", learn)
    assert hint("help") is True
    assert tried.wait(20)
    assert [hint("help"), hint("tea")] == [True, False]
