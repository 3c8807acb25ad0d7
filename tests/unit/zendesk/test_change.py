"""The one write: what it carries, what it merges, and what it never does to a ticket."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_plan, a_ticket
from zd_automation.tickets import Ticket
from zd_automation.triage.desk import Desk
from zd_automation.triage.plan import Danger
from zd_automation.zendesk.change import TicketChange, change_for

DESK = Desk("little", ("en",))
GROUPS = {"Billing": 11, "Security": 12}
EVERYTHING = frozenset({"note", "tags", "group", "priority"})
STAMP = "2026-11-22T10:00:00Z"


def made(ticket: Ticket | None = None, **plan: Any) -> TicketChange:
    """The write for a plan that may do everything, unless the test says otherwise."""
    whole = {"group": "Billing", "writes": EVERYTHING, "note": "<p>Topic: refund</p>", **plan}
    change = change_for(ticket or a_ticket(updated_at=STAMP), a_plan(**whole), DESK, GROUPS, "decision-1")
    assert change is not None
    return change


# --- what a plan allows --------------------------------------------------------------------------------------------


def test_a_plan_that_may_do_everything() -> None:
    urgent = made(
        group="Security", priority="urgent", danger=Danger("certain", "account_takeover", "high", 0.98), tags=("a", "b")
    )
    assert urgent == TicketChange(
        ticket_id=17,
        stamp=STAMP,
        decision_id="decision-1",
        tags=("a", "b"),
        group_id=12,
        priority="urgent",
        note="<p>Topic: refund</p>",
        urgent=True,
        versions={"model": "t1", "package": "0.1.0"},
    )


def test_a_silent_plan_writes_nothing() -> None:
    assert change_for(a_ticket(), a_plan(writes=frozenset()), DESK, GROUPS, "decision-1") is None


@pytest.mark.parametrize(
    ("writes", "tags", "group", "priority", "note"),
    [
        ({"note"}, ("zdauto_done",), None, None, "<p>n</p>"),
        ({"tags"}, ("t", "zdauto_done"), None, None, None),
        ({"tags", "note"}, ("t", "zdauto_done"), None, None, "<p>n</p>"),
        ({"group"}, ("zdauto_done",), 11, None, None),
        ({"priority"}, ("zdauto_done",), None, "urgent", None),
        ({"tags", "note", "group", "priority"}, ("t", "zdauto_done"), 11, "urgent", "<p>n</p>"),
    ],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else "",
)
def test_only_what_the_ladder_allows_is_written(
    writes: set[str], tags: tuple[str, ...], group: int | None, priority: str | None, note: str | None
) -> None:
    change = made(writes=frozenset(writes), tags=("t", "zdauto_done"), priority="urgent", note="<p>n</p>")
    assert (change.tags, change.group_id, change.priority, change.note) == (tags, group, priority, note)


def test_a_group_that_the_account_lacks_is_left_out() -> None:
    assert made(group="Unheard of").group_id is None
    assert made(group=None).group_id is None


# --- what a ticket has ---------------------------------------------------------------------------------------------


def test_tags_are_merged_in_order_and_never_twice() -> None:
    change = made(a_ticket(tags=("vip", "zdauto_lang_en")))
    assert change.tags == ("vip", "zdauto_lang_en", "zdauto_topic_card_problem", "zdauto_done")


@given(st.lists(st.text(min_size=1, max_size=8), max_size=12), st.sets(st.sampled_from(sorted(EVERYTHING)), min_size=1))
def test_no_tag_of_the_ticket_is_ever_lost(tags: list[str], writes: set[str]) -> None:
    change = made(a_ticket(tags=tuple(tags)), writes=frozenset(writes))
    assert set(tags) <= set(change.tags)
    assert "zdauto_done" in change.tags
    assert len(change.tags) == len(set(change.tags))


def test_a_ticket_that_an_agent_took_keeps_its_group() -> None:
    taken = made(a_ticket(assignee_id=5, group_id=99), group="Security", priority="urgent")
    assert (taken.group_id, taken.priority) == (None, "urgent")


def test_a_group_that_the_ticket_already_has_is_not_set_again() -> None:
    assert made(a_ticket(group_id=11)).group_id is None
    assert made(a_ticket(group_id=99)).group_id == 11


@pytest.mark.parametrize(
    ("has", "wanted", "written"),
    [
        (None, "urgent", "urgent"),
        ("low", "urgent", "urgent"),
        ("normal", "urgent", "urgent"),
        ("high", "urgent", "urgent"),
        ("urgent", "urgent", None),
        (None, "high", "high"),
        ("low", "high", "high"),
        ("normal", "high", "high"),
        ("high", "high", None),
        ("urgent", "high", None),
        ("urgent", None, None),
        (None, None, None),
    ],
)
def test_a_priority_is_only_ever_raised(has: str | None, wanted: str | None, written: str | None) -> None:
    assert made(a_ticket(priority=has), priority=wanted).priority == written


def test_a_ticket_without_a_stamp_gets_an_empty_one() -> None:
    assert made(a_ticket(updated_at=None)).stamp == ""


# --- what goes out -------------------------------------------------------------------------------------------------


def test_the_payload_word_for_word() -> None:
    change = TicketChange(
        1, STAMP, "decision-1", ("vip",), 11, "urgent", "<p>Größe</p>", urgent=True, versions={"model": "t1"}
    )
    assert change.payload() == {
        "safe_update": True,
        "updated_stamp": STAMP,
        "tags": ["vip"],
        "metadata": {"zdauto_decision": "decision-1", "zdauto_model": "t1"},
        "group_id": 11,
        "priority": "urgent",
        "comment": {"html_body": "<p>Größe</p>", "public": False},
    }


def test_what_is_not_set_is_not_in_the_payload() -> None:
    assert TicketChange(1, STAMP, "decision-1", ("vip",)).payload() == {
        "safe_update": True,
        "updated_stamp": STAMP,
        "tags": ["vip"],
        "metadata": {"zdauto_decision": "decision-1"},
    }


@given(st.builds(
    TicketChange,
    ticket_id=st.integers(1, 10**12),
    stamp=st.text(max_size=20),
    decision_id=st.text(max_size=40),
    tags=st.lists(st.text(max_size=10)).map(tuple),
    group_id=st.none() | st.integers(1, 10**12),
    priority=st.none() | st.sampled_from(["high", "urgent"]),
    note=st.none() | st.text(max_size=100),
))  # fmt: skip
def test_every_payload_is_safe_private_and_json(change: TicketChange) -> None:
    payload = json.loads(json.dumps(change.payload()))
    assert payload["safe_update"] is True
    assert payload["updated_stamp"] == change.stamp
    assert payload.get("comment", {"public": False})["public"] is False
    assert payload["metadata"]["zdauto_decision"] == change.decision_id


@pytest.mark.parametrize("note", [None, "", "Ada said: my password is hunter2"])
def test_the_journals_copy_holds_no_words_of_the_note(note: str | None) -> None:
    change = TicketChange(1, STAMP, "decision-1", ("vip",), note=note)
    kept = change.without_text()
    assert "hunter2" not in json.dumps(kept)
    expected = None if note is None else {"public": False, "length": len(note)}
    assert kept.get("comment") == expected
    assert kept["tags"] == ["vip"]


def test_a_change_cannot_be_altered_after_it_was_decided() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        made().priority = "low"  # type: ignore[misc]
