"""The pictures in docs/: made when SONOFUSE_SCREENSHOTS names a folder, else there is nothing to do."""

import os
from pathlib import Path

import pytest

from tests.live.dashboard.browser import SIZES, Browser
from tests.live.dashboard.served import Served

_FOLDER = os.environ.get("SONOFUSE_SCREENSHOTS", "")
pytestmark = pytest.mark.skipif(not _FOLDER, reason="pictures are only made with SONOFUSE_SCREENSHOTS=FOLDER")


def _keep(tab: Browser, name: str) -> None:
    """At every size; the desktop's has no suffix. And as the colour-blind see it, if that is asked for."""
    for size in SIZES:
        tab.resize(size)
        shown = tab.js("sonofuse.counts.pictures")
        if name != "disconnected":
            tab.until("sonofuse.counts.pictures > arguments[0] + 3", shown)
        suffix = "" if size == "desktop" else f"-{size}"
        tab.picture(Path(_FOLDER) / f"monitor-{name}{suffix}.png")
        for deficiency in os.environ.get("SONOFUSE_SEE_AS", "").split():
            tab.see_as(deficiency)
            tab.picture(Path(_FOLDER) / f"monitor-{name}{suffix}-{deficiency}.png")
            tab.see_as("none")
    tab.resize("desktop")


def test_normal_warning_tripped_disconnected(tab: Browser, served: Served) -> None:
    served.set(speed=6, skin=[33.6, 33.3])
    tab.open(served)
    tab.until("sonofuse.counts.samples > 170")  # at 0.3 s each: most of a minute at rest
    served.set(speed=1)
    tab.click("arm")
    tab.click("start")
    tab.until_text("word", "ON")
    served.set(speed=3)
    tab.until("parseFloat(document.getElementById('doing').textContent) > 8")
    served.set(speed=0.02)  # nearly still, so that all sizes show the same
    tab.until("document.querySelector('.said').textContent === ''")
    _keep(tab, "normal")

    served.set(speed=2, hot=5.6, hold_c=39.46)
    tab.until_text("why-title", "Warning")
    served.set(speed=0.02)
    _keep(tab, "warning")

    served.set(speed=1, hold_c=1000)
    tab.until_text("word", "TRIPPED")
    served.set(speed=2)
    tab.until("parseFloat(document.querySelector('#readings .value').textContent) < 39.8")
    served.set(speed=0.02)
    _keep(tab, "tripped")

    served.set(quiet=True)
    tab.until_text("word", "NOT KNOWN")
    _keep(tab, "disconnected")

    served.set(quiet=False, speed=0.02)
    tab.click("acknowledge")
    tab.until("document.querySelector('[data-does=confirm]') !== null")
    _keep(tab, "acknowledge")


def test_without_the_access_code(tab: Browser) -> None:
    with Served("--host", "0.0.0.0") as far:  # noqa: S104 - what is shown is how it is guarded
        tab.driver.get(far.address)
        tab.until_text("word", "SAFE")
        tab.resize("tablet")
        tab.picture(Path(_FOLDER) / "monitor-closed.png")
