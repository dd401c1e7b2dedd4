"""Everything that the board drives besides the read-backs, and how it changes at one instant."""

from struct import unpack_from
from time import ticks_diff, ticks_us

import micropython
import pins
import rp2
from flow_program import OVERHEAD, program
from machine import Pin, disable_irq, enable_irq, mem32
from micropython import const
from protocol import CUT, FLOW_HIGH, FLOW_LOW, FLOW_US, OPEN, RUN_LOW, STOP_LOOP, SUPPLY, WARM

# 2048 steps at 61 kHz: finer steps would need a slower filter behind the pin (docs/wiring.md).
FULL = const(2048)
_SLICE_A = const(0x40050064)  # PWM slice 5: GP26 is its A, GP27 its B (RP2040 data sheet 4.5)
_SLICE_B = const(0x40050078)  # slice 6: GP28 is its A
_CSR, _DIV, _CTR, _CC, _TOP = 0x00, 0x04, 0x08, 0x0C, 0x10
_IO_BANK0 = const(0x40014004)  # GPIO0_CTRL
_PWM = const(4)  # FUNCSEL
_CALM_US = const(40)  # the last part of a wait: no interrupt may come between
_CONTACTS = ((STOP_LOOP, pins.STOP_LOOP), (SUPPLY, pins.SUPPLY), (RUN_LOW, pins.RUN), (CUT, pins.CUT))
_OPENS = (pins.OPEN_SKIN_A, pins.OPEN_SKIN_B, pins.OPEN_TRANSDUCER, pins.OPEN_WATER)
FORMAT = "<HBBHHHHHI"  # as protocol.py describes them
BYTES = const(18)


@micropython.viper
def wait_until(when: int):
    """Until a microsecond, modulo 2**30; at once if it has passed."""
    timer = ptr32(0x40054028)  # TIMERAWL
    while (timer[0] - when) & 0x20000000:
        pass


@micropython.viper
def switch(when: int, toggle: int, power: int, reference: int):
    """All levels and all pins within a few cycles, at a microsecond."""
    timer = ptr32(0x40054028)
    while (timer[0] - when) & 0x20000000:
        pass
    ptr32(0x40050070)[0] = power  # CC of slice 5
    ptr32(0x40050084)[0] = reference  # CC of slice 6
    ptr32(0xD000001C)[0] = toggle  # SIO GPIO_OUT_XOR


class Outputs:
    """Off from construction on: stop loop open, supply not good, no flow, 0 V."""

    def __init__(self) -> None:
        driven = [pin for _, pin in _CONTACTS] + list(_OPENS) + [pins.WARM + n for n in range(4)] + [pins.MARKER]
        self._pins = [Pin(pin, Pin.OUT, value=0) for pin in driven]
        self._mask = 0  # of what is high among them
        self._flow_pin = Pin(pins.FLOW, Pin.OUT, value=0)
        self._flow = rp2.StateMachine(4)
        self._half = FLOW_LOW
        self.levels = [0, 0, 0, 0, 0]
        for at in (_SLICE_A, _SLICE_B):
            mem32[at + _CSR] = 0
            mem32[at + _DIV] = 1 << 4
            mem32[at + _TOP] = FULL - 1
            mem32[at + _CC] = 0
            mem32[at + _CTR] = 0
            mem32[at + _CSR] = 1
        for pin in (pins.FORWARD, pins.REFLECTED, pins.REFERENCE):
            Pin(pin, Pin.OUT, value=0)
            mem32[_IO_BANK0 + 8 * pin] = _PWM
        self.contacts = 0
        self.interlock = 0

    def off(self) -> None:
        """Everything low, at once."""
        self.contacts = self.interlock = 0
        self.levels = [0, 0, 0, 0, 0]
        switch(ticks_us(), self._mask, 0, 0)
        self._mask = 0
        self._set_flow(FLOW_LOW)

    def apply(self, when: int, data: bytearray, closed: bool) -> None:
        """Take over a record of outputs at a microsecond, and turn the marker over."""
        contacts, self.interlock, temperatures, *levels, half = unpack_from(FORMAT, data, 0)
        mask = self._mask & 1 << pins.MARKER ^ 1 << pins.MARKER
        for bit, pin in _CONTACTS:
            if contacts & bit:
                mask |= 1 << pin
        for number in range(4):
            if temperatures & WARM << number:
                mask |= 1 << pins.WARM + number
            if temperatures & OPEN << number:
                mask |= 1 << _OPENS[number]
        power = levels[3] << 16 | levels[2] if closed else levels[1] << 16 | levels[0]
        if ticks_diff(when, ticks_us()) > _CALM_US:
            wait_until(when - _CALM_US)
        toggle = mask ^ self._mask
        reference = levels[4]
        state = disable_irq()
        switch(when, toggle, power, reference)
        enable_irq(state)
        self._mask = mask
        self.contacts, self.levels = contacts, levels
        self._set_flow(half)

    def interlocked(self, closed: bool) -> None:
        """The interlock has closed or opened: RF comes or goes, if there is any."""
        levels = self.levels
        power = levels[3] << 16 | levels[2] if closed else levels[1] << 16 | levels[0]
        switch(ticks_us(), 0, power, levels[4])

    def _set_flow(self, half: int) -> None:
        if half == self._half:
            return
        steady = half in (FLOW_LOW, FLOW_HIGH)
        if steady:
            self._flow.active(0)
            self._flow_pin = Pin(pins.FLOW, Pin.OUT, value=half == FLOW_HIGH)
        else:
            if self._half in (FLOW_LOW, FLOW_HIGH):
                self._flow.init(program, freq=1_000_000 // FLOW_US, set_base=Pin(pins.FLOW))
            self._flow.put(half - OVERHEAD)
            self._flow.active(1)
        self._half = half
