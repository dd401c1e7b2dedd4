"""`sonofuse monitor --demo` as a newcomer goes through it, in words: real browser, watcher, rig and firmware."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sonofuse.live.recording import Recording
from sonofuse.live.replay import Replay
from sonofuse.live.watch import Watch
from tests.live.dashboard.browser import Browser
from tests.live.dashboard.served import PATIENCE_S, ROOT

COMMAND = (sys.executable, "-m", "sonofuse.cli")
NEXT, BROKEN = "document.querySelector('[data-shows=next]')", "document.querySelector('[data-shows=broken]')"


@dataclass
class Demo:
    """The verb as a person starts it; `address` is that of its page."""

    process: subprocess.Popen[str]
    recordings: Path
    address: str = ""
    said: list[str] = field(default_factory=list[str])

    def opens(self) -> bool:
        """Listen until it says where its page is."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.strip())
            if found := re.search(r"http://\S+", line):
                self.address = found[0]
                return True
        return False

    def end(self) -> int:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stderr is not None
        self.said += self.process.stderr.read().splitlines()
        return self.process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    recordings = tmp_path_factory.mktemp("recordings")
    command = [*COMMAND, "monitor", "--demo", "--http-port", "0", "--record-to", str(recordings)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    made = Demo(process, recordings)
    assert made.opens(), made.said
    yield made
    if process.poll() is None:
        made.end()


def _says(tab: Browser, where: str, text: str) -> None:
    tab.until(f"{where}.textContent.includes(arguments[0])", text)


# Everything that the page says of commands from now on.
LISTEN = """
globalThis.answers = [];
const said = document.querySelector('.controls .said');
const all = {characterData: true, childList: true, subtree: true};
if (!said.dataset.listens) new MutationObserver(() => globalThis.answers.push(said.textContent)).observe(said, all);
said.dataset.listens = "yes";
"""


def _done(tab: Browser, name: str, press: Callable[[], object]) -> None:
    """Press until the device does it: it refuses while it cools down, starts, or tests itself."""
    done = False
    while not done:
        tab.driver.execute_script(LISTEN)
        press()
        tab.until(f"answers.some((text) => text.match('{name}(: done| not done)'))")
        done = tab.js(f"answers.some((text) => text.includes('{name}: done'))")


def _to_on(tab: Browser) -> None:
    """As the page says."""
    tab.until_text("word", "SAFE")
    _says(tab, NEXT, "press Arm")
    _done(tab, "Arm", lambda: tab.click("arm"))
    tab.until_text("word", "ARMED")
    _says(tab, NEXT, "Press Start")
    _done(tab, "Start", lambda: tab.click("start"))
    tab.until_text("word", "ON")
    _says(tab, NEXT, "RF is on for 20 s")
    tab.until("parseFloat(document.getElementById('doing').textContent) > 0.3")


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
        tab.open(demo)  # type: ignore[arg-type]
    tab.until("document.querySelector('[data-shows=broken]') !== null")
    _says(tab, BROKEN, "Nothing is broken")
    _to_on(tab)
    tab.click(f"fault-{fault}")
    tab.until_text("word", "TRIPPED")
    _says(tab, NEXT, "press Acknowledge")
    _says(tab, BROKEN, f"Broken now: {named}. Press Mend everything before you acknowledge.")
    tab.until_text("why-title", "Cause of the trip")
    tab.until_text("why-text", cause)
    tab.until_text("why-kind", kind)
    assert len(tab.text("why-text")) > 10
    tab.until("document.querySelector('#standing li').textContent.length > 10")
    tab.click("mend")
    _says(tab, BROKEN, "Nothing is broken")
    _done(tab, "Acknowledge", lambda: _acknowledge(tab))
    tab.until_text("word", "SAFE")


def test_the_plug_is_pulled_and_put_back(tab: Browser, demo: Demo) -> None:
    tab.click("plug")
    tab.until_text("word", "NOT KNOWN")
    _says(tab, NEXT, "no such port")
    _says(tab, BROKEN, "plug pulled")
    tab.click("mend")
    tab.until_text("word", "SAFE")
    _says(tab, NEXT, "press Seen")
    tab.click("seen")
    _says(tab, NEXT, "press Arm")


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
