"""The demo as a newcomer starts it, and what he presses until RF is on."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

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


@contextmanager
def demoing(recordings: Path) -> Iterator[Demo]:
    """A demo until the block ends, or its own `end`."""
    command = [*COMMAND, "monitor", "--demo", "--http-port", "0", "--record-to", str(recordings)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    made = Demo(process, recordings)
    try:
        assert made.opens(), made.said
        yield made
    finally:
        if process.poll() is None:
            made.end()


def says(tab: Browser, where: str, text: str) -> None:
    tab.until(f"{where}.textContent.includes(arguments[0])", text)


# Everything that the page says of commands from now on.
LISTEN = """
globalThis.answers = [];
const said = document.querySelector('.controls .said');
const all = {characterData: true, childList: true, subtree: true};
if (!said.dataset.listens) new MutationObserver(() => globalThis.answers.push(said.textContent)).observe(said, all);
said.dataset.listens = "yes";
"""


def done_at_last(tab: Browser, name: str, press: Callable[[], object]) -> None:
    """Press until the device does it: it refuses while it cools down, starts, or tests itself."""
    done = False
    while not done:
        tab.driver.execute_script(LISTEN)
        press()
        tab.until(f"answers.some((text) => text.match('{name}(: done| not done)'))")
        done = tab.js(f"answers.some((text) => text.includes('{name}: done'))")


def to_on(tab: Browser) -> None:
    """As the page says."""
    tab.until_text("word", "SAFE")
    says(tab, NEXT, "press Arm")
    done_at_last(tab, "Arm", lambda: tab.click("arm"))
    tab.until_text("word", "ARMED")
    says(tab, NEXT, "Press Start")
    done_at_last(tab, "Start", lambda: tab.click("start"))
    tab.until_text("word", "ON")
    says(tab, NEXT, "RF is on for 20 s")
    tab.until("parseFloat(document.getElementById('doing').textContent) > 0.3")
