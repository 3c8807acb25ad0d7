"""``articles``: what is found for a text, how often it is right, and what the help centre lacks."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import a_desk_folder, a_language, a_plan, a_suggestion
from tests.support.command import zd
from zd_automation.cli.environment import settings
from zd_automation.journal.journal import Decision
from zd_automation.service import open_stores
from zd_automation.triage.plan_json import plan_as_json

TITLES = ["Reset your password", "Where is my parcel", "Card declined", "Return a jacket", "Delete the account"]
TITLES += [
    "Change the delivery address",
    "Use a gift voucher",
    "Opening hours of the shop",
    "Order a catalogue",
    "Prices",
]
ASKED = ["reset my password", "where is the parcel", "my card was declined", "return the jacket", "delete my account"]
ASKED += ["change the address for delivery", "how to use a voucher", "your opening hours", "catalogue please", "qqqq"]


@pytest.fixture
def desk(folder: Path) -> Path:
    """A desk with ten public articles, a draft and a restricted one."""
    path = a_desk_folder(folder / "desk", 'name = "Little"\nlanguages = ["en", "es"]\n')
    rows = [
        {
            "id": number,
            "title": title,
            "body": f"{title}. It is easy.",
            "locale": "en-us",
            "url": f"https://x.example/{number}",
        }
        for number, title in enumerate(TITLES)
    ]
    rows.append(
        {"id": 98, "title": "Reset your password as staff", "body": "Secret.", "locale": "en-us", "draft": True}
    )
    rows.append(
        {"id": 99, "title": "Reset password internally", "body": "Secret.", "locale": "en-us", "restricted": True}
    )
    (path / "articles.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def tickets(folder: Path, *rows: object) -> Path:
    path = folder / "tickets.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_search_shows_the_best_first_and_what_a_note_would_show(desk: Path) -> None:
    ran = zd("articles", "search", "--desk", desk, "I want to reset my password")
    assert ran.status == 0
    assert ran.out.index("Reset your password") < ran.out.index("https://x.example/0")
    assert "✓" in ran.out
    assert "read as en" in ran.out
    assert "staff" not in ran.out
    assert "internally" not in ran.out


def test_search_as_json(desk: Path) -> None:
    told = json.loads(zd("articles", "search", "--desk", desk, "--json", "--language", "en", "declined card").out)
    first = told["articles"][0]
    assert (told["language"], first["id"], first["shown"], first["url"]) == ("en", "2", True, "https://x.example/2")
    assert [row["score"] for row in told["articles"]] == sorted(
        (row["score"] for row in told["articles"]), reverse=True
    )


def test_what_is_like_nothing_is_told_as_such(desk: Path) -> None:
    told = json.loads(zd("articles", "search", "--desk", desk, "--json", "--language", "en", " ").out)
    assert told["articles"] == []
    assert "nothing alike" in zd("articles", "search", "--desk", desk, "--language", "en", " ").out


def test_a_desk_without_public_articles_is_told(folder: Path, desk: Path) -> None:
    row = {"id": 1, "title": "A", "body": "b", "locale": "en-us", "draft": True}
    (desk / "articles.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    ran = zd("articles", "search", "--desk", desk, "password")
    assert ran.status == 1
    assert "neither the desk nor its Help Center has an article that everybody may read" in ran.err


def test_evaluate_judges_with_and_without_the_article_and_proposes_a_threshold(folder: Path, desk: Path) -> None:
    path = tickets(folder, *({"body": text, "article": at, "language": "en"} for at, text in enumerate(ASKED)))
    told = json.loads(zd("articles", "evaluate", "--desk", desk, "--file", path, "--json").out)
    assert told["tickets"] == 10
    assert 0.8 <= told["recall"]["1"] <= told["recall"]["3"] <= 1
    assert told["auc_of_silence"] > 0.8
    answered = [row["answered"] for row in told["at"].values()]
    assert answered == sorted(answered, reverse=True)
    assert 0 < told["threshold"] <= 1
    assert told["answered"] >= 0.5
    ran = zd("articles", "evaluate", "--desk", desk, "--file", path)
    assert "10 tickets; the article is found" in ran.out
    assert f"threshold = {told['threshold']:.2f} in [articles]" in ran.out


def test_a_precision_that_no_threshold_keeps_is_told(folder: Path, desk: Path) -> None:
    path = tickets(folder, *({"body": "reset my password", "article": 5, "language": "en"} for _ in range(10)))
    ran = zd("articles", "evaluate", "--desk", desk, "--file", path)
    assert (ran.status, "no threshold is right in 90% of cases" in ran.out) == (0, True)


def test_every_wrong_line_is_named(folder: Path, desk: Path) -> None:
    good = {"body": "reset my password", "article": 0}
    path = tickets(folder, good, {"body": " ", "article": 0}, {"body": "parcel", "article": 98}, ["no", "object"])
    ran = zd("articles", "evaluate", "--desk", desk, "--file", path)
    assert ran.status == 1
    assert f"{path}:2: needs a `subject` or a `body` with words" in ran.err
    assert f"{path}:3: article '98' is none that everybody may read; give its id" in ran.err
    assert f"{path}:4: not a JSON object" in ran.err


def test_too_few_tickets_are_told(folder: Path, desk: Path) -> None:
    ran = zd(
        "articles", "evaluate", "--desk", desk, "--file", tickets(folder, {"body": "reset my password", "article": 0})
    )
    assert (ran.status, "1 tickets are too few to judge by; at least 10 are needed" in ran.err) == (1, True)


def decided(ticket_id: int, at: float, desk: str = "Little", **changes: Any) -> None:
    """A decision in the journal of the working folder."""
    plain: dict[str, Any] = {"articles": (), "article_candidates": (a_suggestion("2", score=0.3),)}
    plan = plan_as_json(a_plan(**{**plain, **changes}))
    decision = Decision(f"d-{ticket_id}-{at}", f"1:ticket.created:{ticket_id}", ticket_id, desk, "h", plan, False, at)
    open_stores(settings(needs_webhooks=False)).journal.record_decision(decision)


def test_gaps_are_told_from_the_journal(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZD_OAUTH_CLIENT_ID", "ZD_OAUTH_CLIENT_SECRET"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("ZD_BASE_URL", "http://127.0.0.1:9")
    now = time.time()
    decided(1, now - 60 * 86_400)  # too long ago
    decided(2, now - 100, articles=(a_suggestion("2", score=0.9),))
    decided(2, now - 50)  # decided anew, without an article now
    decided(3, now - 40)
    decided(4, now - 30, desk="Another desk")
    decided(5, now - 20, language=a_language("es"), articles=(a_suggestion("0", score=0.9),))
    told = json.loads(zd("articles", "gaps", "--desk", desk, "--json").out)
    nearest = {"id": "2", "title": "Card declined", "score": 0.3}
    assert told == {
        "tickets": 3,
        "gaps": [
            {"topic": "card_problem", "tickets": 2, "languages": {"en": 2}, "nearest": nearest, "examples": [2, 3]}
        ],
        "translations": [
            {"id": "0", "title": "Reset your password", "there": ["en"], "missing": "es", "tickets": 1, "examples": [5]}
        ],
    }
    ran = zd("articles", "gaps", "--desk", desk, "--days", "90")
    for words in (
        "4 tickets of the last 90 days",
        "card_problem",
        "Card declined (30%)",
        "2, 3",
        "Reset your password",
        "ES",
    ):
        assert words in ran.out
