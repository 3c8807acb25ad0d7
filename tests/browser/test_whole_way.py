from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.agent import Agent
from tests.support.running import Running, a_running_service

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The real service at work beside a sandbox of its own."""
    with a_running_service(tmp_path_factory.mktemp("whole-way"), tmp_path_factory.mktemp("cache")) as running:
        yield running


def test_who_writes_a_hacked_account_into_the_form_watches_it_reach_security(
    service: Running, chromium: WebDriver
) -> None:
    agent = Agent(chromium, service.account.sandbox)
    agent.looks_through(1280, 900)
    agent.opens("/agent/new")
    words = "Someone hacked my account, changed my e-mail address and withdrew all my money. It was not me!"
    agent.fills(name="Kim", subject="My account was hacked", text=words)
    agent.sends()
    agent.waits(lambda: agent.texts(".comment.note .kind") == ["Internal note"], "the bot's note is on the page", 30)
    assert agent.texts(".alarm") == ["Urgent · Security"]
    assert "zdauto_security_urgent" in agent.texts(".tags .chip")
    assert "zdauto_lang_en" in agent.texts(".tags .chip")
    agent.opens("/agent")
    assert "Security: senior queue\n1" in agent.texts(".views li")
