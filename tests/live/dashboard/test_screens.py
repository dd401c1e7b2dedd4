"""The pictures in docs/: made when SONOFUSE_SCREENSHOTS names a folder, else there is nothing to do.

With SONOFUSE_SEE_AS="deuteranopia achromatopsia" also as these people see them (words of Chromium).
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from PIL import Image

from tests.live.dashboard.browser import SIZES, Browser
from tests.live.dashboard.newcomer import BROKEN, demoing, says, to_on
from tests.live.dashboard.served import Served

_FOLDER = os.environ.get("SONOFUSE_SCREENSHOTS", "")
_STILL = 0.02  # of the device's speed, so that all sizes show the same moment
pytestmark = pytest.mark.skipif(not _FOLDER, reason="pictures are only made with SONOFUSE_SCREENSHOTS=FOLDER")


@pytest.fixture
def tidy() -> Generator[Served]:
    with Served("--tidy") as served:
        yield served


def _keep(tab: Browser, name: str, *sizes: str) -> None:
    """At some sizes, or all with SONOFUSE_ALL_SIZES; the desktop's has no suffix."""
    for size in SIZES if os.environ.get("SONOFUSE_ALL_SIZES") else sizes:
        tab.resize(size)
        tab.until("window.devicePixelRatio === 1 && document.querySelector('.strip canvas').width > 100")
        stem = f"monitor-{name}" if size == "desktop" else f"monitor-{name}-{size}"
        for deficiency in ("none", *os.environ.get("SONOFUSE_SEE_AS", "").split()):
            tab.see_as(deficiency)
            file = Path(_FOLDER) / f"{stem}{'' if deficiency == 'none' else '-' + deficiency}.png"
            tab.picture(file)
            _shrink(file)
        tab.see_as("none")
    tab.resize("desktop")


def _shrink(file: Path) -> None:
    """To a third of its size: the page has few colours."""
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            file, optimize=True
        )


def test_normal_warning_tripped_disconnected(tab: Browser, tidy: Served) -> None:
    tidy.set(speed=6, skin=[33.6, 33.3])
    tab.open(tidy)
    tab.until("sonofuse.counts.samples > 170")  # at 0.3 s each: most of a minute at rest
    tidy.set(speed=1)
    tab.click("arm")
    tab.click("start")
    tab.until_text("word", "ON")
    tidy.set(speed=3)
    tab.until("parseFloat(document.getElementById('doing').textContent) > 8")
    tidy.set(speed=_STILL)
    tab.until("document.querySelector('.controls .said').textContent === ''")
    _keep(tab, "normal", "desktop", "tablet")

    tidy.set(speed=2, hot=5.6, hold_c=39.46)
    tab.until_text("why-title", "Warning")
    tab.until("parseFloat(document.querySelector('#readings .value').textContent) > 39.4")
    _keep(tab, "warning", "desktop")

    tidy.set(speed=1, hold_c=1000)
    tab.until_text("word", "TRIPPED")
    tidy.set(speed=2)
    tab.until("parseFloat(document.querySelector('#readings .value').textContent) < 39.8")
    tidy.set(speed=_STILL)
    _keep(tab, "tripped", "desktop", "upright")

    tidy.set(quiet=True)
    tab.until_text("word", "NOT KNOWN")
    _keep(tab, "disconnected", "desktop")

    tidy.set(quiet=False)
    tab.click("acknowledge")
    tab.until("document.querySelector('[data-does=confirm]') !== null")
    _keep(tab, "acknowledge", "tablet")


def test_without_the_access_code(tab: Browser) -> None:
    with Served("--host", "0.0.0.0") as far:  # noqa: S104 - what is shown is how it is guarded
        tab.resize("tablet")
        tab.driver.get(far.address)
        tab.until_text("word", "SAFE")
        file = Path(_FOLDER) / "monitor-closed.png"
        tab.picture(file)
        _shrink(file)


def test_the_demo(tab: Browser, tmp_path: Path) -> None:
    with demoing(tmp_path) as demo:
        tab.open(demo)
        to_on(tab)
        tab.until("parseFloat(document.getElementById('doing').textContent) > 5")
        tab.click("fault-lost_coupling")
        tab.until_text("word", "TRIPPED")
        says(tab, BROKEN, "Lost coupling")
        tab.driver.execute_script("scrollTo(0, 0)")
        _keep(tab, "demo", "desktop")
        tab.driver.get("about:blank")
