"""A monitor and a signal board, both emulated chips with their real firmware, wired pin to pin and run in lock-step."""

from collections import deque
from functools import partial
from pathlib import Path

from sonofuse.board import load_board
from sonofuse.image.build import device_files
from sonofuse.limits import compile_limits, load
from sonofuse_hil.device import KEY
from sonofuse_hil.parts.flow import Flow
from sonofuse_hil.parts.max31865 import Max31865
from sonofuse_hil.platforms.board.outputs import COOL_OHM, STEP_OHM
from sonofuse_hil.platforms.board.wire import PINS
from sonofuse_hil.platforms.flash import SECTOR, Flash
from sonofuse_hil.platforms.rp2040 import filesystem
from sonofuse_hil.platforms.rp2040.chip import Chip

from .pty import Pty
from .signal_chip import SignalChip

SLICE_US = 40  # a change of a signal is at the monitor's pin by so much later
_ALONE_US = 1_850_000  # by then the monitor has booted, its flow meter has seen a full second, and it is SAFE
_OPENS = (PINS.OPEN_SKIN_A, PINS.OPEN_SKIN_B, PINS.OPEN_TRANSDUCER, PINS.OPEN_WATER)
_TO_MONITOR = (PINS.PERMIT_READBACK, PINS.SECOND_READBACK, PINS.STOP_LOOP, PINS.FLOW, PINS.SUPPLY)
_TO_SIGNAL = (PINS.PERMIT, PINS.SECOND, PINS.BUZZER)
_IDLE_SHARES = (0.25 / 3, 0.25 / 3, 2.048 / 3)  # live zero of both detectors, the reference


