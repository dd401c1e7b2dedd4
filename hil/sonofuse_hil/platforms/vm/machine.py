"""`machine` of the RP2040 on the rig's wire: only what the firmware uses, with a declared time for every call.

The times are those of a Pico at 125 MHz, rounded up: they make a tick take a plausible time, and are no measurement.
"""

from _ops import ADVANCE, MEMORY, PIN, RESET, SCRATCH, WATCHDOG_START
from _wire import charge, feed, gpio, output, request, transfer

_GPIO_IN = 0xD0000004
_WATCHDOG_REASON, _WATCHDOG_SCRATCH = 0x40058008, 0x4005800C
_PIN_US = 2
_MEMORY_US = 2
_FEED_US = 2
_NOTHING = bytearray(0)


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN = 0, 1, 1, 2

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        self.output = mode == Pin.OUT
        if self.output:
            charge(_PIN_US)
            output(PIN, number, 1 if value else 0)

    def __call__(self, value=None):
        charge(_PIN_US)
        if value is None:
            return gpio() >> self.number & 1
        output(PIN, self.number, 1 if value else 0)

    value = __call__


class ADC:
    """Set up here, read by chip.py."""

    def __init__(self, pin):
        pass


class SPI:
    def __init__(self, number, baudrate, polarity, phase, sck, mosi, miso):
        self._us_per_byte = 8_000_000 // baudrate + 2

    def write(self, data):
        charge(self._us_per_byte * len(data))
        transfer(data, _NOTHING)


class UART:
    """Set up here, used by chip.py."""

    def __init__(self, number, baudrate, tx, rx):
        pass


class WDT:
    def __init__(self, timeout):
        charge(_FEED_US)
        output(WATCHDOG_START, 0, timeout)
        request(ADVANCE, 0, 0, 0)  # so that its start comes before what feeds it

    def feed(self):
        charge(_FEED_US)
        feed()


class _Memory:
    """Registers by address: the pins' input register and the pads' control registers exist here."""

    def __getitem__(self, address):
        charge(_MEMORY_US)
        if address == _WATCHDOG_REASON or address == _WATCHDOG_SCRATCH:
            with open("reset.txt") as file:  # what the rig says of the last reset: reason and scratch register
                return int(file.read().split()[address == _WATCHDOG_SCRATCH])
        if address != _GPIO_IN:
            raise ValueError("register 0x%08x is not modelled" % address)
        return gpio()

    def __setitem__(self, address, value):
        charge(_MEMORY_US)
        if address == _WATCHDOG_SCRATCH:
            output(SCRATCH, 0, value)
            return
        pin = (address - 0x40014004) // 8
        if address != 0x40014004 + 8 * pin or not 0 <= pin < 30:
            raise ValueError("register 0x%08x is not modelled" % address)
        output(MEMORY, pin, value)


mem32 = _Memory()


def reset():
    request(RESET, 0, 0, 0)
    while True:  # the rig ends this process before it answers
        pass


def unique_id():
    return b"sonofuse"
