"""Zendesk's JSON as our nouns: whatever is missing is empty, whatever is unknown is ignored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shared import SHARED, needs_shared
from zd_automation.tickets import Article, Requester, Ticket
from zd_automation.zendesk.gateway import article_from, text_of, ticket_from

ROW: dict[str, Any] = {
    "id": 35436,
    "url": "https://desk.zendesk.com/api/v2/tickets/35436.json",
    "subject": "Where is my refund?",
    "raw_subject": "{{dc.refund}}",
    "description": "I waited for five days.",
    "status": "open",
    "priority": "high",
    "group_id": 11,
    "assignee_id": 5,
    "requester_id": 7,
    "tags": ["vip", "web"],
    "via": {"channel": "web", "source": {}},
    "created_at": "2026-11-22T02:00:00Z",
    "updated_at": "2026-11-22T03:00:00Z",
    "brand_id": 3,
    "custom_fields": [],
}
USERS = [{"id": 6, "locale": "fr"}, {"id": 7, "locale": "pt-BR"}]


def test_a_whole_ticket() -> None:
    assert ticket_from(ROW, USERS) == Ticket(
        id=35436,
        subject="Where is my refund?",
        body="I waited for five days.",
        status="open",
        priority="high",
        group_id=11,
        assignee_id=5,
        tags=("vip", "web"),
        requester=Requester(7, "pt-BR"),
        channel="web",
        created_at="2026-11-22T02:00:00Z",
        updated_at="2026-11-22T03:00:00Z",
        brand_id=3,
    )


@pytest.mark.parametrize("missing", ["left out", "null"])
def test_a_ticket_with_nothing_but_its_id(missing: str) -> None:
    row = {"id": 1} if missing == "left out" else {**dict.fromkeys(ROW), "id": 1}
    assert ticket_from(row) == Ticket(id=1, status="new", channel="other")


def test_a_ticket_whose_requester_did_not_come_along() -> None:
    assert ticket_from(ROW, [{"id": 6, "locale": "fr"}]).requester == Requester(7, None)


def test_without_a_subject_the_raw_one_serves() -> None:
    assert ticket_from({**ROW, "subject": ""}).subject == "{{dc.refund}}"


def test_the_stamp_is_the_very_text_that_zendesk_sent() -> None:
    for stamp in ("2026-11-22T03:00:00Z", "2026-11-22T03:00:00+00:00", "2026-11-22T03:00:00.000Z"):
        assert ticket_from({**ROW, "updated_at": stamp}).updated_at == stamp


@pytest.mark.parametrize(
    ("status", "open_to_change"),
    [("new", True), ("open", True), ("pending", True), ("hold", True), ("solved", True), ("closed", False),
     ("deleted", False)],
)  # fmt: skip
def test_closed_and_deleted_tickets_take_no_change(status: str, *, open_to_change: bool) -> None:
    assert ticket_from({**ROW, "status": status}).is_open_to_change is open_to_change


@pytest.mark.parametrize(
    ("more", "public"),
    [
        ({}, True),
        ({"draft": True}, False),
        ({"user_segment_id": 900}, False),
        ({"user_segment_ids": [900, 901]}, False),
        ({"user_segment_id": None, "user_segment_ids": [], "draft": False}, True),
    ],
)
def test_who_may_read_an_article(more: dict[str, Any], *, public: bool) -> None:
    assert article_from({"id": 1, "title": "T", **more}).is_public is public


def test_a_whole_article_becomes_plain_text() -> None:
    row = {
        "id": 42,
        "title": "Refunds",
        "body": "<h2>How</h2><p>Open <b>Orders</b> &amp; press&nbsp;Refund.</p><ul><li>one</li><li>two</li></ul>",
        "locale": "en-us",
        "html_url": "https://desk.zendesk.com/hc/en-us/articles/42",
    }
    body = "How\nOpen Orders & press Refund.\none\ntwo"
    assert article_from(row) == Article(42, "Refunds", body, "en-us", "https://desk.zendesk.com/hc/en-us/articles/42")


def test_an_article_with_nothing_but_its_id() -> None:
    assert article_from({"id": 42, "title": None, "body": None}) == Article(42, "", "", "")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<p>  many   spaces </p>\n\n<p>next</p>", "many spaces\nnext"),
        ("<div><div><p>deep</p></div></div>", "deep"),
        ("5 &lt; 7 &amp;&amp; 7 &gt; 5", "5 < 7 && 7 > 5"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "ab\nc"),
        ("<h1>Привет</h1><p>你好</p>", "Привет\n你好"),
        ("<!-- hidden --><p>seen</p>", "seen"),
    ],
)
def test_markup_becomes_lines(markup: str, text: str) -> None:
    assert text_of(markup) == text


@given(st.text(max_size=200))
def test_any_markup_can_be_read(markup: str) -> None:
    assert all(line.strip() for line in text_of(markup).split("\n") if text_of(markup))


@needs_shared
@pytest.mark.shared
def test_recorded_tickets_can_be_read() -> None:
    rows = [
        row
        for path in sorted(SHARED.glob("zendesk-recordings/*.json"))
        for row in tickets_in(json.loads(path.read_text("utf-8")))
    ]
    assert rows
    for row in rows:
        ticket = ticket_from(row)
        assert ticket.id == row["id"]
        assert ticket.updated_at == row["updated_at"]
        assert ticket.tags == tuple(row["tags"])


def tickets_in(value: Any) -> list[dict[str, Any]]:
    """Every object in some JSON that looks like REST's ticket."""
    if isinstance(value, list):
        return [row for inner in value for row in tickets_in(inner)]
    if not isinstance(value, dict):
        return []
    if {"id", "requester_id", "updated_at", "tags", "satisfaction_rating"} <= value.keys():
        return [value]
    return [row for inner in value.values() for row in tickets_in(inner)]
