"""An article in passages: the title alone, then stretches that lose nothing and are never long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import an_article
from zd_automation.knowledge.passages import MOST_STRETCHES, STRETCH, Passage, passages, sentences
from zd_automation.tickets import Article


def test_the_title_stands_alone_and_in_front_of_every_stretch() -> None:
    body = "\n".join(f"Paragraph {number}: " + "word " * 60 for number in range(4))
    found = passages([an_article(1, "Fees", body)])
    assert found[0] == Passage(0, "Fees", "")
    assert len(found) == 5
    assert all(passage.text == f"Fees\n{passage.body}" for passage in found[1:])
    assert [passage.body.split(":")[0] for passage in found[1:]] == [f"Paragraph {number}" for number in range(4)]


def test_short_paragraphs_share_a_stretch() -> None:
    assert [passage.body for passage in passages([an_article(1, "Fees", "One.\n\nTwo.\nThree.")])] == [
        "",
        "One.\nTwo.\nThree.",
    ]


def test_a_paragraph_longer_than_a_stretch_is_cut_between_sentences() -> None:
    told = [f"Sentence number {number} of a long paragraph without a break." for number in range(30)]
    found = passages([an_article(1, "Terms", " ".join(told))])[1:]
    assert len(found) > 2
    assert [line for passage in found for line in passage.body.split("\n")] == told


def test_the_right_paragraph_of_a_giant_article_is_there_and_the_giant_has_an_end() -> None:
    giant = "\n".join(f"Rule {number}: " + "word " * 100 for number in range(1_000))
    found = passages([an_article(1, "Terms", giant)])
    assert len(found) == 1 + MOST_STRETCHES
    assert found[-1].body.startswith(f"Rule {MOST_STRETCHES - 1}:")


def test_what_has_no_word_is_left_out() -> None:
    assert passages([an_article(1, "?", "!"), an_article(2, "", "🙂"), an_article(3, "", "Words here.")]) == [
        Passage(2, "Words here.", "Words here.")
    ]


def test_sentences_end_with_the_marks_of_their_script() -> None:
    assert sentences("One. Two?\nThree! 四。五？ यह। ") == ["One.", "Two?", "Three!", "四。", "五？", "यह।"]


@given(st.text(st.sampled_from("ab .。\n"), max_size=3_000))
def test_any_body_is_whole_in_stretches_of_bounded_length(body: str) -> None:
    found = passages([Article(1, "Title", body, "en")])[1:]
    assert all(len(passage.body) <= STRETCH + 1 for passage in found)
    letters = [sign for sign in body if sign.isalpha()]
    assert [sign for passage in found for sign in passage.body if sign.isalpha()] == letters
