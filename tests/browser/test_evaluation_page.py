"""The evaluation page in a real browser: sorted, filtered, on a phone, in the dark, and nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.unit.evaluation.made import desk
from zd_automation.evaluation.measures import Evaluation, evaluate
from zd_automation.evaluation.page import render

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Evaluation]:
    evaluation = evaluate(desk(), 0.85)
    path = tmp_path_factory.mktemp("page") / "evaluation.html"
    path.write_text(render(evaluation, "Exchange desk", "22 November 2026"), encoding="utf-8")
    return path, evaluation


def opened(browser: WebDriver, made: tuple[Path, Evaluation], width: int, scheme: str = "light") -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    browser.get(made[0].as_uri())


@pytest.fixture
def browser(chromium: WebDriver) -> Iterator[WebDriver]:
    yield chromium
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture
def page(browser: WebDriver, made: tuple[Path, Evaluation]) -> WebDriver:
    browser.get_log("browser")
    opened(browser, made, 1280)
    return browser


def shown_topics(page: WebDriver) -> list[str]:
    asked = "return [...document.querySelectorAll('#topic-table tbody tr:not([hidden]) th')].map((t) => t.textContent)"
    names: list[str] = page.execute_script(asked)
    return names


def head(page: WebDriver, name: str) -> WebElement:
    (found,) = (cell for cell in page.find_elements(By.CSS_SELECTOR, "#topic-table thead th") if cell.text == name)
    return found


def test_topics_sort_both_ways(page: WebDriver, made: tuple[Path, Evaluation]) -> None:
    rows = {figures.topic: figures.rows for figures in made[1].per_topic}
    messages = head(page, "Messages")
    messages.find_element(By.TAG_NAME, "button").click()
    assert messages.get_attribute("aria-sort") == "descending"
    assert [rows[name] for name in shown_topics(page)] == sorted(rows.values(), reverse=True)
    messages.find_element(By.TAG_NAME, "button").click()
    assert messages.get_attribute("aria-sort") == "ascending"
    assert [rows[name] for name in shown_topics(page)] == sorted(rows.values())
    topic = head(page, "Topic")
    topic.find_element(By.TAG_NAME, "button").click()
    assert messages.get_attribute("aria-sort") is None
    assert shown_topics(page) == sorted(rows)


def test_what_is_not_known_sorts_below_all_shares(page: WebDriver, made: tuple[Path, Evaluation]) -> None:
    spoken = {figures.topic: figures.spoken.value for figures in made[1].per_topic}
    assert None in spoken.values()
    head(page, "Right when spoken").find_element(By.TAG_NAME, "button").click()
    unknown = [spoken[name] is None for name in shown_topics(page)]
    assert unknown == sorted(unknown)


def test_topics_are_found_by_a_part_of_their_name(page: WebDriver, made: tuple[Path, Evaluation]) -> None:
    field = page.find_element(By.CSS_SELECTOR, "input[type=search]")
    field.send_keys("Refund")
    assert sorted(shown_topics(page)) == sorted(name for name in made[1].topics if "refund" in name)
    field.clear()
    field.send_keys(" ")
    assert len(shown_topics(page)) == 113


def test_nothing_is_fetched_and_nothing_complains(page: WebDriver) -> None:
    assert page.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert [line["message"] for line in page.get_log("browser")] == []


@pytest.mark.parametrize("width", [360, 400, 768, 1280, 1920])
def test_only_tables_and_the_picture_scroll_sideways(
    browser: WebDriver, made: tuple[Path, Evaluation], width: int
) -> None:
    opened(browser, made, width)
    hidden = "const page = document.documentElement; return page.scrollWidth - page.clientWidth"
    assert browser.execute_script(hidden) == 0
    for figure in browser.find_elements(By.TAG_NAME, "figure"):
        assert figure.rect["x"] >= 0
        assert figure.rect["x"] + figure.rect["width"] <= width


def test_on_a_desk_the_charts_stand_side_by_side_and_tables_fit(page: WebDriver) -> None:
    one, other = (figure.rect for figure in page.find_elements(By.TAG_NAME, "figure"))
    assert one["y"] == other["y"]
    cut = "return [...document.querySelectorAll('.scroll')].filter((e) => e.scrollWidth > e.clientWidth).length"
    assert page.execute_script(cut) == 0


def test_on_a_phone_the_charts_stand_below_each_other(browser: WebDriver, made: tuple[Path, Evaluation]) -> None:
    opened(browser, made, 400)
    one, other = (figure.rect for figure in browser.find_elements(By.TAG_NAME, "figure"))
    assert one["y"] + one["height"] <= other["y"]


# Relative luminance and contrast as WCAG 2.2 defines them, of each text against what lies behind it.
_CONTRAST = """
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
  .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
const behind = (e) => { for (; e; e = e.parentElement) {
  const c = parts(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
return arguments[0].map((selector) => { const e = document.querySelector(selector);
  const [a, b] = [light(parts(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
  return [selector, (a + 0.05) / (b + 0.05)]; });
"""
_TEXTS = [".lead", ".figures dt", ".figures small", "nav a", "figcaption p", "caption", "tbody th", ".few b", ".chip",
          ".chip.said", ".labels", ".terms dd", ".top"]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(browser: WebDriver, made: tuple[Path, Evaluation], scheme: str) -> None:
    opened(browser, made, 1280, scheme)
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(244, 246, 248)" if scheme == "light" else "rgb(16, 23, 29)")
    for selector, contrast in browser.execute_script(_CONTRAST, _TEXTS):
        assert contrast >= 4.5, selector


def test_folded_labels_open_on_paper(page: WebDriver) -> None:
    fold = page.find_element(By.TAG_NAME, "details")
    assert fold.get_attribute("open") is None
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert fold.get_attribute("open") == "true"
