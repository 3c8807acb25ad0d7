from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

from tests.browser.agent import Agent

pytestmark = pytest.mark.browser

SENIOR_VIEW = {
    "title": "Security: senior queue",
    "all": [
        {"field": "status", "operator": "less_than", "value": "solved"},
        {"field": "current_tags", "operator": "includes", "value": "zdauto_security_urgent"},
    ],
}


def test_the_list_tells_language_topic_group_and_priority(agent: Agent) -> None:
    group = agent.call("POST", "groups", {"group": {"name": "Withdrawals"}})["group"]["id"]
    tags = ["zdauto_done", "zdauto_lang_es", "zdauto_topic_withdrawal_delay"]
    agent.receives("¿Dónde está mi retiro?", name="Rocío Altamira", tags=tags, group_id=group, priority="high")
    agent.receives("Hello", name="Sam D.")
    agent.opens("/agent")
    heads = ["Status", "Subject", "Requester", "Language", "Topic", "Group", "Priority"]
    assert agent.texts(".tickets th") == heads
    assert agent.texts("h1") == ["All tickets 2 tickets"]
    newest, oldest = agent.browser.find_elements(By.CSS_SELECTOR, ".tickets tbody tr")
    cells = [cell.text for cell in oldest.find_elements(By.TAG_NAME, "td")]
    assert cells[1].startswith("¿Dónde está mi retiro?\n#1 · ")
    assert cells[2:] == ["Rocío Altamira", "es", "withdrawal_delay", "Withdrawals", "High"]
    assert [cell.text for cell in newest.find_elements(By.TAG_NAME, "td")][2:] == ["Sam D.", "", "", "", ""]


def test_no_word_of_a_list_is_broken_at_a_desk(agent: Agent) -> None:
    group = agent.call("POST", "groups", {"group": {"name": "Verification"}})["group"]["id"]
    tags = ["zdauto_lang_zh_hans", "zdauto_topic_deposit_wrong_network"]
    agent.receives("充值", name="Ольга Веретенникова", tags=tags, group_id=group, priority="urgent")
    agent.opens("/agent")
    for cell in ("language .chip", "topic .chip", "priority .priority", "group"):
        element = agent.sees(f".c-{cell}")
        lines = "const r = document.createRange(); r.selectNodeContents(arguments[0]); return r.getClientRects().length"
        assert agent.asks(lines, element) == 1, cell
    badge = agent.sees(".status.new")
    assert (badge.rect["width"], badge.rect["height"]) == (22, 22)


def test_a_subject_leads_to_its_ticket(agent: Agent) -> None:
    agent.receives("First")
    agent.receives("Second")
    agent.opens("/agent")
    agent.clicks("First")
    assert agent.browser.current_url == f"{agent.sandbox.url}/agent/tickets/1"
    assert agent.texts("h1") == ["N\nFirst #1"]


def test_urgent_tickets_stand_out_in_the_list_and_on_their_page(agent: Agent) -> None:
    agent.receives("Where is my parcel")
    agent.receives("My account is hacked", priority="urgent")
    agent.opens("/agent")
    urgent, calm = agent.browser.find_elements(By.CSS_SELECTOR, ".tickets tbody tr td.c-subject")
    assert urgent.text.startswith("My account is hacked")
    assert agent.paint(urgent) == "rgba(253, 236, 234, 1)"
    assert agent.paint(calm) == "rgba(0, 0, 0, 0)"
    agent.clicks("My account is hacked")
    alarm = agent.sees(".alarm")
    assert (alarm.text, agent.paint(alarm)) == ("Urgent", "rgba(180, 35, 24, 1)")
    agent.opens("/agent/tickets/1")
    assert agent.texts(".alarm") == []


def test_the_senior_queue_holds_the_security_cases_and_nothing_else(agent: Agent) -> None:
    agent.call("POST", "views", {"view": SENIOR_VIEW})
    agent.receives("stolen", tags=["zdauto_security_urgent"], priority="urgent")
    agent.receives("calm one")
    agent.receives("stolen too", tags=["zdauto_security_urgent"], priority="urgent")
    agent.opens("/agent")
    assert agent.texts(".views li") == ["All tickets\n3", "Security: senior queue\n2"]
    assert agent.texts(".views li.here") == ["All tickets\n3"]
    agent.clicks("Security: senior queue")
    assert agent.texts(".views li.here") == ["Security: senior queue\n2"]
    assert sorted(agent.texts(".c-subject a")) == ["stolen", "stolen too"]


