"""A message in passages: nothing lost, nothing too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.triage.passages import passages


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ("One. Two!", "Three?", "One.", "Two!")),
        ("One. Two!", ("One. Two!",)),
        ("aaaa bbbb cccc dddd", ("aaaa bbbb", "cccc dddd")),
        ("aaaaaaaaaaaaaaaaaa", ("aaaaaaaaaaaa", "aaaaaa")),
        ("一二三四五。六七八。", ("一二三四五。 六七八。",)),
        ("line\n\nother", ("line other",)),
        ("same. same. same. same.", ("same. same.", "same.")),
        ("12. 34. --", ()),
        ("", ()),
    ],
)
def test_windows_first_then_sentences(text: str, expected: tuple[str, ...]) -> None:
    assert passages(text, 12, 5) == expected


def test_a_short_sentence_joins_its_neighbour() -> None:
    assert passages("Hi. Oh no. Where is my long parcel?", 20, 8) == (
        "Hi. Oh no.",
        "Where is my long",
        "parcel?",
        "Hi.",
        "Oh no.",
    )


STORY = "Yesterday evening somebody took money from my account Where can I find the invoice of last month"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (STORY, "Where can I find the invoice of last month"),
        (STORY.lower(), STORY.lower()),
        ("I think I lost it and I am sure that I did not spend any of it myself I swear", "I swear"),
        (
            "Gestern hat jemand Geld von meinem Konto bei der Bank genommen Wo finde ich die Rechnung",
            "Wo finde ich die",
        ),
    ],
)
def test_a_capital_begins_a_sentence_where_full_stops_are_left_out_and_capitals_are_rare(text: str, told: str) -> None:
    windows = passages("A first sentence of the mail. " * 6 + text, 220)
    singles = {part for part in windows if len(part) < 100}
    assert (told in singles) is (text in {STORY, STORY.lower()})


@given(st.text(st.sampled_from("ab .。?\n"), max_size=400), st.integers(4, 40))
def test_every_letter_is_in_a_window_in_order_and_no_passage_is_too_long(text: str, longest: int) -> None:
    parts = passages(text, longest, 0)
    assert all(0 < len(part) <= longest for part in parts)
    letters = [sign for sign in text if sign.isalpha()]
    assert [sign for sign in "".join(parts) if sign.isalpha()][: len(letters)] != [] or not letters
    assert {word for part in parts for word in part.split() if word.strip(".。?")} >= {
        word for word in text.replace("。", "。 ").split() if word.strip(".。?") and len(word) <= longest // 2
    }
