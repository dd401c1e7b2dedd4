"""How long each part of a tick takes on the emulated chip, read from what the firmware does at its registers.

Nothing is added to the firmware: its own accesses are the marks. The clock is the emulator's and watching costs the
chip no time, so that a second run gives the same figures. They are those of an emulator without the cache of the
flash: good for comparing one firmware with another, and no evidence of silicon.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ...measurement import EMULATED
from ...results import Distribution, distribution
from .chip import Chip

if TYPE_CHECKING:
    from rp2040py.rp2040 import RP2040

_TIMER, _WATCHDOG = 0x40054, 0x40058  # in the emulator's table
_TIMERAWL, _LOAD, _GPIO_IN = 0x28, 0x04, 0x04

STAGES = ("inputs", "checks", "permit", "rest")
"""`inputs`: from the end of the wait before it to the last look at the pins; `checks`: what was seen becomes
conversions, and the kernel with its slice of the checksum, up to where a token is given, or the watchdog fed; `permit`:
up to the watchdog; `rest`: link, commands, telemetry, records, up to where the wait for the next tick begins."""


@dataclass(frozen=True)
class Tick:
    """One tick: when it began, µs since power-up, and how long it and its parts took, µs.

    `flash`: it wrote the flash, which only happens while the permit is low.
    """

    at_us: float
    inputs: float
    checks: float
    permit: float
    rest: float
    flash: bool

    @property
    def whole(self) -> float:
        return self.inputs + self.checks + self.permit + self.rest


class _Tap:
    """Stands before a peripheral, passes everything on, and tells what was read (False) and written (True) where."""

    def __init__(self, mcu: "RP2040", place: int, note: Callable[[int, bool], None]) -> None:
        self._table: dict[int, Any] = mcu.peripherals
        self._place, self._note = place, note
        self._behind: Any = self._table[place]
        self._table[place] = self

    def read_uint32(self, offset: int) -> int:
        self._note(offset, False)
        return int(self._behind.read_uint32(offset))

    def write_uint32_atomic(self, offset: int, value: int, atomic: int) -> None:
        self._note(offset, True)
        self._behind.write_uint32_atomic(offset, value, atomic)

    def remove(self) -> None:
        self._table[self._place] = self._behind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)


class Stages:
    """Watches a chip whose firmware ticks, as a context manager; `ticks` are those that began and ended meanwhile.

    A tick in which the watchdog is not fed has no marks: it is left out, and counted in `unfed`.
    """

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self.ticks: list[Tick] = []
        self.unfed = 0
        self._timer = self._timer_before = -1.0  # the last two reads of the clock
        self._begin = -1.0
        self._pins = self._token = self._fed = self._end = -1.0
        self._operations = 0

    def __enter__(self) -> "Stages":
        mcu = self._chip.mcu
        self._taps = [_Tap(mcu, _TIMER, self._at_timer), _Tap(mcu, _WATCHDOG, self._at_watchdog)]
        sio: Any = mcu.sio
        read = sio.read_uint32

        def look(offset: int) -> int:
            if offset == _GPIO_IN:
                self._at_pins()
            return int(read(offset))

        sio.read_uint32 = look
        return self

    def __exit__(self, *_: object) -> None:
        for tap in self._taps:
            tap.remove()
        del self._chip.mcu.sio.read_uint32

    @property
    def _now_us(self) -> float:
        return float(self._chip.clock.nanos) / 1000

    def _at_timer(self, offset: int, write: bool) -> None:
        if offset != _TIMERAWL or write:
            return
        self._timer_before, self._timer = self._timer, self._now_us
        if self._fed >= 0 and self._end < 0:
            self._end = self._timer
        elif self._pins >= 0 and self._token < 0:
            self._token = self._timer

    def _at_watchdog(self, offset: int, write: bool) -> None:
        if write and offset == _LOAD and self._fed < 0:
            self._fed = self._now_us

    def _at_pins(self) -> None:
        """The first look of a tick follows a read of the clock at once; before that was the last one of the wait."""
        if self._pins < 0 or self._end >= 0 or self._now_us - self._timer < 1:
            self._finish()
        self._pins = self._now_us

    def _finish(self) -> None:
        operations = len(self._chip.flash.operations)
        if self._begin >= 0 and self._pins >= 0:
            if self._end < 0:
                self.unfed += 1
            else:
                token = self._token if 0 <= self._token < self._fed else self._fed
                parts = (self._pins - self._begin, token - self._pins, self._fed - token, self._end - self._fed)
                self.ticks.append(Tick(self._begin, *parts, operations != self._operations))
        self._operations = operations
        self._begin = self._timer_before
        self._pins = self._token = self._fed = self._end = -1.0


def distributions(ticks: Sequence[Tick], limit_us: float, when: str) -> list[Distribution]:
    """The spread of the whole tick, of its parts, and of the time between ticks; only the whole one has a limit.

    Raises:
        ValueError: if there are less than two ticks.
    """
    gaps = [after.at_us - before.at_us for before, after in pairwise(ticks)]
    found = [distribution(f"tick {when}", [tick.whole for tick in ticks], "µs", EMULATED, limit_us)]
    for stage in STAGES:
        found.append(distribution(f"tick {when}: {stage}", [getattr(tick, stage) for tick in ticks], "µs", EMULATED))
    return [*found, distribution(f"tick {when}: from one to the next", gaps, "µs", EMULATED)]
