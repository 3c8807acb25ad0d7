"""What a desk owns: topics with their tags and names, and its own marker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_desk, a_topic
from zd_automation.triage.desk import RUNGS, tag_of


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("promo-code", "promo_code"),
        ("Card Problem", "card_problem"),
        ("zh-Hans", "zh_hans"),
        ("__a__b__", "a_b"),
        ("über/größe", "ber_gr_e"),
        ("карта", ""),
        ("", ""),
        ("x" * 100, "x" * 60),
        ("top 10!", "top_10"),
    ],
)
def test_any_name_becomes_a_safe_tag(name: str, tag: str) -> None:
    assert tag_of(name) == tag


@given(st.text(max_size=200))
def test_a_tag_holds_nothing_that_zendesk_would_split_or_change(name: str) -> None:
    tag = tag_of(name)
    assert len(tag) <= 60
    assert set(tag) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
    assert tag_of(tag) == tag.strip("_")


@pytest.mark.parametrize(
    ("language", "called"),
    [("es", "Entrega tardía"), ("es-MX", "Entrega tardía"), ("de", "Late delivery"), ("", "Late delivery")],
)
def test_a_topic_is_called_in_the_agents_language(language: str, called: str) -> None:
    topic = a_topic("delivery_late", name={"": "Late delivery", "es": "Entrega tardía"})
    assert topic.called(language) == called


def test_a_topic_without_a_name_is_called_by_its_id() -> None:
    assert a_topic("delivery_late", name={}).called("en") == "delivery_late"


def test_a_desk_knows_its_topics_and_its_marker() -> None:
    card = a_topic("card_problem")
    desk = a_desk(card, tag_prefix="acme_")
    assert desk.topic("card_problem") is card
    assert desk.topic("gone") is None
    assert desk.done_tag == "acme_done"


def test_the_ladder_has_five_rungs_from_off_to_route() -> None:
    assert RUNGS == ("off", "shadow", "note", "tag", "route")
