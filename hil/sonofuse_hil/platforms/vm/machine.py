"""`machine` of the RP2040 on the rig's wire: only what the firmware uses, with a declared time for every call.

The times are those of a Pico at 125 MHz, rounded up: they make a tick take a plausible time, and are no measurement.
"""

from _ops import MEMORY, PIN, RESET, SCRATCH, WATCHDOG, WATCHDOG_START
from _wire import wire

_GPIO_IN = 0xD0000004
_WATCHDOG_REASON, _WATCHDOG_SCRATCH = 0x40058008, 0x4005800C
_PIN_US = 2
_MEMORY_US = 2
_FEED_US = 2


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN = 0, 1, 1, 2

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        self.output = mode == Pin.OUT
        if self.output:
            wire.charge(_PIN_US)
            wire.output(PIN, number, 1 if value else 0)

    def __call__(self, value=None):
        wire.charge(_PIN_US)
        if value is None:
            return wire.gpio >> self.number & 1
        wire.output(PIN, self.number, 1 if value else 0)

    value = __call__


class ADC:
    """Set up here, read by chip.py."""

    def __init__(self, pin):
        pass


class SPI:
    def __init__(self, number, baudrate, polarity, phase, sck, mosi, miso):
        self._us_per_byte = 8_000_000 // baudrate + 2

    def write(self, data):
        wire.charge(self._us_per_byte * len(data))
        wire.transfer(0, data)


class UART:
    """Set up here, used by chip.py."""

    def __init__(self, number, baudrate, tx, rx):
        pass


class WDT:
    def __init__(self, timeout):
        wire.charge(_FEED_US)
        wire.output(WATCHDOG_START, 0, timeout)

    def feed(self):
        wire.charge(_FEED_US)
        wire.output(WATCHDOG, 0, 0)


class _Memory:
    """Registers by address: the pins' input register and the pads' control registers exist here."""

    def __getitem__(self, address):
        wire.charge(_MEMORY_US)
        if address == _WATCHDOG_REASON or address == _WATCHDOG_SCRATCH:
            with open("reset.txt") as file:  # what the rig says of the last reset: reason and scratch register
                return int(file.read().split()[address == _WATCHDOG_SCRATCH])
        if address != _GPIO_IN:
            raise ValueError("register 0x%08x is not modelled" % address)
        return wire.gpio

    def __setitem__(self, address, value):
        wire.charge(_MEMORY_US)
        if address == _WATCHDOG_SCRATCH:
            wire.output(SCRATCH, 0, value)
            return
        pin = (address - 0x40014004) // 8
        if address != 0x40014004 + 8 * pin or not 0 <= pin < 30:
            raise ValueError("register 0x%08x is not modelled" % address)
        wire.output(MEMORY, pin, value)


mem32 = _Memory()


def reset():
    wire.request(RESET, 0, 0, 0)
    while True:  # the rig ends this process before it answers
        pass


def unique_id():
    return b"sonofuse"
