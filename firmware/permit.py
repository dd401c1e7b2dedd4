"""The permit: two PIO programs, in two PIO blocks, that turn tokens into 2 ms of permission each.

Python never owns a duration: a program that is not given the one right word for 2 ms stops toggling its pin, and its
charge pump opens the relay. Whatever stops the firmware therefore stops RF.
"""

from micropython import const
from machine import Pin, mem32
import rp2

import chip
from permit_program import program

PIO_HZ = const(80_000)  # 12.5 us a cycle: 20 rounds of 8 cycles = 2 ms
_IO_BANK0 = const(0x40014000)
_OUT_LOW = const(2 << 8)  # GPIOx_CTRL.OUTOVER = drive low (RP2040 data sheet, 2.19.6.1)
_PULL_NOBLOCK = const(0x8080)  # encoded here, because exec("text") assembles for 3 ms
_FIFO_DEPTH = const(4)


class Switch:
    """One pin, one state machine. Low from construction on."""

    def __init__(self, machine_id: int, pin: int) -> None:
        self._ctrl = _IO_BANK0 + 8 * pin + 4
        self._pin = Pin(pin, Pin.OUT, value=0)
        self._function = 6 + machine_id // 4  # GPIOx_CTRL.FUNCSEL: PIO0 is 6, PIO1 is 7
        self._machine: PioMachine = rp2.StateMachine(machine_id)
        self.force_low()
        self.stop()

    def force_low(self) -> None:
        """Pin low at once, by its pad: whatever the program does, nothing leaves."""
        mem32[self._ctrl] = self._function | _OUT_LOW

    def stop(self) -> None:
        """Stop the program and drop what it was still given."""
        machine = self._machine
        machine.active(0)
        for _ in range(_FIFO_DEPTH):
            machine.exec(_PULL_NOBLOCK)

    def arm(self, token: int) -> None:
        """Start the program afresh, still low: it waits for `token`. Only here is the pad released."""
        machine = self._machine
        machine.init(program, freq=PIO_HZ, sideset_base=self._pin)
        machine.put(token)
        machine.active(1)
        mem32[self._ctrl] = self._function


class Permit:
    """Both switches in series: either one alone keeps RF off. `give(token)` is for the first machine of each block."""

    def __init__(self, permit_pin: int, second_pin: int) -> None:
        self._first = Switch(0, permit_pin)
        self._second = Switch(4, second_pin)
        self.give = chip.give

    def low(self) -> None:
        """Both pins first; stopping the programs takes longer."""
        self._first.force_low()
        self._second.force_low()
        self._first.stop()
        self._second.stop()

    def arm(self, token: int) -> None:
        self._first.arm(token)
        self._second.arm(token)
