"""The firmware's alarm under CPython, on a pin that notes its edges, in virtual time."""

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any
from unittest.mock import patch

import sonofuse_firmware.alarms
from sonofuse.layout import FIRMWARE
from sonofuse.twin import plain_twin
from tests.alarm_standard import Pulse, pulses_of

WRAPS_US = 1 << 30


def _twin() -> ModuleType:
    module = ModuleType("alarm")
    source = (FIRMWARE / "alarm.py").read_text(encoding="utf-8").replace("import micropython\n", "\n", 1)
    with patch.dict(sys.modules, {"alarms": sonofuse_firmware.alarms}):
        exec(compile(plain_twin(source), "alarm.py", "exec"), module.__dict__)  # noqa: S102
    return module


class Sounder:
    """`edges` are times (us since the start) and levels; the device's clock shows `starts_us` at the start."""

    alarm: Any

    def __init__(self, starts_us: int = 0) -> None:
        self.now_us = 0
        self.level = 0
        self.edges: list[tuple[int, int]] = []
        self._starts_us = starts_us
        self.alarm = _MODULE.Alarm(self._write)

    def _write(self, level: int) -> None:
        if level != self.level:
            self.level = level
            self.edges.append((self.now_us, level))

    @property
    def clock_us(self) -> int:
        return (self._starts_us + self.now_us) % WRAPS_US

    def shift_clock(self, us: int) -> None:
        """The device's clock jumps, and no time has passed."""
        self._starts_us += us

    def begin(self, cause: int) -> None:
        self.alarm.begin(cause, self.clock_us)

    def step(self, us: int, cause: int = 0) -> None:
        self.now_us += us
        self.alarm.step(self.clock_us, cause)

    def run(self, ms: float, tick_us: int = 1_000, cause: int = 0) -> None:
        for _ in range(round(ms * 1_000 / tick_us)):
            self.step(tick_us, cause)

    def pulses(self) -> list[Pulse]:
        return pulses_of([(at / 1_000, level) for at, level in self.edges], self.now_us / 1_000 + 1)


_MODULE = _twin()
failing: Callable[[Sequence[int], Sequence[int], int], int] = _MODULE.failing
"""The firmware's second look at one check of one channel."""
firmware_meaning: Callable[[int], tuple[int, int]] = _MODULE.meaning
"""Kind and priority that the firmware gives to a check."""
