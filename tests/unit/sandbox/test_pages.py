from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from zd_automation.sandbox.account import Account, SandboxSettings
from zd_automation.sandbox.app import create_sandbox
from zd_automation.sandbox.clock import SandboxClock
from zd_automation.sandbox.pages_base import clean_html
from zd_automation.sandbox.store import Doc

API = {"Authorization": "Bearer any"}


@pytest.fixture
def app() -> Flask:
    return create_sandbox(SandboxSettings(), clock=SandboxClock(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)))


@pytest.fixture
def account(app: Flask) -> Account:
    found: Account = app.extensions["sandbox"]
    return found


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def a_ticket(browser: FlaskClient, subject: str, **values: object) -> int:
    body = {"ticket": {"subject": subject, "comment": {"body": "Bitte helfen"}, **values}}
    return int(browser.post("/api/v2/tickets", json=body, headers=API).get_json()["ticket"]["id"])


def update(browser: FlaskClient, key: int, **values: object) -> None:
    answer = browser.put(f"/api/v2/tickets/{key}", json={"ticket": values}, headers=API)
    assert answer.status_code == 200


def test_every_page_lets_nothing_in_from_elsewhere(browser: FlaskClient) -> None:
    key = a_ticket(browser, "Hallo")
    for path in ("/agent", "/agent/new", f"/agent/tickets/{key}", f"/agent/tickets/{key}/live"):
        page = browser.get(path)
        assert page.status_code == 200
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page.text)
        assert "style=" not in page.text
        for source in re.findall(r'(?:src|href)="(/[^"]*\.(?:css|js))"', page.text):
            assert browser.get(source).status_code == 200


def test_the_list_shows_what_triage_found(browser: FlaskClient) -> None:
    key = a_ticket(
        browser,
        "Konto <b>gehackt</b>",
        tags=["zdauto_lang_de", "zdauto_topic_account_takeover", "vip"],
        priority="urgent",
    )
    text = browser.get("/agent").text
    assert "Konto &lt;b&gt;gehackt&lt;/b&gt;" in text
    assert '<span class="chip lang">de</span>' in text
    assert '<span class="chip topic">account_takeover</span>' in text
    assert '<tr class="urgent">' in text
    assert f'href="/agent/tickets/{key}"' in text


def test_views_are_listed_with_their_counts(browser: FlaskClient) -> None:
    conditions = [
        {"field": "status", "operator": "is", "value": "new"},
        {"field": "current_tags", "operator": "includes", "value": "alarm"},
    ]
    view = browser.post(
        "/api/v2/views", json={"view": {"title": "Senior & queue", "all": conditions}}, headers=API
    ).get_json()["view"]
    a_ticket(browser, "calm one")
    a_ticket(browser, "stolen", tags=["alarm"])
    page = browser.get(f"/agent/views/{view['id']}").text
    assert f'<a href="/agent/views/{view["id"]}">Senior &amp; queue</a> <b>1</b>' in page
    assert "stolen" in page
    assert "calm one" not in page
    assert browser.get("/agent/views/1").status_code == 404


def test_notes_are_told_apart_from_public_comments(browser: FlaskClient) -> None:
    key = a_ticket(browser, "Hallo")
    waiting = browser.get(f"/agent/tickets/{key}").text
    assert 'data-settled="no"' in waiting
    assert "Waiting for triage" in waiting
    update(
        browser,
        key,
        comment={"html_body": "<p>Topic: <strong>fees</strong></p>", "public": False},
        tags=["x_topic_fees"],
    )
    settled = browser.get(f"/agent/tickets/{key}/live").text
    assert 'data-settled="yes"' in settled
    assert '<section class="comment note">' in settled
    assert settled.count('<section class="comment public">') == 1
    assert "<p>Topic: <strong>fees</strong></p>" in settled
    assert '<span class="chip">x_topic_fees</span>' in settled
    assert re.search(r"Tags.*<ins>x_topic_fees</ins>", settled)
    versions = [re.search(r'data-version="([^"]+)"', page) for page in (waiting, settled)]
    assert len({found[1] for found in versions if found}) == 2


def test_hostile_html_is_cleaned() -> None:
    dirty = (
        '<p onclick="x()">a<script>bad()</script><img src=x onerror=y><a href="javascript:z()">b</a>'
        '<a href="https://h.example/1" style="color:red">c</a><iframe src="/"></iframe></p><ul><li><code>d</code></li></ul>'
    )
    assert clean_html(dirty) == (
        '<p>a<a rel="noopener noreferrer nofollow">b</a>'
        '<a href="https://h.example/1" rel="noopener noreferrer nofollow">c</a></p><ul><li><code>d</code></li></ul>'
    )


def test_the_form_makes_a_ticket_as_its_requester(browser: FlaskClient, account: Account) -> None:
    form = {
        "name": "Иван Петров",
        "subject": "Не могу войти",
        "text": "Помогите\nпожалуйста",
        "locale": "ru",
        "brand": "",
    }
    answer = browser.post("/agent/new", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/agent/tickets/1")
    ticket: Doc = account.store.collection("tickets").get(1) or {}
    requester: Doc = account.store.collection("users").get(ticket["requester_id"]) or {}
    assert (ticket["subject"], ticket["via"]["channel"], ticket["description"]) == (
        "Не могу войти",
        "web",
        "Помогите\nпожалуйста",
    )
    assert (requester["name"], requester["locale"], requester["role"]) == ("Иван Петров", "ru", "end-user")
    assert "Помогите" in browser.get("/agent/tickets/1").text


def test_a_form_without_text_says_so_and_keeps_what_was_typed(browser: FlaskClient, account: Account) -> None:
    answer = browser.post("/agent/new", data={"name": "Ana", "subject": "Only a subject", "text": ""})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="Only a subject"' in answer.text
    assert len(account.store.collection("tickets")) == 0


def test_a_form_from_another_site_is_refused(browser: FlaskClient) -> None:
    form = {"name": "Ana", "subject": "x", "text": "y"}
    assert browser.post("/agent/new", data=form, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.post("/agent/new", data=form, headers={"Origin": "http://localhost"}).status_code == 303


def test_long_lists_have_pages(browser: FlaskClient) -> None:
    for number in range(51):
        a_ticket(browser, f"ticket number {number}")
    first, second = browser.get("/agent").text, browser.get("/agent?page=2").text
    assert ("ticket number 50" in first, "ticket number 0<" in first, "Older" in first) == (True, False, True)
    assert ("ticket number 0<" in second, "Newer" in second) == (True, True)
