"""A real browser for tests: Chromium without a window and without a network, which remembers what a page asked for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

__all__ = ["complaints", "opened_browser", "requested"]

PROGRAMS = (("chromium", "chromium-browser", "google-chrome"), ("chromedriver",))
"""The browser and its driver; Debian and Ubuntu: ``apt install chromium chromium-driver``."""


@contextmanager
def opened_browser(width: int = 1280, height: int = 800, *, is_dark: bool = False) -> Iterator[Any]:
    """Yield a selenium driver; the test is skipped where no browser, driver or selenium is installed."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    program, driver = (next((found for name in names if (found := shutil.which(name))), None) for names in PROGRAMS)
    if program is None or driver is None:
        pytest.skip("no Chromium with its driver: apt install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND")
    options.add_argument(f"--window-size={width},{height}")
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}  # a page that still scrolls is clicked beside
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, still]})
        yield browser
    finally:
        browser.quit()


def complaints(browser: Any) -> list[str]:
    """What the page wrote to the console, errors and warnings."""
    return [entry["message"] for entry in browser.get_log("browser")]


def requested(browser: Any) -> list[str]:
    """Addresses that the pages asked for, data inside the page left out."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    return [address for address in sent if not address.startswith("data:")]
