"""The software tier: the unmodified firmware on a real MicroPython VM, in virtual time.

The VM runs ahead up to a horizon, with the inputs that the bench foresees until then; its outputs carry their own
times. That is exact as long as no output changes an input before the horizon, but for the DRDY that rises when a
converter is read: that one the VM's side makes itself. While the permit stays as it is, the shortest way from an output
to an input is the pump's hold and the relay's release, 8 ms together, so the horizon is at most 6 ms; it is 20 ms while
no permit program runs, and 1 ms while the permit could begin. No horizon passes an event of the scenario, of the relays
or of a contact. Flash is asked directly. Two things are seen late: a rising read-back (0.2 ms after the first edge) by
up to 1 ms, and what a console does to the generator when it has read a frame, by up to a horizon: power that it
switches on is 6 ms old at most when the firmware first sees it.

Permit, watchdog, clock and flash live here, outside the VM: when the VM hangs or dies, they go on.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sonofuse.layout import Constants

from ..device import install
from ..measurement import SOFTWARE
from . import memory, wire
from .flash import Flash, PowerCutError
from .permit import NEVER_US, PermitModel
from .platform import Device
from .process import HUNG_CPU_S, Vm
from .vm import _ops

GRANT_US = 1_000  # while the permit could begin
STEADY_US = 6_000  # while both switches give edges
OFF_US = 20_000  # while no program runs: then no output reaches an input but over the link
TRIP_BYTES = 3 * 4096  # as many blocks as the firmware reserves beside the latch's
WATCHDOG_PROVEN = Constants("selftest.py").PROVEN
BOOT_US = 150_000  # reset to main.py: boot ROM, file system, imports (this project's estimate, not measured)
TICKS = "ticks.txt"  # what the clock shows at a boot (vm/time.py)
_FIRST_MACHINE, _SECOND_MACHINE = 0, 4
_ORDERS = {
    "memory": _ops.MEMORY_ERROR,
    "os": _ops.OS_ERROR,
    "value": _ops.VALUE_ERROR,
    "interrupt": _ops.INTERRUPT,
    "stack": _ops.STACK,
}
_STEPS_MAX = _ops.STEPS_MAX - _ops.READINGS_MAX  # they may end together


class Bench(Protocol):
    """What is around the microcontroller. Times in µs; `advance` is called with times that never go back."""

    permit_pins: tuple[int, int]

    def advance(self, t_us: int) -> None: ...
    def next_event_us(self) -> int: ...
    @property
    def levels(self) -> int: ...
    def readings(self) -> list[int]: ...
    def foresee(self, t_us: int, most: int) -> tuple[int, list[int]]: ...
    def was_read(self, t_us: int, place: int) -> None: ...
    def adc_block(self, t_us: int, slots: int) -> bytes: ...
    def transfer(self, t_us: int, data: bytes) -> tuple[bytes, int]: ...
    def pin(self, t_us: int, pin: int, level: int) -> None: ...
    def permit(self, t_us: int, switch: int, edges: bool) -> None: ...
    def received(self, t_us: int, data: bytes) -> None: ...
    def to_send(self, most: int) -> bytes: ...
    def reset(self, t_us: int, reason: str) -> None: ...


class UnixPlatform:
    """A board with its firmware running, in the software tier.

    Args:
        folder: the device's files, main.py among them.
        bench: the signals around it.
        flash: the sectors that the latch uses; kept across resets.
        program: an external MicroPython, "" for the installed one.

    Raises:
        RigError: if no MicroPython can be started.
    """

    tier = SOFTWARE
    step_us = 20_000
    tail_us = 40_000

    def __init__(self, folder: Path, bench: Bench, flash: Flash, program: str = "", script: str = "main.py") -> None:
        self.folder, self.bench, self.flash = folder, bench, flash
        self.trips = Flash(TRIP_BYTES)  # the black box's blocks
        self._program, self._script = program, script
        self.now_us: int = 0
        self.switches = (PermitModel(), PermitModel())
        self._told = [False, False]
        self._watchdog_us = 0  # its period, 0 = not started
        self._watchdog_due_us = NEVER_US
        # The watchdog's scratch register: a rig begins with a device whose watchdog was proven (firmware/selftest.py).
        self.scratch = WATCHDOG_PROVEN
        self._timer_reset = False
        self.watchdog_dead = False
        self._storm = False
        self._boot_due_us = 0
        self.booted_us = 0  # what the firmware's clock counts from, in the rig's time
        self._vm: Vm | None = None
        self._base_us = 0  # the last answer: what the firmware says counts from there
        self._asked = False  # a request waits for its answer
        self._busy_us: int | None = None  # until then the flash works, and the firmware waits for it
        self._drop: set[int] = set()
        self.powered = True
        self.order: tuple[int, int] | None = None  # (time, order): a fault inside the call at that time
        self.ordered_us: int | None = None  # when it was carried out: a horizon that was granted before comes first
        self.blocked: tuple[int, int] | None = None  # (time, operation): a request that is never answered
        self.hung_us: int | None = None
        self.last_token_us = [-1, -1]
        self.resets: list[tuple[int, str]] = []

    # ---- for the rig

    @property
    def running(self) -> bool:
        """Whether firmware runs: no reset holds it, and it has not hung or ended."""
        return self._vm is not None and self._vm.alive

    def run_until(self, t_us: int) -> None:
        """Run firmware and bench up to `t_us`."""
        while self.now_us < t_us:
            if not self.running:
                self._idle(t_us)
            else:
                self._serve(t_us)

    def catch_up(self, t_us: int) -> None:
        """The bench is ahead while an event is carried out: a reset must not lie before it."""
        self.now_us = max(self.now_us, t_us)

    def cut_power(self) -> None:
        """Take the supply away now; flash keeps what it has."""
        self._end_vm()
        self.powered = False
        self._boot_due_us = self._watchdog_due_us = NEVER_US
        self._watchdog_us = 0
        self._release("power")

    def restore_power(self) -> None:
        if self.powered:
            return
        self.powered = True
        self._boot_due_us = self.now_us + BOOT_US

    def pull_run(self) -> None:
        """Reset by the RUN pin, now."""
        self._reset("run")

    def drop_tokens(self, *switches: int) -> None:
        """A broken wire inside: these switches (0, 1) get no word any more."""
        self._drop = set(switches)

    def hang(self, t_us: int) -> None:
        """An endless loop inside the next call of the hardware."""
        self.order = (t_us, _ops.HANG)

    def fail_call(self, t_us: int, kind: str) -> None:
        """An exception inside the next call of the hardware."""
        self.order = (t_us, _ORDERS[kind])

    def block_bus(self, t_us: int) -> None:
        """No transfer on SPI returns any more."""
        self.blocked = (t_us, _ops.SPI_TRANSFER)

    def free_bus(self) -> None:
        self.blocked = None

    def lose_time(self, t_us: int, ms: int) -> None:
        """The next call of the hardware takes this long."""
        self.order = (t_us, _ops.LATE + min(ms, _ops.LATE_MS_MAX) - 1)

    def crash(self, t_us: int) -> None:
        """The VM ends in the middle of whatever it does."""
        self._block(t_us)

    def storm(self, t_us: int) -> None:
        """Nothing of the firmware runs any more, nor after a reset."""
        self._storm = True
        self._block(t_us)

    def calm(self) -> None:
        if self._storm:
            self._storm = False
            if self._vm is None and self.powered and self.resets and self._boot_due_us == NEVER_US:
                self._boot_due_us = self.now_us + BOOT_US

    def break_watchdog(self) -> None:
        self.watchdog_dead = True
        self._watchdog_us = self._watchdog_due_us = NEVER_US
        if self._vm is None and not self.resets:
            self.scratch = 0

    def start_clock(self, ticks_us: int) -> None:
        (self.folder / TICKS).write_text(str(ticks_us))

    def flip(self, held: bytes, bit: int) -> int:
        """In the memory of the VM's process."""
        return 0 if self._vm is None else memory.flip(self._vm.pid, held, bit)

    def damage(self, file: str, change: Callable[[bytes], bytes]) -> None:
        path = self.folder / file
        path.write_bytes(change(path.read_bytes()))

    def close(self) -> None:
        self._end_vm()

    # ---- time

    def _idle(self, t_us: int) -> None:
        """No firmware is running: the models go on, event by event, and perhaps it boots."""
        self._advance(min(t_us, self._boot_due_us, max(self.now_us, self.bench.next_event_us()), self._watchdog_due_us))
        if self._boot_due_us <= self.now_us:
            self._boot_due_us = NEVER_US
            if self._storm:
                return
            (self.folder / "reset.txt").write_text(f"{int(self._timer_reset)} {self.scratch}")
            self._vm = Vm(self.folder, self._script, self._program)
            self._asked = False
            self._base_us = self.booted_us = self.now_us

    def _serve(self, t_us: int) -> None:
        """One exchange with the VM."""
        vm = self._vm
        assert vm is not None
        if self._busy_us is not None:
            self._work(vm, self._busy_us, t_us)
            return
        heard = self._asked or vm.request()
        base_us = self._base_us
        feeds = wire.fed(vm)
        if feeds is not None and base_us + feeds[0] < self._watchdog_due_us:
            self._watchdog_due_us = base_us + feeds[1] + self._watchdog_us
        for since_us, operation, argument, value, payload in wire.said(vm):
            at_us = base_us + since_us
            if operation == _ops.TOKEN:  # on every tick; most change nothing but a deadline that has not come
                number = argument // _SECOND_MACHINE
                switch = self.switches[number]
                if self._told[number] and at_us <= switch.last_edge_us and number not in self._drop:
                    switch.word(at_us, value)
                    self.last_token_us[number] = at_us
                    continue
            elif operation == _ops.READING:
                self.bench.was_read(at_us, argument)
                continue
            self._advance(max(self.now_us, at_us))
            if self._vm is not vm:
                return
            self._output(self.now_us, operation, argument, value, payload)
        if not heard:
            self.hung_us = self.now_us
            return
        at_us = base_us + vm.words[_ops.NOW]
        if at_us >= t_us:  # the answer waits until the rig goes on
            self._asked = True
            self._advance(t_us)
            return
        self._asked = False
        self._advance(max(at_us, self.now_us))
        if self._vm is not vm:
            return
        try:
            self._answer(vm, t_us)
        except PowerCutError:
            self.cut_power()

    def _advance(self, t_us: int) -> None:
        """Process everything that happens by itself up to `t_us`, in order of time."""
        first, second = self.switches
        while True:
            due = self.bench.next_event_us()
            for own in (
                self._watchdog_due_us,
                first.last_edge_us if self._told[0] else first.first_edge_us,
                second.last_edge_us if self._told[1] else second.first_edge_us,
            ):
                if own < due:
                    due = own
            if due > t_us:
                break
            self.now_us = max(self.now_us, due)  # first: what the bench does now may reset the device
            self._edges(due)
            self.bench.advance(due)
            if self._watchdog_due_us <= due:
                self._reset("watchdog")
        self.bench.advance(t_us)
        self.now_us = max(self.now_us, t_us)

    def _edges(self, t_us: int) -> None:
        """Tell the bench where a burst of permit edges began or ended."""
        for number, switch in enumerate(self.switches):
            if self._told[number] and switch.last_edge_us <= t_us:
                self._told[number] = False
                switch.first_edge_us = NEVER_US
                self.bench.permit(t_us, number, False)
            elif not self._told[number] and switch.first_edge_us <= t_us:
                self._told[number] = True
                self.bench.permit(t_us, number, True)

    # ---- what the firmware says

    def _output(self, t_us: int, operation: int, argument: int, value: int, payload: bytes) -> None:
        if operation == _ops.TOKEN:
            number = argument // _SECOND_MACHINE
            if number not in self._drop:
                self.switches[number].word(t_us, value)
                self.last_token_us[number] = t_us
        elif operation == _ops.WATCHDOG_START:
            self._watchdog_us = NEVER_US if self.watchdog_dead else 1000 * value
            self._watchdog_due_us = t_us + self._watchdog_us
        elif operation == _ops.UART_TX:
            if self._vm is not None:
                self._vm.patience_s = HUNG_CPU_S  # it runs: from now on silence is a hang
            self.bench.received(t_us, payload)
        elif operation == _ops.MEMORY:
            for number, pin in enumerate(self.bench.permit_pins):
                if pin == argument:
                    self.switches[number].pad(t_us, value)
        elif operation == _ops.MACHINE_ACTIVE:
            self.switches[argument // _SECOND_MACHINE].active(t_us, value)
        elif operation == _ops.MACHINE_INIT:
            self.switches[argument // _SECOND_MACHINE].initialise(t_us)
        elif operation == _ops.SCRATCH:
            self.scratch = value
        elif operation == _ops.PIN:
            self.bench.pin(t_us, argument, value)
        self._edges(t_us)

    def _answer(self, vm: Vm, t_us: int) -> None:
        operation, length, value = wire.asked(vm)
        now = self.now_us
        if self.blocked is not None and now >= self.blocked[0] and operation == self.blocked[1]:
            self._block(now)
            return
        if operation == _ops.SPI_TRANSFER:
            answer, high = self.bench.transfer(now, wire.payload(vm, length))
            wire.give_payload(vm, answer)
            wire.go_on(vm, high)  # with what was foreseen: pulses of the flow meter among it, which its part has done
            return
        if operation == _ops.FLASH_READ:
            store, at = self._store(value)
            wire.give_payload(vm, store.read(at, length))
        elif operation == _ops.FLASH_WRITE:
            store, at = self._store(value)
            self._busy_us = now + store.program(at, wire.payload(vm, length))
        elif operation == _ops.FLASH_ERASE:
            store, at = self._store(value)
            self._busy_us = now + store.erase(at)
        elif operation == _ops.RESET:
            self._reset("firmware")
        if self._vm is vm and self._busy_us is None:
            self._grant(vm, t_us)

    def _work(self, vm: Vm, until_us: int, t_us: int) -> None:
        """The flash programs or erases; its answer comes when it is done."""
        self._advance(min(t_us, until_us))
        if self._vm is vm and self.now_us >= until_us:
            self._busy_us = None
            self._grant(vm, t_us)

    def _store(self, offset: int) -> tuple[Flash, int]:
        """The model behind an offset into the reserved blocks: the latch's come first, then those of the last trips."""
        latch_bytes = len(self.flash.data)
        return (self.flash, offset) if offset < latch_bytes else (self.trips, offset - latch_bytes)

    def _grant(self, vm: Vm, t_us: int) -> None:
        """Answer: the inputs from now on, up to a horizon."""
        now, bench = self.now_us, self.bench
        order = 0
        first, second = self.switches
        horizon = now + GRANT_US
        if not (first.running or second.running):
            horizon = now + OFF_US
        elif self._told[0] and self._told[1]:
            horizon = now + STEADY_US
        if now < t_us < horizon:
            horizon = t_us
        if self.order is not None:
            if now >= self.order[0]:
                order = self.order[1]
                self.order = None
                self.ordered_us = now
            elif self.order[0] < horizon:
                horizon = self.order[0]
        readings = bench.readings()
        if self.blocked is not None:  # of a bus that does not answer nothing is granted
            if now >= self.blocked[0]:
                readings = []
            elif self.blocked[0] < horizon:
                horizon = self.blocked[0]
        levels = bench.levels
        horizon, steps = bench.foresee(horizon, _STEPS_MAX)
        self._base_us = now
        wire.grant(
            vm,
            since_boot_us=now - self.booted_us,
            horizon_us=horizon - now,
            levels=levels,
            steps=steps,
            readings=readings,
            counts=bench.adc_block(now, max(1, -(-(horizon - now) // _ops.SLOT_US))),
            fifo=first.waiting(now) << _FIRST_MACHINE | second.waiting(now) << _SECOND_MACHINE,
            order=order,
            received=bench.to_send(wire.room(vm)),
        )

    # ---- ends of a run of the firmware

    def _block(self, t_us: int) -> None:
        """A peripheral that never returns: the VM waits for ever, the models go on."""
        self.hung_us = t_us
        self._end_vm()

    def _end_vm(self) -> None:
        if self._vm is not None:
            self._vm.close()
            self._vm = None
        self._asked, self._busy_us = False, None

    def _release(self, reason: str) -> None:
        """A reset or a loss of power: all pins are released, the programs are gone."""
        self._timer_reset = reason == "watchdog"
        if reason in ("power", "run"):
            self.scratch = 0
        for switch in self.switches:
            switch.reset()
        for number in range(2):
            if self._told[number]:
                self._told[number] = False
                self.bench.permit(self.now_us, number, False)
        self.bench.reset(self.now_us, reason)

    def _reset(self, reason: str) -> None:
        self._end_vm()
        self.resets.append((self.now_us, reason))
        self._watchdog_us = 0
        self._watchdog_due_us = NEVER_US
        self._boot_due_us = self.now_us + BOOT_US
        self._release(reason)


@dataclass(frozen=True)
class Unix:
    """The software tier; `program` is an external MicroPython, "" for the installed one."""

    program: str = ""
    name: str = "unix"

    def open(self, device: Device) -> UnixPlatform:
        """The device with its files in its folder.

        Raises:
            RigError: if no MicroPython can be started.
        """
        own_core()
        install(device.folder, device.limits, device.board, device.transform)
        if device.ticks_us:
            (device.folder / TICKS).write_text(str(device.ticks_us))
        return UnixPlatform(device.folder, device.bench, device.flash, self.program, device.script)


def own_core() -> None:
    """Put this process and the VMs it starts on one core: an exchange then takes 6 µs instead of 75."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        worker = os.environ.get("PYTEST_XDIST_WORKER")
        number = int(worker[2:]) if worker else os.getpid()
        os.sched_setaffinity(0, {cores[number % len(cores)]})
