"""A console at the link of a live rig: the only place of these tests that knows what frames look like."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import serial

from sonofuse import link
from sonofuse.link import Answer, F, Telemetry
from sonofuse.live.view import CONNECTED
from sonofuse.live.watch import Watch
from sonofuse_firmware.states import ARMED, ON, SAFE, TRIPPED
from sonofuse_hil.device import KEY
from sonofuse_hil.live.rig import LiveRig
from tests.quick import quick_limits

BAUD = 921_600
STEP_NS = 5_000_000


class Console:
    """A program at the port `path`, by pyserial.

    Args:
        limits: the compiled limit set.
        passes: lets a few ms pass, for the rig too.
        now_ns: what its clock shows.
    """

    def __init__(
        self, path: Path, limits: bytes, passes: Callable[[], None], now_ns: Callable[[], int], baud: int = BAUD
    ) -> None:
        self.port = serial.Serial(str(path), baud, timeout=0)
        self.watch, self._passes, self._now_ns = Watch(limits, KEY), passes, now_ns
        self.telemetry: list[Telemetry] = []
        self.watch.on_frame = self._frame

    def __enter__(self) -> "Console":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.port.close()

    @property
    def broken_frames(self) -> int:
        """Pieces of what came that are no frames."""
        return self.watch.broken_frames

    @property
    def state(self) -> int:
        return self.telemetry[-1].state if self.telemetry else -1

    def listen(self) -> None:
        """Let a moment pass and take what has come."""
        self._passes()
        data = self.port.read(65_536)
        self.watch.received(self._now_ns(), data) if data else self.watch.passed(self._now_ns())
        self._speak()

    def _frame(self, frame: Telemetry | Answer) -> None:
        if isinstance(frame, Telemetry):
            self.telemetry.append(frame)

    def _speak(self) -> None:
        for record in self.watch.take():
            if record.topic == "out":
                with suppress(BlockingIOError):  # a port that takes nothing now gets it never, as on a real line
                    os.write(self.port.fileno(), record.data)

    def until(self, condition: Callable[[], bool], moments: int = 2000) -> bool:
        """Listen until a condition holds; False if it does not within so many moments."""
        for _ in range(moments):
            if condition():
                return True
            self.listen()
        return False

    def stay(self, seconds: float) -> None:
        """Listen for so long, and give receipts."""
        until_ns = self._now_ns() + round(seconds * 1e9)
        while self._now_ns() < until_ns:
            self.listen()

    def send(self, kind: int, payload: bytes = b"") -> None:
        self.watch.order(kind, payload)
        self._speak()

    def stop(self) -> None:
        self.port.write(link.encode(F.STOP, 0))

    def _may(self, turn: int) -> bool:
        """Whether a command may go out: every tenth telemetry, while receipts are given."""
        return len(self.telemetry) % 10 == turn and self.watch.link == CONNECTED

    def make_safe(self) -> None:
        """Acknowledge whatever there is, as soon as the device lets it be acknowledged."""

        def safe() -> bool:
            if self.state == TRIPPED and self._may(0):
                self.send(F.ACKNOWLEDGE, b"\x01")
            return self.state == SAFE

        assert self.until(lambda: bool(self.telemetry))
        assert self.until(safe), f"state {self.state}, cause {self.telemetry[-1].cause}"

    def start(self, set_w: float = 40.0, set_s: float = 20.0) -> None:
        """ARM and START; the generator is somebody else's."""

        def on() -> bool:
            if self.state == SAFE and self._may(0):
                set_mw, set_us = round(set_w * 1e3), round(set_s * 1e6)
                self.send(F.ARM, link.arm_request(set_mw, set_us, self.watch.limits[-32:]))
            elif self.state == ARMED and self._may(5):
                self.send(F.START)
            return self.state == ON

        assert self.until(on), f"state {self.state}, cause {self.telemetry[-1].cause}"

    def finish(self) -> None:
        self.send(F.FINISH)
        assert self.until(lambda: self.state != ON)
        assert self.state == SAFE, f"cause {self.telemetry[-1].cause}"


class Live:
    """A live rig under a wall clock that its test moves on: as fast as it can go, and the same way every time."""

    def __init__(self, folder: Path) -> None:
        self.wall_ns, self.said = 0, list[str]()
        self.rig = LiveRig(folder / "link", quick_limits(folder), clock=lambda: self.wall_ns, say=self.said.append)

    def passes(self) -> None:
        self.wall_ns += STEP_NS
        self.rig.step()

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 1e9 / STEP_NS)):
            self.passes()

    def console(self, baud: int = BAUD) -> Console:
        return Console(self.rig.line.link, self.rig.blob, self.passes, lambda: self.wall_ns, baud)

    def treat(self, console: Console) -> None:
        """To ON with 40 W."""
        console.make_safe()
        console.start()
        self.rig.set_generator(40.0, gate=True)


def a_moment() -> None:
    """For a rig that runs in real time by itself."""
    time.sleep(STEP_NS * 1e-9)
