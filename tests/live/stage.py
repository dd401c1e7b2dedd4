"""A live rig as a process of its own, and what a monitor beside it needs: for tests over a real pseudo-terminal."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sonofuse.live.monitor import Monitor, Watching
from sonofuse.live.view import CONNECTED, View
from sonofuse_hil.device import KEY
from sonofuse_hil.guarantees import variant
from sonofuse_hil.live.client import Client

RECEIPT = "1 s"  # a machine that runs other tests beside this one is not what is tested here
LONG_S = 60.0  # an outer limit for whatever a test waits for, on a loaded machine too


@dataclass(frozen=True)
class Stage:
    """The rig's link, its limits, and its control."""

    port: str
    limits: Path
    control: Client

    @property
    def watching(self) -> Watching:
        return Watching(self.port, self.limits, key=KEY.hex())


@contextmanager
def stage(folder: Path, receipt: str = RECEIPT, gap: str = "0.1 s") -> Iterator[Stage]:
    """A device with a short cooling gap, in real time, until the block ends."""
    limits = variant.write(folder / "stage.toml", {"limits.cooling_gap": gap, "limits.receipt": receipt})
    link, control = folder / "link", folder / "control"
    command = [sys.executable, "-m", "sonofuse_hil.live", "--until-eof", "--limits", str(limits)]
    command += ["--link", str(link), "--control", str(control)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        json.loads(process.stdout.readline())
        client = Client(control)
        yield Stage(str(link), limits, client)
        client.close()
    finally:
        process.stdin.close()
        process.wait(LONG_S)


def wait_for(reached: Callable[[], bool], what: str, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Look again and again, and do something meanwhile.

    Raises:
        AssertionError: if it does not come within LONG_S.
    """
    until = time.monotonic() + LONG_S
    while not reached():
        assert time.monotonic() < until, f"not within {LONG_S} s: {what}"
        meanwhile()
        time.sleep(0.01)


@contextmanager
def beating(monitor: Monitor) -> Iterator[None]:
    """A loop that draws and listens to keys, as far as the watcher is concerned."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(0.05):
            monitor.beat()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def is_in(view: View | None, state: str) -> bool:
    return view is not None and view.state == state and view.link == CONNECTED
