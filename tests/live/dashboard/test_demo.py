"""`sonofuse monitor --demo` as a newcomer goes through it, in words: real browser, watcher, rig and firmware."""

from collections.abc import Iterator

import pytest

from sonofuse.live.recording import Recording
from sonofuse.live.replay import Replay
from sonofuse.live.watch import Watch
from tests.live.dashboard.browser import Browser
from tests.live.dashboard.newcomer import BROKEN, NEXT, Demo, demoing, done_at_last, says, to_on


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demoing(tmp_path_factory.mktemp("recordings")) as made:
        yield made


def _acknowledge(tab: Browser) -> None:
    tab.click("acknowledge")
    tab.type("who", "MK")
    tab.type("why", "mended")
    tab.click("confirm")


@pytest.mark.parametrize(
    ("fault", "named", "cause", "kind"),
    [
        ("lost_coupling", "Lost coupling", "reflected ratio", "patient"),
        ("patient_stop", "Patient stop", "", ""),
        ("console_hung", "Console hung", "receipt", "equipment"),
    ],
)
def test_a_newcomer_breaks_something_and_mends_it(
    tab: Browser, demo: Demo, fault: str, named: str, cause: str, kind: str
) -> None:
    if not tab.driver.current_url.startswith(demo.address):
        tab.open(demo)
    tab.until("document.querySelector('[data-shows=broken]') !== null")
    says(tab, BROKEN, "Nothing is broken")
    to_on(tab)
    tab.click(f"fault-{fault}")
    tab.until_text("word", "TRIPPED")
    says(tab, NEXT, "press Acknowledge")
    says(tab, BROKEN, f"Broken now: {named}. Press Mend everything before you acknowledge.")
    tab.until_text("why-title", "Cause of the trip")
    tab.until_text("why-text", cause)
    tab.until_text("why-kind", kind)
    assert len(tab.text("why-text")) > 10
    tab.until("document.querySelector('#standing li').textContent.length > 10")
    tab.click("mend")
    says(tab, BROKEN, "Nothing is broken")
    done_at_last(tab, "Acknowledge", lambda: _acknowledge(tab))
    tab.until_text("word", "SAFE")


def test_the_plug_is_pulled_and_put_back(tab: Browser, demo: Demo) -> None:
    tab.click("plug")
    tab.until_text("word", "NOT KNOWN")
    says(tab, NEXT, "no such port")
    says(tab, BROKEN, "plug pulled")
    tab.click("mend")
    tab.until_text("word", "SAFE")
    says(tab, NEXT, "press Seen")
    tab.click("seen")
    says(tab, NEXT, "press Arm")


def test_what_it_says_when_it_starts_and_what_it_leaves(tab: Browser, demo: Demo) -> None:
    tab.driver.get("about:blank")
    demo.end()
    assert "sonofuse: generator: the rig's generator; its output is off" in demo.said
    assert not any("Traceback" in line for line in demo.said), demo.said
    (file,) = demo.recordings.glob("*.mcap")
    recording = Recording(file)
    replayed = Replay(recording, Watch).run()
    assert replayed.same and recording.ended, replayed.different or replayed.gap
    assert len(replayed.summary.trips) >= 3
