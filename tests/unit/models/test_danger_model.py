"""The danger detector's second voice: urgent above ordinary, kinds, held-out scores, plain values in its file."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.builders import cleaned
from zd_automation.errors import ModelError
from zd_automation.models.cache import ModelCache
from zd_automation.models.danger_classifier import DangerClassifier
from zd_automation.models.danger_fit import DangerRows, fit_danger
from zd_automation.models.danger_lines import draw
from zd_automation.models.danger_model import FittedDanger
from zd_automation.triage.danger import DangerReading, DangerText, read_message
from zd_automation.triage.danger_phrases import PhraseEvidence

TAKEN = [
    f"{who} {what} my {thing}"
    for who in ("someone", "a stranger")
    for what in ("is inside", "took over", "changed the mail of")
    for thing in ("account", "wallet", "profile")
]
SWAPPED = [
    f"my {thing} {what} since {when}"
    for thing in ("phone", "number", "line")
    for what in ("has no signal", "went dead")
    for when in ("noon", "monday", "last night")
]
ORDINARY = [
    f"{ask} {thing}"
    for ask in ("where is the", "how do i change the", "please tell me about the", "when comes the")
    for thing in ("order", "invoice", "price list", "parcel", "address")
]
SORTS = ["account_takeover"] * len(TAKEN) + ["sim_swap"] * len(SWAPPED) + ["pending"] * len(ORDINARY)
HANDS = ("ash", "birch", "cedar")


def read(*bodies: str) -> list[DangerText]:
    return [read_message(text, []) for text in cleaned(*bodies)]


def rows(texts: list[str], urgent: list[bool], sorts: list[str], hands: tuple[str, ...] = HANDS) -> DangerRows:
    names = [name for name, _ in zip(itertools.cycle(hands), texts, strict=False)]
    return DangerRows(read(*texts), ["en"] * len(texts), sorts, urgent, names)


ALL = [*TAKEN, *SWAPPED, *ORDINARY]
URGENT = [text not in ORDINARY for text in ALL]


@pytest.fixture(scope="module")
def fitted() -> FittedDanger:
    return fit_danger(rows(ALL, URGENT, SORTS), [])


def classifier(fitted: FittedDanger) -> DangerClassifier:
    return DangerClassifier(fitted, [], "v1", draw(fitted.held_out))


def test_urgent_messages_stand_above_ordinary_ones_and_have_a_kind(fitted: FittedDanger) -> None:
    taken, swapped, ordinary = classifier(fitted).read(
        read("a stranger took over my wallet now", "my phone went dead since tuesday", "when comes the price list?"),
        ["en"] * 3,
    )
    assert taken.probability > 0.5 > ordinary.probability
    assert swapped.probability > 0.5
    assert taken.kinds[0] == "account_takeover"
    assert swapped.kinds[0] == "sim_swap"
    assert set(taken.kinds) == {"account_takeover", "sim_swap"}


def test_the_passage_that_tells_is_named_wherever_it_stands(fitted: FittedDanger) -> None:
    told, filler = "a stranger took over my wallet.", "please tell me about the price list and the parcel. " * 9
    for before in (0, 1, 2):
        text = read(filler * before + told + " " + filler)[0]
        (reading,) = classifier(fitted).read([text], ["en"])
        assert "took over" in text.passages[reading.passage]


@pytest.mark.parametrize("before", [0, 1, 150, 299])
def test_of_a_very_long_message_the_telling_passage_is_read_wherever_it_stands(
    fitted: FittedDanger, before: int
) -> None:
    filler = [f"please tell me about the price list and the parcel number {number}." for number in range(300)]
    text = read(" ".join([*filler[:before], "a stranger took over my wallet.", *filler[before:]]))[0]
    (reading,) = classifier(fitted).read([text], ["en"])
    assert "took over my wallet" in text.passages[reading.passage]
    assert len(fitted.places(text)) == 24 < len(text.passages)
    assert fitted.places(text) == sorted(set(fitted.places(text)))


def test_what_the_phrases_found_weighs_in(fitted: FittedDanger) -> None:
    stated = [PhraseEvidence((("sim_swap", "x"),)) if urgent else PhraseEvidence() for urgent in URGENT]
    plain = rows(ALL, URGENT, SORTS)
    texts = [DangerText(text.passages, phrases) for text, phrases in zip(plain.texts, stated, strict=True)]
    model = classifier(fit_danger(DangerRows(texts, plain.languages, SORTS, URGENT, plain.hands), []))
    passage = ("about the new number of the invoice",)
    with_phrase, without = model.read(
        [DangerText(passage, PhraseEvidence((("sim_swap", "x"),))), DangerText(passage)], ["en", "en"]
    )
    assert with_phrase.probability > without.probability


def test_a_message_without_passages_is_no_danger(fitted: FittedDanger) -> None:
    assert classifier(fitted).read([DangerText(())], ["und"]) == [DangerReading(0.0)]
    assert classifier(fitted).read([], []) == []


def test_a_batch_says_what_one_by_one_says(fitted: FittedDanger) -> None:
    texts = read(*ALL[::7])
    model = classifier(fitted)
    together = model.read(texts, ["en"] * len(texts))
    alone = [model.read([text], ["en"])[0] for text in texts]
    assert [one.kinds for one in together] == [one.kinds for one in alone]
    assert np.allclose([one.probability for one in together], [one.probability for one in alone], atol=2e-3)


def test_held_out_scores_stand_for_every_row(fitted: FittedDanger) -> None:
    assert len(fitted.urgent.scores) == len(fitted.urgent.languages) == sum(URGENT)
    assert len(fitted.held_out.scores) == len(fitted.held_out.languages) == len(ORDINARY)
    assert np.median(fitted.urgent.scores) > np.median(fitted.held_out.scores)


def test_learning_twice_and_the_file_give_the_same(fitted: FittedDanger, tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    cache.get_or_build("danger", "k", fitted.state)
    stored = FittedDanger.from_state(cache.get_or_build("danger", "k", lambda: pytest.fail("built again")))
    again = fit_danger(rows(ALL, URGENT, SORTS), [])
    assert np.array_equal(fitted.stage.weights, again.stage.weights)
    texts = read(*ALL[::5])
    chances = [
        [one.probability for one in classifier(made).read(texts, ["en"] * len(texts))] for made in (stored, again)
    ]
    assert np.allclose(chances[0], chances[1], atol=5e-3)  # examples are kept half as exact


def test_what_is_ordinary_at_a_desk_is_learnt_beside_the_examples(fitted: FittedDanger) -> None:
    usual = read(
        *(
            f"please take over my {thing} of the newsletter {number}"
            for thing in ("profile", "wallet")
            for number in range(20)
        )
    )
    tags = ["en"] * len(usual)
    made, held = fitted.beside(fitted.table(fitted.answers(usual, tags, []), usual), tags)
    asked = read("please take over my profile of the newsletter today")
    before, after = (one.scores(one.answers(asked, ["en"], []), asked)[0] for one in (fitted, made))
    assert after < before
    assert (len(held.scores), len(made.held), made.kernel) == (40, len(fitted.held), fitted.kernel)
    told = classifier(made).read(read("a stranger took over my wallet now"), ["en"])[0]
    assert told.probability > 0.5


def test_twins_of_urgent_stories_teach_little_and_draw_no_line() -> None:
    twins = [
        f"a stranger took over my {thing} said my son {number}"
        for thing in ("account", "wallet")
        for number in range(10)
    ]
    made = [
        fit_danger(rows([*ALL, *twins], [*URGENT, *[False] * 20], [*SORTS, *[sort] * 20]), [])
        for sort in ("twin", "denial")
    ]
    assert [len(one.held_out.scores) for one in made] == [len(ORDINARY), len(ORDINARY) + 20]
    asked = read("a stranger took over my wallet said my son today")
    urgent = [one.answers(asked, ["en"], [])[0][0, 0] for one in made]
    assert urgent[0] > urgent[1]


CALM = [
    f"do you sell {what} in the {where}"
    for what in ("tea", "soap", "hats", "maps")
    for where in ("north", "south", "city")
]


def calm_by(hand: str) -> FittedDanger:
    told = rows([*ALL, *CALM], [*URGENT, *[False] * len(CALM)], [*SORTS, *["everyday"] * len(CALM)])
    return fit_danger(replace(told, hands=[*told.hands[: len(ALL)], *[hand] * len(CALM)]), [])


@pytest.fixture(scope="module")
def with_everyday() -> FittedDanger:
    return calm_by("everyday")


def test_everyday_messages_are_learnt_and_draw_no_line(fitted: FittedDanger, with_everyday: FittedDanger) -> None:
    assert len(with_everyday.held_out.scores) == len(ORDINARY)
    asked = read("do you sell soap in the shop")
    before, after = (one.answers(asked, ["en"], [])[0][0, 0] for one in (fitted, with_everyday))
    assert after < before
    assert "everyday" in with_everyday.sorts


def test_everyday_messages_are_held_out_in_parts_as_a_desks_own_are(with_everyday: FittedDanger) -> None:
    # Held out as one hand, nothing like them would be left to learn from: they would score as the unknown does.
    assert np.median(with_everyday.held[len(ALL) :]) < np.median(calm_by("fir").held[len(ALL) :])


def test_an_urgent_sentence_counts_among_everyday_ones(with_everyday: FittedDanger) -> None:
    around = ". ".join(
        f"do you sell {what} in the village shop beside the old town hall" for what in ("pens", "bags", "rugs")
    )
    texts = read(f"{around}. a stranger took over my wallet. {around}", f"{around}. {around}")
    buried, calm = classifier(with_everyday).read(texts, ["en"] * 2)
    assert buried.probability > 0.5 > calm.probability
    assert texts[0].passages[buried.passage].startswith("a stranger")


def test_with_everyday_messages_alone_on_the_ordinary_side_they_draw_the_lines() -> None:
    told = rows(
        [*TAKEN, *CALM], [True] * len(TAKEN) + [False] * len(CALM), [""] * len(TAKEN) + ["everyday"] * len(CALM)
    )
    made = fit_danger(replace(told, hands=["ash"] * len(TAKEN) + ["everyday"] * len(CALM)), [])
    assert len(made.held_out.scores) == len(CALM)


def test_two_hands_are_held_out_in_parts_all_the_same() -> None:
    made = fit_danger(rows(ALL, URGENT, SORTS, ("ash", "birch")), [])
    assert np.median(made.urgent.scores) > np.median(made.held_out.scores)


def test_rows_without_a_sort_teach_urgent_or_not() -> None:
    made = fit_danger(rows(ALL, URGENT, [""] * len(ALL)), [])
    urgent, ordinary = classifier(made).read(
        read("a stranger took over my wallet", "when comes the parcel"), ["en"] * 2
    )
    assert urgent.probability > ordinary.probability
    assert urgent.kinds == ()


@pytest.mark.parametrize(("urgent", "ordinary"), [(9, 20), (18, 9), (0, 0)])
def test_too_little_to_learn_is_told(urgent: int, ordinary: int) -> None:
    texts = TAKEN[:urgent] + ORDINARY[:ordinary]
    few = rows(texts, [text in TAKEN for text in texts], [""] * len(texts))
    with pytest.raises(ModelError, match="at least 10 urgent and 10 ordinary examples"):
        fit_danger(few, [])
