"""A real browser without a screen, and how a test talks to the page in it."""

import base64
import json
import shutil
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.live.dashboard.served import PATIENCE_S, Served

webdriver = pytest.importorskip("selenium.webdriver", reason="not run: no selenium (pip install -e .[dev])")
from selenium.common.exceptions import (  # noqa: E402
    ElementNotInteractableException,
    JavascriptException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.remote.webelement import WebElement  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

SIZES = {"desktop": (1920, 1080), "tablet": (1024, 768), "upright": (820, 1180)}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Without a screen, and asking the network for nothing of its own accord.
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Opened(Protocol):
    """Whatever has a page at an address."""

    @property
    def address(self) -> str: ...


class Browser:
    """One tab."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self._command("Emulation.setFocusEmulationEnabled", enabled=True)  # keys go to a page that has the focus

    def open(self, served: Opened) -> None:
        """Load the page of a server, and wait until it draws."""
        self.resize("desktop")
        self.driver.get(served.address)
        self.until("globalThis.sonofuse?.counts?.pictures > 0 && document.querySelector('[data-does=arm]') !== null")

    def show(self, served: Served) -> None:
        """The page of a server whose device is at rest; loaded only if it is not there yet."""
        if not self.driver.current_url.startswith(served.address):
            self.open(served)
        self.until_text("word", "SAFE")

    def js(self, code: str, *values: object) -> Any:
        """The value of an expression in the page; arguments[0] and so on are `values`."""
        return self.driver.execute_script(f"return ({code});", *values)

    def until(self, code: str, *values: object) -> None:
        """Wait for an expression to be true."""
        not_yet = [JavascriptException]  # an element that is not there has no value
        wait = WebDriverWait(self.driver, PATIENCE_S, poll_frequency=0.05, ignored_exceptions=not_yet)
        wait.until(lambda _: self.js(code, *values), message=code)

    def text(self, element: str) -> str:
        """The text of the element with an id."""
        return str(self.js("document.getElementById(arguments[0]).textContent", element))

    def until_text(self, element: str, wanted: str) -> None:
        """Wait until an element's text contains something."""
        self.until("document.getElementById(arguments[0]).textContent.includes(arguments[1])", element, wanted)

    def find(self, selector: str) -> WebElement:
        """The one element of a CSS selector."""
        found: WebElement = self.driver.find_element(By.CSS_SELECTOR, selector)
        return found

    def click(self, does: str) -> None:
        """Press a button of the page as soon as it can be pressed, by its data-does."""
        self.until("document.querySelector(arguments[0])?.disabled === false", f"[data-does={does}]")
        self.find(f"[data-does={does}]").click()

    def type(self, field: str, text: str) -> None:
        """Write into a field, by its data-field, as soon as it can be written into."""

        def written(_: object) -> bool:
            self.find(f"[data-field={field}]:enabled").send_keys(text)
            return True

        not_yet = [NoSuchElementException, ElementNotInteractableException, StaleElementReferenceException]
        WebDriverWait(self.driver, PATIENCE_S, ignored_exceptions=not_yet).until(written, message=field)

    def press(self, key: str) -> None:
        """A key, to whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(key)

    def resize(self, size: str) -> None:
        """One of SIZES."""
        width, height = SIZES[size]
        self._command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        self.until("innerWidth === arguments[0]", width)

    def see_as(self, deficiency: str) -> None:
        """As a colour-blind person sees, in Chromium's words; "none" as others."""
        self._command("Emulation.setEmulatedVisionDeficiency", type=deficiency)

    def picture(self, file: Path) -> None:
        """Keep what is seen."""
        data = self._command("Page.captureScreenshot", format="png")["data"]
        file.write_bytes(base64.b64decode(data))

    def asked_for(self) -> set[str]:
        """Every address that the tab has asked for since the last call."""
        found: set[str] = set()
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.add(message["params"]["request"]["url"])
            elif message["method"] == "Network.webSocketCreated":
                found.add(message["params"]["url"])
        return found

    def debugger(self) -> str:
        """Where the browser's own debugger listens for this tab: it answers also while the page hangs."""
        address = self.driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
        with urllib.request.urlopen(f"http://{address}/json") as answer:
            tabs = json.load(answer)
        return str(next(tab for tab in tabs if tab["type"] == "page")["webSocketDebuggerUrl"])

    def _command(self, name: str, **values: object) -> Any:
        return self.driver.execute_cdp_cmd(name, values)


@contextmanager
def browsing(folder: Path) -> Generator[Browser]:
    """A browser with a profile of its own; the test is not run where there is none."""
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    chromedriver = shutil.which("chromedriver")
    if program is None or chromedriver is None:
        pytest.skip("not run: no chromium with its chromedriver (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*_FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
