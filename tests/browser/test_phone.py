from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.agent import Agent
from zd_automation.sandbox.help_center import load_articles

pytestmark = pytest.mark.browser

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3
ADDRESS = "https://halyard.example/" + "a1b2c3d4" * 30


@pytest.fixture
def busy(agent: Agent) -> Agent:
    """A desk with the widest words that customers, agents and the bot could come up with."""
    group = agent.call("POST", "groups", {"group": {"name": "Qualitätssicherungsbeauftragte"}})["group"]["id"]
    view = {"title": LONG[:100], "all": [{"field": "status", "operator": "is", "value": "new"}]}
    agent.call("POST", "views", {"view": view})
    tags = ["zdauto_lang_zh_hans", f"zdauto_topic_{'withdrawal_' * 9}x", "zdauto_danger_account_takeover"]
    key = agent.receives(LONG, body=f"{ADDRESS}\n{LONG}", name=LONG[:80], tags=tags, group_id=group, priority="urgent")
    agent.is_helped(key, f"<p>{LONG}</p><ul><li><code>{ADDRESS}</code></li></ul>")
    body = f"<p>{LONG}</p><pre>{ADDRESS}</pre><table><tr><td>{LONG}</td><td>{LONG}</td></tr></table>"
    load_articles(
        agent.sandbox.account, [{"key": "wide", "section": "Wide", "title": {"en-us": LONG}, "body": {"en-us": body}}]
    )
    return agent


@pytest.mark.parametrize("width", [320, 390, 760, 901, 1151, 1280])
def test_no_page_scrolls_sideways(busy: Agent, width: int) -> None:
    article = next(iter(busy.sandbox.account.store.collection("articles")))["id"]
    view = next(iter(busy.sandbox.account.store.collection("views")))["id"]
    ticket = "/agent/tickets/1"
    busy.looks_through(width, 844)
    for path in ("/agent", f"/agent/views/{view}", ticket, "/agent/new", "/hc/en-us", f"/hc/en-us/articles/{article}"):
        busy.opens(path)
        for fold in busy.browser.find_elements(By.CSS_SELECTOR, "details.events"):
            fold.find_element(By.TAG_NAME, "summary").click()
        assert busy.sideways() <= 0, f"{path} at {width}"


def test_a_phone_shows_the_note_before_the_fields_and_lists_as_cards(agent: Agent) -> None:
    key = agent.receives("Where is my withdrawal", tags=["zdauto_lang_en"])
    agent.is_helped(key, "<p>Topic: Withdrawals</p>")
    agent.looks_through(390, 844)
    agent.opens(f"/agent/tickets/{key}")
    note, facts, events = (agent.sees(selector).rect for selector in (".comment.note", ".facts", ".events"))
    assert note["y"] < facts["y"] < events["y"]
    assert note["width"] == facts["width"] == 358
    agent.opens("/agent")
    assert not agent.browser.find_element(By.CSS_SELECTOR, ".tickets thead").is_displayed()
    status, subject = agent.sees(".c-status").rect, agent.sees(".c-subject").rect
    assert status["x"] < subject["x"]
    assert status["y"] == subject["y"]


def test_a_desk_shows_note_and_fields_side_by_side(agent: Agent) -> None:
    key = agent.receives("Where is my withdrawal")
    agent.is_helped(key, "<p>Topic: Withdrawals</p>")
    agent.opens(f"/agent/tickets/{key}")
    note, facts = agent.sees(".comment.note").rect, agent.sees(".facts").rect
    assert note["x"] + note["width"] < facts["x"]
    assert facts["y"] < note["y"]
    assert facts["width"] == 300


def test_everything_can_be_reached_with_the_keyboard(agent: Agent) -> None:
    agent.receives("Where is my withdrawal")
    agent.opens("/agent")
    reached = []
    for _ in range(7):
        ActionChains(agent.browser).send_keys(Keys.TAB).perform()
        reached.append(agent.browser.switch_to.active_element.text)
        width = agent.asks("return getComputedStyle(document.activeElement).outlineWidth")
        assert width == "2px", reached
        if reached[-1] == "Where is my withdrawal":
            break
    assert reached == [
        "sandbox local desk",
        "Help Center",
        "New ticket",
        "Views",
        "All tickets",
        "Where is my withdrawal",
    ]
