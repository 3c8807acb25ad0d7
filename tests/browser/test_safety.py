from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

from tests.browser.agent import Agent
from zd_automation.sandbox.help_center import load_articles

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>window.owned = 1; alert(1)</script>",
    '<img src=x onerror="window.owned = 2; alert(2)">',
    '"><svg onload="window.owned = 3; alert(3)">',
    '<a href="javascript:window.owned=4">press</a><iframe srcdoc="<script>parent.owned = 5</script>"></iframe>',
    "{{ 7 * 7 }}<style>body { display: none }</style><base href='//evil.example/'>",
    '<form action="//evil.example"><input name=x autofocus onfocus="window.owned = 6"></form>',
)
FOREIGN = "script:not([src$='/live.js']), img, svg, iframe, style, base, form, input, object, embed, [style], [onerror]"


def is_untouched(agent: Agent) -> bool:
    """Nothing ran, nothing was loaded, and only our own markup is on the page."""
    agent.asks("return new Promise((done) => setTimeout(done, 50))")
    strange = agent.browser.find_elements(By.CSS_SELECTOR, FOREIGN)
    links = agent.browser.find_elements(By.CSS_SELECTOR, "a[href]")
    ways = {str(link.get_attribute("href")).split(":", 1)[0] for link in links}
    return (
        not agent.has_dialog()
        and agent.asks("return window.owned ?? null") is None
        and [element.get_attribute("outerHTML") for element in strange] == []
        and ways <= {"http", "https"}
        and agent.complaints() == []
    )


def ends_of_comments(agent: Agent) -> list[tuple[str, str]]:
    """The first and the last line of every comment."""
    return [(lines[0], lines[-1]) for lines in (text.split("\n") for text in agent.texts(".comment .text"))]


@pytest.mark.parametrize("markup", HOSTILE)
def test_markup_of_a_stranger_is_text_wherever_it_stands(agent: Agent, markup: str) -> None:
    group = agent.call("POST", "groups", {"group": {"name": markup}})["group"]["id"]
    agent.call(
        "POST", "views", {"view": {"title": markup, "all": [{"field": "status", "operator": "is", "value": "new"}]}}
    )
    key = agent.receives(f"S {markup}", body=f"B {markup}", name=f"N {markup}", group_id=group)
    agent.opens("/agent")
    assert agent.texts(".c-subject a") == [f"S {markup}"]
    assert agent.texts(".c-requester") == [f"N {markup}"]
    assert agent.texts(".c-group") == [markup]
    assert markup in agent.texts(".views li a")
    assert is_untouched(agent)
    agent.opens(f"/agent/tickets/{key}")
    assert agent.texts("h1 bdi") == [f"S {markup}"]
    assert agent.texts(".comment .text") == [f"B {markup}"]
    assert agent.browser.title == f"#{key} S {markup} · sandbox"
    agent.sees(".events summary").click()
    assert is_untouched(agent)


@pytest.mark.parametrize("markup", HOSTILE)
def test_hostile_html_of_a_comment_or_a_note_is_inert(agent: Agent, markup: str) -> None:
    key = agent.receives("Hello", body=f"<div><p>before</p>{markup}<p>after</p></div>")
    agent.opens(f"/agent/tickets/{key}")
    assert is_untouched(agent)
    agent.is_helped(key, f"<p>note</p>{markup}<p>end of note</p>")
    ends = [("before", "after"), ("note", "end of note")]
    agent.waits(lambda: ends_of_comments(agent) == ends, "the note stands on the open page, whole")
    assert is_untouched(agent)


def test_a_form_that_was_refused_gives_hostile_words_back_as_words(agent: Agent) -> None:
    agent.opens("/agent/new")
    agent.fills(name=HOSTILE[2], subject=HOSTILE[0], text=" ")
    agent.sends()
    assert agent.sees("[name=subject]").get_attribute("value") == HOSTILE[0]
    assert agent.sees("[name=name]").get_attribute("value") == HOSTILE[2]
    assert agent.asks("return window.owned ?? null") is None
    assert not agent.has_dialog()


# What a hole in the escaping would let in: each must be stopped by the policy alone.
SMUGGLED = {
    "script-src-elem": "const s = document.createElement('script'); s.textContent = 'window.owned = 1'; place.append(s)",
    "script-src-attr": 'place.innerHTML = \'<img src="data:," onerror="window.owned = 1">\'',
    "style-src-elem": "place.innerHTML = '<style>body { display: none }</style>'",
    "style-src-attr": "place.innerHTML = '<b style=\"color: red\">x</b>'",
    "img-src": "place.innerHTML = '<img src=\"http://127.0.0.1:1/x.png\">'",
    "frame-src": "place.innerHTML = '<iframe src=\"http://127.0.0.1:1/\"></iframe>'",
    "connect-src": "fetch('http://127.0.0.1:1/').catch(() => {})",
    "base-uri": "document.head.innerHTML += '<base href=\"http://127.0.0.1:1/\">'",
    "form-action": "place.innerHTML = '<form action=\"http://127.0.0.1:1/\"></form>'; place.firstChild.submit()",
    "object-src": "place.innerHTML = '<object data=\"/agent\"></object>'",
}


@pytest.mark.parametrize("directive", SMUGGLED)
def test_the_policy_stops_what_escaping_would_miss(agent: Agent, directive: str) -> None:
    key = agent.receives("Hello")
    agent.opens(f"/agent/tickets/{key}")
    stopped = agent.asks(
        "window.stopped = []; const place = document.querySelector('.talk');"
        "document.addEventListener('securitypolicyviolation', (e) => window.stopped.push(e.effectiveDirective));"
        f"{SMUGGLED[directive]};"
        "return new Promise((done) => setTimeout(() => done(window.stopped), 200))"
    )
    assert directive in stopped
    assert agent.asks("return window.owned ?? null") is None


def test_no_page_makes_the_console_complain(agent: Agent) -> None:
    article = {"key": "fees", "section": "Fees", "title": {"en-us": "Which fees?"}, "body": {"en-us": "<p>None.</p>"}}
    number = load_articles(agent.sandbox.account, [article])["fees"]
    key = agent.receives("Hello", priority="urgent")
    agent.is_helped(key, "<p>Topic: Fees</p>")
    for path in ("/agent", "/agent/new", f"/agent/tickets/{key}", "/hc/en-us", f"/hc/en-us/articles/{number}-fees"):
        agent.opens(path)
        assert agent.texts("h1") != [], path
        assert agent.complaints() == [], path
