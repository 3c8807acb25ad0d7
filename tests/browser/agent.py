"""An agent who looks at the sandbox's pages with a real browser, and the customers and bot who give him something to see."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from selenium.common.exceptions import NoAlertPresentException, StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from zd_automation.sandbox.server import SandboxServer


@dataclass(frozen=True)
class Agent:
    """A browser window on a sandbox."""

    browser: WebDriver
    sandbox: SandboxServer

    # --- what happens at the desk ---

    def call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One API call, as the account's admin."""
        answer = self.sandbox.client().request(method, f"/api/v2/{path}", json=body, timeout=10)
        assert answer.status_code in {200, 201}, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def receives(self, subject: str, body: str = "Please help.", name: str = "Kim", **values: Any) -> int:
        """A customer writes; the ticket's number. A ``body`` that begins with ``<`` is HTML."""
        words = {"html_body" if body.startswith("<") else "body": body}
        requester = {"name": name, "email": f"c{zlib.crc32(name.encode())}@customers.example"}
        ticket = {"subject": subject, "comment": words, "requester": requester, **values}
        key: int = self.call("POST", "tickets", {"ticket": ticket})["ticket"]["id"]
        return key

    def is_helped(self, key: int, note: str, **values: Any) -> None:
        """The bot writes an internal note, and whatever ``values`` say beside it."""
        comment = {"html_body": note, "public": False}
        self.call("PUT", f"tickets/{key}", {"ticket": {"comment": comment, **values}})

    # --- what the agent does ---

    def looks_through(self, width: int, height: int) -> None:
        """Make the window this large, in CSS pixels; below 500 it is a phone."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def opens(self, path: str) -> None:
        """Go to a page of the sandbox."""
        self.browser.get(self.sandbox.url + path)

    def clicks(self, text: str) -> None:
        """Follow a link by its whole text."""
        self._leaves_by(self.browser.find_element(By.LINK_TEXT, text))

    def sends(self) -> None:
        """Press the form's button; the answer is another page."""
        self._leaves_by(self.sees("form.write button"))

    def _leaves_by(self, element: WebElement) -> None:
        here = self.browser.find_element(By.TAG_NAME, "html").id
        element.click()
        self.waits(
            lambda: self._stands_on_another_page_than(here), f"the click led away from {self.browser.current_url}"
        )

    def _stands_on_another_page_than(self, page: str) -> bool:
        try:
            return self.browser.find_element(By.TAG_NAME, "html").id != page and bool(
                self.asks("return document.readyState === 'complete'")
            )
        except WebDriverException:  # just between two pages
            return False

    def fills(self, **values: str) -> None:
        """Type into the form's fields, by name."""
        for name, value in values.items():
            self.browser.find_element(By.NAME, name).send_keys(value)

    # --- what the agent sees ---

    def sees(self, selector: str) -> WebElement:
        """The first element, which must be visible."""
        found = self.browser.find_element(By.CSS_SELECTOR, selector)
        assert found.is_displayed(), f"{selector} is on the page, but not to be seen"
        return found

    def texts(self, selector: str) -> list[str]:
        """The visible words of every element; read anew when the page refreshes itself while they are read."""
        while True:
            try:
                return [found.text for found in self.browser.find_elements(By.CSS_SELECTOR, selector)]
            except StaleElementReferenceException:
                continue

    def paint(self, element: WebElement) -> str:
        """The background colour, as the browser computed it."""
        return element.value_of_css_property("background-color")

    def asks(self, script: str, *values: Any) -> Any:
        """What a script of the test finds out in the page."""
        return self.browser.execute_script(script, *values)

    def waits(self, found: Callable[[], Any], what: str, seconds: float = 15.0) -> None:
        """Until ``found`` is true; fails with ``what`` when time is up."""
        deadline = time.monotonic() + seconds
        while not found():
            assert time.monotonic() < deadline, f"after {seconds:.0f} s still not: {what}"
            time.sleep(0.05)

    def sideways(self) -> int:
        """Pixels by which the page is wider than the window."""
        width: int = self.asks("return document.documentElement.scrollWidth - window.innerWidth")
        return width

    def complaints(self) -> list[str]:
        """What the browser's console says since the test began, or since this was asked last."""
        return [str(line["message"]) for line in self.browser.get_log("browser")]  # type: ignore[no-untyped-call]

    def has_dialog(self) -> bool:
        """Whether the page opened an alert."""
        try:
            return bool(self.browser.switch_to.alert.text) or True
        except NoAlertPresentException:
            return False
