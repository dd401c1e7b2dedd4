"""The signal board as an emulated chip with its real firmware, its host's line on a pseudo-terminal."""

from pathlib import Path
from typing import Any

from sonofuse_hil.platforms.board import install
from sonofuse_hil.platforms.board.wire import PINS, P
from sonofuse_hil.platforms.rp2040 import filesystem
from sonofuse_hil.platforms.rp2040.chip import Chip

from .pty import Pty

BOOT_US = 230_000
_STEP_US = 200


class SignalChip:
    """The emulator's own truth: `exact` holds every change of an output as (pin, ns, level), `markers` those of the
    marker as (ns, ticks)."""

    def __init__(self, image: Path) -> None:
        self.chip = Chip(image, filesystem.build(install.files()))
        self.chip.drive(PINS.ON_UART, 0)
        self.chip.drive(PINS.SERVICE, 1)
        self.pty = Pty(self.chip.uart)
        self.exact: list[tuple[int, float, int]] = []
        self.markers: list[tuple[float, int]] = []
        for pin in (PINS.STOP_LOOP, PINS.SUPPLY, PINS.FLOW, PINS.LED, PINS.RUN, PINS.CUT):
            self.watch(pin)
        # An output does not read back in the emulator; on a chip its pad does.
        self.chip.watch(PINS.MARKER, self._marked)

    def boot(self) -> None:
        self.chip.run_until(BOOT_US)

    def watch(self, pin: int) -> None:
        self.chip.watch(pin, lambda _t_us, level: self._note(pin, level))

    def step(self) -> None:
        """What a host does while it waits."""
        self.pty.exchange()
        self.chip.run_until(self.chip.now_us + _STEP_US)

    def run(self, us: int) -> None:
        until_us = self.chip.now_us + us
        while self.chip.now_us < until_us:
            self.step()

    def level(self, pin: int) -> int:
        return self.chip.level(pin)

    def edges(self, pin: int) -> list[tuple[float, int]]:
        """(µs, level) of an output."""
        return [(ns / 1e3, level) for number, ns, level in self.exact if number == pin]

    def ticks(self, source: int) -> int:
        """What a stamping machine has counted so far. The emulator's stand still while its processor sleeps, which
        silicon's do not: a stamp has to be compared with this, and the time itself differs by up to 0.2 %."""
        return ~int(self.chip.mcu.pio[0].machines[source].x) & 0xFFFFFFFF

    def share(self, channel: int) -> float:
        """What the filter behind an output lets through: forward, reflected, reference as 0, 1, 2; 0 ... 1."""
        slices: Any = self.chip.mcu.pwm.channels
        compare = slices[5].cc if channel < 2 else slices[6].cc
        return (compare >> 16 if channel == 1 else compare & 0xFFFF) / 2048

    def _note(self, pin: int, level: int) -> None:
        self.exact.append((pin, self.chip.clock.nanos, level))

    def _marked(self, _t_us: int, level: int) -> None:
        self.markers.append((self.chip.clock.nanos, self.ticks(P.MARKER)))
        self.chip.drive(PINS.MARKER, level)
