"""`sonofuse monitor` as a person runs it: a process of its own, whose lines are read as they come."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sonofuse.console import INTERRUPTED
from sonofuse.live.recording import Recording
from sonofuse.live.replay import Replay
from sonofuse.live.watch import Watch
from sonofuse_hil.device import KEY
from tests.live.stage import LONG_S, Stage

_DROP = 24  # PR_CAPBSET_DROP of linux/prctl.h
_OVERRIDES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@dataclass(frozen=True)
class Ended:
    """How it ended. Each line of `out` without its time."""

    code: int
    out: list[str]
    err: str

    @property
    def last(self) -> str:
        """The last line on stderr."""
        return self.err.splitlines()[-1]


def mortal() -> None:
    """Root, too, asks for permission: for a process that is about to begin."""
    for capability in _OVERRIDES:
        ctypes.CDLL(None).prctl(_DROP, capability, 0, 0, 0)


class Command:
    """One that runs. `lines` are those of stdout, without their time."""

    def __init__(self, folder: Path, *arguments: str, before: Callable[[], None] | None = None) -> None:
        self._err = folder / f"stderr-{len(list(folder.glob('stderr-*')))}"
        own = {"XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
        with self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sonofuse.cli", "monitor", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
                env=os.environ | own,
                preexec_fn=before,
            )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def err(self) -> str:
        """stderr so far."""
        return self._err.read_text(encoding="utf-8")

    def until(self, *wanted: str, since: int = 0) -> str:
        """Wait for the first line, of those from number `since` on, in which all of this stands."""
        end = time.monotonic() + LONG_S
        while True:
            for line in self.lines[since:]:
                if all(part in line for part in wanted):
                    return line
            assert time.monotonic() < end and self._reader.is_alive(), f"{wanted} did not come: {self.lines} {self.err}"
            time.sleep(0.02)

    def until_said(self, wanted: str) -> str:
        """Wait for a line on stderr in which this stands."""
        end = time.monotonic() + LONG_S
        while True:
            for line in self.err.splitlines():
                if wanted in line:
                    return line
            assert time.monotonic() < end and self.process.poll() is None, f"{wanted!r} did not come: {self.err}"
            time.sleep(0.02)

    def interrupt(self) -> Ended:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self) -> Ended:
        """How it ended by itself. It never prints a traceback."""
        code = self.process.wait(LONG_S)
        self._reader.join(LONG_S)
        assert "Traceback" not in self.err + "\n".join(self.lines), self.err
        return Ended(code, self.lines, self.err)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n").partition("  ")[2])


@contextmanager
def command(folder: Path, *arguments: str, before: Callable[[], None] | None = None) -> Iterator[Command]:
    """`sonofuse monitor` with these arguments, and a page of its own unless they say otherwise."""
    made = Command(folder, *arguments, before=before)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait()


def refused(folder: Path, *arguments: str) -> Ended:
    """One that ends by itself: with one line, and nothing on stdout."""
    with command(folder, *arguments) as running:
        ended = running.ended()
    assert ended.out == [] and ended.err.count("\n") == 1, ended
    return ended


def beside(on_stage: Stage, folder: Path) -> list[str]:
    """The options for the device on the stage, with its key."""
    key = folder / "device.key"
    key.write_text(KEY.hex(), encoding="ascii")
    key.chmod(0o600)
    return ["--port", on_stage.port, "--limits", str(on_stage.limits), "--key", str(key)]


def interrupted(running: Command) -> Recording:
    """End it by Ctrl-C; its recording, which replays exactly."""
    ended = running.interrupt()
    said, _, file = ended.last.partition("the recording is ")
    assert (ended.code, said) == (INTERRUPTED, "sonofuse: stopped by Ctrl-C; "), ended
    recording = Recording(Path(file))
    result = Replay(recording, Watch).run()
    assert result.same and recording.ended, result.different or result.gap
    return recording
