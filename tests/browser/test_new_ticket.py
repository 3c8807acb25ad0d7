from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from tests.browser.agent import Agent

pytestmark = pytest.mark.browser


def test_every_field_has_a_name_that_a_screen_reader_says(agent: Agent) -> None:
    agent.opens("/agent/new")
    fields = agent.browser.find_elements(By.CSS_SELECTOR, "form.write input:not([type=hidden]), select, textarea")
    names = ["Requester", "Profile language (a setting, not the language of the text)", "Subject"]
    assert [field.accessible_name for field in fields] == [*names, "Text, in any language"]
    assert agent.texts(".desk-name") == ["Desk: Sandbox"]


def test_a_ticket_is_written_and_its_page_shows_the_note_when_it_comes(agent: Agent) -> None:
    agent.opens("/agent")
    agent.clicks("New ticket")
    agent.fills(name="Анна Петрова", subject="Не могу войти", text="Помогите,\nкод не приходит.")
    Select(agent.sees("select[name=locale]")).select_by_visible_text("Russian")
    agent.sends()
    assert agent.browser.current_url == f"{agent.sandbox.url}/agent/tickets/1"
    assert agent.texts("h1") == ["N\nНе могу войти #1"]
    assert agent.texts(".comment.public .text") == ["Помогите,\nкод не приходит."]
    assert agent.texts(".facts dd")[0].split("\n")[0] == "Анна Петрова ru"
    assert agent.texts(".waiting") == ["Waiting for triage …"]
    agent.asks("window.untouched = true")
    agent.is_helped(1, "<p>Topic: <strong>Codes</strong></p>", tags=["zdauto_topic_codes"], priority="urgent")
    agent.waits(lambda: agent.texts(".comment.note .text") == ["Topic: Codes"], "the note stands on the open page")
    assert agent.texts(".waiting") == []
    assert agent.texts(".tags .chip") == ["zdauto_topic_codes"]
    assert agent.texts(".alarm") == ["Urgent"]
    assert agent.asks("return window.untouched") is True
    assert agent.complaints() == []


def test_opened_events_stay_open_when_the_note_comes(agent: Agent) -> None:
    key = agent.receives("Hello")
    agent.opens(f"/agent/tickets/{key}")
    agent.sees(".events summary").click()
    agent.is_helped(key, "<p>Topic: Codes</p>")
    agent.waits(lambda: len(agent.texts(".events ol > li")) == 2, "the events tell of the note")
    assert agent.sees(".events").get_attribute("open") == "true"


def test_after_a_minute_without_a_note_the_page_stops_promising_one(agent: Agent) -> None:
    key = agent.receives("Hm")
    agent.opens(f"/agent/tickets/{key}")
    assert agent.texts("[role=status]") == ["Waiting for triage …"]
    agent.sandbox.account.clock.advance(61)
    said = ["No note after a minute: triage writes nothing when it is not sure."]
    agent.waits(lambda: agent.texts("[role=status]") == said, "the page says that no note came")
    agent.is_helped(key, "<p>Late, but here.</p>")
    agent.waits(lambda: agent.texts(".note .text") == ["Late, but here."], "a late note is shown all the same")
    assert agent.texts("[role=status]") == []


def test_tags_without_a_note_end_the_wait_too(agent: Agent) -> None:
    key = agent.receives("Hm")
    agent.opens(f"/agent/tickets/{key}")
    agent.call("PUT", f"tickets/{key}", {"ticket": {"tags": ["zdauto_done", "zdauto_lang_en"]}})
    agent.waits(lambda: agent.texts(".tags .chip") == ["zdauto_done", "zdauto_lang_en"], "the tags are shown")
    assert agent.texts("[role=status]") == []


def test_a_ticket_without_words_is_refused_and_nothing_typed_is_lost(agent: Agent) -> None:
    agent.opens("/agent/new")
    agent.fills(name="Kim", subject="Only a subject")
    agent.sees("form.write button").click()
    assert agent.browser.current_url == f"{agent.sandbox.url}/agent/new"
    assert agent.asks("return document.querySelector('textarea').validity.valueMissing") is True
    agent.fills(text="   ")
    agent.sends()
    assert len(agent.texts("[role=alert]")) == 1
    assert agent.sees("[name=subject]").get_attribute("value") == "Only a subject"
    assert agent.sees("[name=name]").get_attribute("value") == "Kim"
    assert len(agent.sandbox.account.store.collection("tickets")) == 0


def test_the_desk_that_was_written_to_last_is_offered_first(agent: Agent) -> None:
    brands = [{"name": name, "subdomain": name.lower()} for name in ("Halyard", "Liriana")]
    halyard, _ = (agent.call("POST", "brands", {"brand": brand})["brand"]["id"] for brand in brands)
    agent.opens("/agent/new")
    desks = Select(agent.sees("select[name=brand]"))
    assert [option.text for option in desks.options] == ["Sandbox", "Halyard", "Liriana"]
    assert desks.first_selected_option.text == "Sandbox"
    agent.receives("Hello", brand_id=halyard)
    agent.opens("/agent/new")
    assert Select(agent.sees("select[name=brand]")).first_selected_option.text == "Halyard"
    agent.fills(text="Hello again")
    agent.sends()
    facts = dict(zip(agent.texts(".facts dt"), agent.texts(".facts dd"), strict=True))
    assert facts["Brand"] == "Halyard"
