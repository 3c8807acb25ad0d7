"""Urgent-looking tickets go first: a cheap guess over the alarm words of every language."""

from __future__ import annotations

import json

import pytest

from tests.support.deliveries import ROOM
from zd_automation.danger_files import load_books
from zd_automation.definitions import Problems
from zd_automation.triage.patterns import PhraseBook, compile_phrases
from zd_automation.webhooks.queue_hint import queue_hint

BOOK = PhraseBook("en", {}, alarms=compile_phrases(["hack~", "stolen", "identity theft"]))
POLISH = PhraseBook("pl", {}, alarms=compile_phrases(["kradzież~", "włam~"]))
CHINESE = PhraseBook("zh-Hans", {}, alarms=compile_phrases(["被盗"]))


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("My account was hacked", True),
        ("HACKED!!!", True),
        ("Stolen phone", True),
        ("help: identity theft", True),
        ("please verify my identity", False),
        ("the shack", False),
        ("1.hacked.", True),
        ("Hello!\nStolen!\nPlease help", True),
        ("Kradzież środków", True),
        ("kradziez srodkow", True),
        ("ktoś się włamał na konto", True),
        ("我的账户被盗了", True),
        ("我的账户很好", False),
        ("ha\u200bcked", True),
        ("Where is my parcel?", False),
        ("x" * 589 + " hacked now", True),
        ("x" * 600 + " hacked now", False),
        ("", False),
        ("😡", False),
        ("\x00", False),
    ],
)
def test_alarm_words_of_every_book(text: str, urgent: bool) -> None:
    assert queue_hint([BOOK, POLISH, CHINESE])(text) is urgent


def test_without_books_nothing_looks_urgent() -> None:
    assert queue_hint([])("hacked") is False
    assert queue_hint([PhraseBook("en", {})])("hacked") is False


@pytest.fixture(scope="module")
def shipped() -> dict[str, PhraseBook]:
    return load_books(ROOM.parent / "models" / "danger" / "patterns", Problems())


def test_no_shipped_alarm_word_is_overlooked(shipped: dict[str, PhraseBook]) -> None:
    """Two letters of Chinese or Korean and Turkish without its dots are found like any other word."""
    looks_urgent = queue_hint(shipped.values())
    plain = [
        p.source.replace("~", "") for book in shipped.values() for p in book.alarms if not set("(*") & set(p.source)
    ]
    assert len(plain) > 300
    assert [word for word in plain if not looks_urgent(f"1. {word.upper()}!")] == []


def test_the_urgent_example_goes_first_and_the_others_do_not(shipped: dict[str, PhraseBook]) -> None:
    looks_urgent = queue_hint(shipped.values())
    urgent = set()
    for path in (ROOM / "ticket-created" / "examples").iterdir():
        detail = json.loads(path.read_text("utf-8"))["detail"]
        text = f"{detail.get('subject')}\n{detail.get('description')}".encode("utf-8", "replace").decode()
        urgent |= {path.name} if looks_urgent(text) else set()
    assert urgent == {"urgent-russian.json", "zero-width.json"}
