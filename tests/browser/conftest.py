"""One Chromium for all browser tests, and a fresh sandbox account for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.agent import Agent
from tests.support.gateways import NO_LIMITS
from zd_automation.sandbox.control import reset_account
from zd_automation.sandbox.server import SandboxServer

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_MISSING = "no Chromium with chromedriver on the path: apt-get install chromium chromium-driver"
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    """A browser with an empty profile; without Chromium the tests are skipped, or fail where all must run."""
    binary = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        if os.environ.get("CI") == "true" or os.environ.get("ZD_REQUIRE_ALL") == "1":
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.set_capability("unhandledPromptBehavior", "ignore")
    browser = webdriver.Chrome(options=options, service=Service(driver))
    browser.set_page_load_timeout(30)
    browser.set_script_timeout(10)
    yield browser
    browser.quit()


@pytest.fixture(scope="session")
def _server() -> Iterator[SandboxServer]:
    with SandboxServer(NO_LIMITS) as server:
        yield server


@pytest.fixture
def sandbox(_server: SandboxServer) -> SandboxServer:
    """A running sandbox on its first day."""
    reset_account(_server.account)
    _server.account.clock.release()
    return _server


@pytest.fixture
def agent(chromium: WebDriver, sandbox: SandboxServer) -> Agent:
    """An agent at a desk of 1280 by 900 pixels, with nothing in the console yet."""
    chromium.get("about:blank")
    chromium.get_log("browser")  # type: ignore[no-untyped-call]
    agent = Agent(chromium, sandbox)
    agent.looks_through(1280, 900)
    return agent