def test_a_note_never_looks_like_an_answer_to_the_customer(agent: Agent) -> None:
    key = agent.receives("Two fees", body="I was charged twice.", name="Kim Lee")
    agent.call("PUT", f"tickets/{key}", {"ticket": {"comment": {"body": "We are looking into it.", "public": True}}})
    agent.is_helped(key, "<p>Language: en · Topic: <strong>Fees</strong> (91%)</p>")
    agent.opens(f"/agent/tickets/{key}")
    question, answer = agent.browser.find_elements(By.CSS_SELECTOR, ".comment.public")
    note = agent.sees(".comment.note")
    assert "Kim Lee" in question.text
    assert "I was charged twice." in question.text
    assert "We are looking into it." in answer.text
    assert "Language: en · Topic: Fees (91%)" in note.text
    assert [comment.text.count("Internal note") for comment in (question, answer, note)] == [0, 0, 1]
    assert agent.paint(question) == agent.paint(answer) == "rgba(255, 255, 255, 1)"
    assert agent.paint(note) == "rgba(255, 245, 209, 1)"


def test_tags_are_chips_and_alarming_ones_are_red(agent: Agent) -> None:
    tags = ["vip", "zdauto_danger_account_takeover", "zdauto_lang_en", "zdauto_security_urgent"]
    key = agent.receives("Hacked", tags=tags)
    agent.opens(f"/agent/tickets/{key}")
    chips = agent.browser.find_elements(By.CSS_SELECTOR, ".tags .chip")
    assert [chip.text for chip in chips] == tags
    calm, alarming = "rgba(232, 237, 241, 1)", "rgba(249, 212, 208, 1)"
    assert [agent.paint(chip) for chip in chips] == [calm, alarming, calm, alarming]
    assert {chip.value_of_css_property("border-top-left-radius") for chip in chips} == {"10px"}


def test_the_events_tell_what_a_write_changed(agent: Agent) -> None:
    key = agent.receives("Fees")
    agent.is_helped(key, "<p>Topic: Fees</p>", tags=["zdauto_topic_fees"], priority="high")
    agent.opens(f"/agent/tickets/{key}")
    assert agent.texts(".events ol > li") == ["", ""]
    agent.sees(".events summary").click()
    latest = agent.texts(".events ol > li")[0].split("\n")
    assert latest[0].startswith("Sandbox Admin ")
    assert sorted(latest[1:]) == ["Internal note", "Priority high", "Tags zdauto_topic_fees"]


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("السلام عليكم، أين طلبي رقم 90331؟", "rtl"),
        ("שלום, איפה ההזמנה שלי?", "rtl"),
        ("Где мой заказ?", "ltr"),
    ],
)
def test_text_runs_the_way_its_language_does(agent: Agent, text: str, direction: str) -> None:
    key = agent.receives("Order", body=text)
    agent.opens(f"/agent/tickets/{key}")
    words = agent.sees(".comment .text")
    gaps = agent.asks(
        "const r = document.createRange(); r.selectNodeContents(arguments[0].querySelector('p') ?? arguments[0]);"
        "const text = r.getBoundingClientRect(), box = arguments[0].getBoundingClientRect();"
        "let parts = [...r.getClientRects()].filter((part) => part.width < box.width - 1);"
        "if (!parts.length) parts = [text];"
        "return [Math.min(...parts.map((p) => p.left)) - box.left, box.right - Math.max(...parts.map((p) => p.right))]",
        words,
    )
    assert words.text == text
    assert words.value_of_css_property("direction") == direction
    near, far = gaps if direction == "ltr" else reversed(gaps)
    assert near < 2
    assert far > 100


def test_a_long_list_has_pages(agent: Agent) -> None:
    for number in range(1, 53):
        agent.receives(f"ticket {number}")
    agent.opens("/agent")
    assert agent.texts(".c-subject a")[::49] == ["ticket 52", "ticket 3"]
    agent.clicks("Older →")
    assert agent.texts(".c-subject a") == ["ticket 2", "ticket 1"]
    agent.clicks("← Newer")
    assert len(agent.texts(".c-subject a")) == 50


def test_an_empty_desk_says_what_to_do(agent: Agent) -> None:
    agent.opens("/agent")
    assert agent.texts(".empty") == ["No tickets here. Write one and watch it being triaged."]
    agent.clicks("Write one")
    assert agent.browser.current_url == f"{agent.sandbox.url}/agent/new"
