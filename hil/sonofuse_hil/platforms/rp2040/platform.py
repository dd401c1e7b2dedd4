"""The tier "emulated chip": a bench wired to the pins of an emulated RP2040, all in simulated time."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from ...measurement import EMULATED
from ..flash import SECTOR, Flash
from ..process import RigError
from . import filesystem
from .chip import Chip
from .taps import FifoTap

_GAP_US = 150  # the permit program gives an edge every 50 µs, so a burst without one for longer has ended
_MACHINES = (0, 4)  # state machines of the two switches (firmware/permit.py): the first of each block
_FRAME_END = 0
_STORM_US = 2  # an interrupt of USB takes 7 µs to find that there is nothing to do
_LONGEST = 256


class Bench(Protocol):
    """What is around the chip (sonofuse_hil.bench.Bench). Times in µs."""

    permit_pins: tuple[int, int]
    output_pins: tuple[int, ...]
    input_pins: tuple[int, ...]

    @property
    def levels(self) -> int: ...
    def advance(self, t_us: int) -> None: ...
    def next_event_us(self) -> int: ...
    def adc(self) -> tuple[int, ...]: ...
    def exchange(self, t_us: int, byte: int) -> int: ...
    def pin(self, t_us: int, pin: int, level: int) -> None: ...
    def permit(self, t_us: int, switch: int, edges: bool) -> None: ...
    def received(self, t_us: int, data: bytes) -> None: ...
    def to_send(self, most: int) -> bytes: ...
    def reset(self, t_us: int, reason: str) -> None: ...


class Rp2040Platform:
    """A board with its firmware running on the emulated chip.

    Args:
        files: the device's files, in the order in which they were written.
        bench: the signals around it.
        flash: the sectors that the latch uses; kept across resets.
        image: the interpreter, a UF2.
    """

    tier = EMULATED
    step_us = 1_000  # simulated time is dear here
    tail_us = 8_000

    def __init__(self, files: Mapping[str, bytes], bench: Bench, flash: Flash, image: Path) -> None:
        self.bench, self.flash = bench, flash
        stored = filesystem.build(files)
        self.chip = chip = Chip(image, stored)
        latch = filesystem.reserved_blocks(stored)[: len(flash.data) // SECTOR]
        chip.flash.lend(latch, flash, self.cut_power)
        self._words: tuple[list[int], ...] = ([], [], [], [])  # when: right words of both switches, then wrong ones
        self.last_token_us = [-1, -1]
        self.resets: list[tuple[int, str]] = []
        self.hung_us: int | None = None
        self.powered = True
        self._drop: set[int] = set()
        self._expected: list[int | None] = [None, None]
        self._told = [False, False]
        self._last_edge_us = [0, 0]
        self._gaps = [chip.alarm(lambda: self._burst_ended(0)), chip.alarm(lambda: self._burst_ended(1))]
        self._event = chip.alarm(self._advance)
        self._storm = False
        self._again = chip.alarm(self._raise_again)
        self._shown: int | None = None  # levels at the inputs
        self._frame = bytearray()
        for block in range(2):
            FifoTap(chip.mcu, block, partial(self._word, block))
        for switch, pin in enumerate(bench.permit_pins):
            chip.watch(pin, partial(self._edge, switch))
        for pin in bench.output_pins:
            chip.watch(pin, partial(self._output, pin))
        chip.adc.sample = self._sample
        chip.spi.exchange = lambda byte: self._after(bench.exchange(chip.now_us, byte))
        chip.uart.sent = self._sent
        chip.on_reset = self._reset
        self._apply()

    # ---- for the rig

    @property
    def now_us(self) -> int:
        return self.chip.now_us

    @property
    def booted_us(self) -> int:
        """What the firmware's clock counts from, in the rig's time."""
        return self.now_us - self.chip.timer_us

    def run_until(self, t_us: int) -> None:
        """Run firmware and bench up to `t_us`."""
        self._apply()
        self.chip.run_until(t_us)

    def catch_up(self, t_us: int) -> None:
        """The chip is never behind its bench."""

    def cut_power(self) -> None:
        """Take the supply away now; flash keeps what it has."""
        self.powered = False
        self.chip.cut_power()

    def restore_power(self) -> None:
        self.powered = True
        self._shown = None
        self.chip.restore_power()
        self._apply()

    def pull_run(self) -> None:
        """Reset by the RUN pin, now."""
        self.chip.pull_run()

    def drop_tokens(self, *switches: int) -> None:
        """A broken wire: no edge of these switches (0, 1) reaches its pump any more."""
        self._drop = set(switches)

    def hang(self, t_us: int) -> None:
        """An endless loop in whatever runs now; interrupts go on, or not if one of them was hit."""
        self.hung_us = t_us
        self.chip.hang()

    def fail_call(self, t_us: int, kind: str) -> None:
        """Only "stack" on a chip: what its calls raise is the chip's own affair.

        Raises:
            RigError: for any other kind.
        """
        if kind == "stack":
            self.hung_us = t_us
            self.chip.exhaust_stack()
            return
        raise RigError(f"an exception ({kind}) inside a call at {t_us} µs: not covered on rp2040, use --on unix")

    def block_bus(self, t_us: int) -> None:
        """A transfer of SPI that never ends, from now on."""
        self.hung_us = t_us
        self.chip.spi.blocked = True

    def free_bus(self) -> None:
        self.chip.spi.blocked = False

    def lose_time(self, t_us: int, ms: int) -> None:  # noqa: ARG002 - as of Platform
        """Nothing but interrupts runs for so long."""
        self.chip.pause(1_000_000 * ms)

    def crash(self, t_us: int) -> None:
        """The program counter points into data."""
        self.hung_us = t_us
        self.chip.run_away()

    def storm(self, t_us: int) -> None:
        """An interrupt that is raised again as soon as it is cleared."""
        self.hung_us = t_us
        self._storm = True
        self._raise_again()

    def calm(self) -> None:
        self._storm = False
        self.chip.end_interrupt()

    def break_watchdog(self) -> None:
        self.chip.break_watchdog()

    def start_clock(self, ticks_us: int) -> None:
        """The chip's own timer begins at 0.

        Raises:
            RigError: always.
        """
        raise RigError(f"a clock that begins at {ticks_us} µs: not covered on rp2040, use --on unix")

    def flip(self, held: bytes, bit: int) -> int:
        return self.chip.flip(held, bit)

    def damage(self, file: str, change: Callable[[bytes], bytes]) -> None:  # noqa: ARG002 - as of Platform
        """The file system of a chip that runs is its own affair.

        Raises:
            RigError: always.
        """
        raise RigError(f"a damaged {file}: not covered on rp2040, use --on unix")

    def words_of(self, switch: int) -> tuple[list[int], list[int]]:
        """When a switch was given its right word, and when another one, µs."""
        return list(self._words[switch]), list(self._words[2 + switch])

    def close(self) -> None:
        """Nothing is left to close: the chip lives in this process."""

    # ---- the bench

    def _raise_again(self) -> None:
        if self._storm:
            self.chip.raise_interrupt()
            self._again.at(self.now_us + _STORM_US)

    def _advance(self) -> None:
        self.bench.advance(self.chip.now_us)
        self._apply()

    def _apply(self) -> None:
        """Bring the chip's inputs to what the bench drives, and ask it when it changes next."""
        levels = self.bench.levels
        if self.powered and levels != self._shown:
            for pin in self.bench.input_pins:
                self.chip.drive(pin, levels >> pin & 1)
            self._shown = levels
        data = self.bench.to_send(_LONGEST)
        if data:
            self.chip.uart.feed(data)
        self._event.at(max(self.bench.next_event_us(), self.chip.now_us))

    def _after(self, answer: int) -> int:
        self._apply()
        return answer

    def _sample(self, channel: int) -> int:
        self.bench.advance(self.chip.now_us)
        return self.bench.adc()[channel] >> 4

    # ---- what the firmware says

    def _word(self, switch: int, machine: int, word: int) -> None:
        if machine:
            return
        now = self.chip.now_us
        if self._expected[switch] is None:
            self._expected[switch] = word
        elif word == self._expected[switch]:
            self.last_token_us[switch] = now
            self._words[switch].append(now)
        else:
            self._words[2 + switch].append(now)

    def _edge(self, switch: int, t_us: int, _level: int) -> None:
        if switch in self._drop:
            return
        self._last_edge_us[switch] = t_us
        self._gaps[switch].at(t_us + _GAP_US)
        if not self._told[switch]:
            self._told[switch] = True
            self.bench.permit(t_us, switch, True)
            self._apply()

    def _burst_ended(self, switch: int) -> None:
        if self._told[switch]:
            self._told[switch] = False
            self.bench.permit(self._last_edge_us[switch], switch, False)
            self._apply()

    def _output(self, pin: int, t_us: int, level: int) -> None:
        self.bench.advance(t_us)
        self.bench.pin(t_us, pin, level)
        self._apply()

    def _sent(self, byte: int) -> None:
        self._frame.append(byte)
        if byte == _FRAME_END or len(self._frame) == _LONGEST:
            now = self.chip.now_us
            self.bench.advance(now)
            self.bench.received(now, bytes(self._frame))
            self._frame.clear()
            self._apply()

    def _reset(self, reason: str) -> None:
        now = self.chip.now_us
        if reason != "power":
            self.resets.append((now, reason))
        self._expected = [None, None]
        self._frame.clear()
        self.hung_us = None
        self.bench.advance(now)
        for switch in range(2):
            self._burst_ended(switch)
        self.bench.reset(now, reason)
        self._apply()