class Pair:
    """`permit` holds every edge of the permit pins at the signal chip as (ns, ticks of what stamps it).

    At first the monitor runs alone, with good signals that stand in for the signal board. The cable between both is
    plugged in when the signal board closes the stop loop for the first time.

    Args:
        latch: what the monitor's latch holds at power-up.
    """

    def __init__(self, limits: Path, image: Path, latch: bytes) -> None:
        board = load_board("rev_a")
        stored = filesystem.build(
            device_files(limits, "rev_a", packed=compile_limits(load(limits))) | {"/key.bin": KEY}
        )
        self.monitor = Chip(image, stored)
        blocks = filesystem.reserved_blocks(stored)[: len(latch) // SECTOR]
        self.monitor.flash.lend(blocks, Flash(len(latch), latch), lambda: None)
        self.pty = Pty(self.monitor.uart)
        self.signal = SignalChip(image)
        self.permit: list[tuple[float, int]] = []
        self._shares = lambda channel: _IDLE_SHARES[channel]
        self._plugged = False
        self._ahead_ns = 0.0  # of the monitor's clock to the signal chip's
        self._coming: deque[tuple[float, int, int]] = deque()
        self._arrives = self.signal.chip.clock.create_alarm(self._arrive)
        self._converters: list[tuple[int, int, Max31865]] = []
        self._selected: Max31865 | None = None
        for place, channel in enumerate(c for c in board.channels if c.driver == "max31865"):
            converter = Max31865(partial(self._ohm, place), float(channel.settings["rref_ohm"]))
            cs, drdy = int(channel.settings["cs"]), int(channel.settings["drdy"])
            self._converters.append((cs, drdy, converter))
            self.monitor.watch(cs, partial(self._select, converter))
        self._convert = self.monitor.alarm(self._converted)
        self.monitor.spi.exchange = self._exchange
        self.monitor.adc.sample = lambda channel: min(4095, int(self._shares(channel) * 4096))
        self.monitor.drive(board.pins["service"], 1)
        for pin in (PINS.STOP_LOOP, PINS.SUPPLY):
            self.monitor.drive(pin, 1)
        for pin in (PINS.PERMIT_READBACK, PINS.SECOND_READBACK):
            self.monitor.drive(pin, 0)
        self._converted()

    def boot(self) -> None:
        """The monitor with the flow of a stand-in, then the signal board."""
        flow = Flow()
        while self.monitor.now_us < _ALONE_US:
            self.monitor.drive(PINS.FLOW, flow.level(self.monitor.now_us))
            self.monitor.run_until(min(_ALONE_US, flow.next_event_us()))
        self.signal.boot()
        self._ahead_ns = self.monitor.clock.nanos - self.signal.chip.clock.nanos
        for pin in _TO_SIGNAL:
            self.monitor.watch(pin, partial(self._to_signal, pin))
        for pin in _TO_MONITOR:
            self.signal.chip.watch(pin, partial(self._to_monitor, pin))
        for place, pin in enumerate(_OPENS):
            self.signal.chip.watch(pin, partial(self._wire, place))
        self.signal.chip.watch(PINS.RUN, lambda _t_us, level: self.monitor.pull_run() if level else None)
        self.signal.chip.watch(PINS.CUT, self._cut)

    def _plug(self) -> None:
        self._plugged = True
        self._shares = self.signal.share
        for pin in (PINS.SUPPLY, PINS.PERMIT_READBACK, PINS.SECOND_READBACK):
            self.monitor.drive(pin, self.signal.level(pin))

    def step(self) -> None:
        """A slice of both; what a host does while it waits."""
        self.pty.exchange()
        self.signal.pty.exchange()
        until_us = self.signal.chip.now_us + SLICE_US
        self.monitor.run_until(until_us + int(self._ahead_ns // 1000))
        self.signal.chip.run_until(until_us)

    def run(self, us: int) -> None:
        until_us = self.signal.chip.now_us + us
        while self.signal.chip.now_us < until_us:
            self.step()

    # ---- wires

    def _to_signal(self, pin: int, _t_us: int, level: int) -> None:
        """The monitor's slice came first: the edge arrives at its own time within the signal chip's."""
        at_ns = self.monitor.clock.nanos - self._ahead_ns
        self._coming.append((at_ns, pin, level))
        if len(self._coming) == 1:
            self._schedule()

    def _schedule(self) -> None:
        self._arrives.schedule(max(0.0, self._coming[0][0] - self.signal.chip.clock.nanos))

    def _arrive(self) -> None:
        at_ns, pin, level = self._coming.popleft()
        if pin != PINS.BUZZER:
            self.permit.append((at_ns, self.signal.ticks(pin - PINS.PERMIT)))
        self.signal.chip.drive(pin, level)
        if self._coming:
            self._schedule()

    def _to_monitor(self, pin: int, _t_us: int, level: int) -> None:
        if pin in (PINS.STOP_LOOP, PINS.FLOW, PINS.SUPPLY, PINS.PERMIT_READBACK, PINS.SECOND_READBACK):
            self.signal.exact.append((pin, self.signal.chip.clock.nanos, level))
        if pin == PINS.STOP_LOOP and level and not self._plugged:
            self._plug()
        if self._plugged:
            self.monitor.drive(pin, level)

    def _cut(self, _t_us: int, level: int) -> None:
        if level:
            self.monitor.cut_power()
        else:
            self.monitor.restore_power()

    # ---- the monitor's converters, on fixed resistors that the signal board switches

    def _ohm(self, place: int, _t_us: int) -> float:
        return COOL_OHM + (STEP_OHM if self.signal.level(PINS.WARM + place) else 0.0)

    def _wire(self, place: int, _t_us: int, level: int) -> None:
        self._converters[place][2].set_fault(self.monitor.now_us, "open" if level else "")

    def _select(self, converter: Max31865, _t_us: int, level: int) -> None:
        self._selected = None if level else converter
        if not level:
            converter.select()

    def _exchange(self, byte: int) -> int:
        answer = 0 if self._selected is None else self._selected.exchange(self.monitor.now_us, byte)
        self._converted()
        return answer

    def _converted(self) -> None:
        now = self.monitor.now_us
        for _, drdy, converter in self._converters:
            self.monitor.drive(drdy, converter.drdy(now))
        self._convert.at(min(converter.next_event_us() for _, _, converter in self._converters))
