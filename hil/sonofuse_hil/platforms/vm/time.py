"""`time` in virtual time: only what the firmware uses. The original stays reachable as `utime`."""

from _wire import TICKS_MASK, wire

try:
    with open("ticks.txt") as file:
        _START = int(file.read())  # the rig can start the clock anywhere, so that it wraps where a test wants it
except OSError:
    _START = 0

_COST_US = 2  # a call into C and back on the RP2040 at 125 MHz


def ticks_us():
    wire.charge(_COST_US)
    return (wire.now + _START) & TICKS_MASK


def ticks_diff(end, start):
    return ((end - start + 0x20000000) & TICKS_MASK) - 0x20000000


def sleep_us(us):
    if us > 0:
        wire.charge(us)


def sleep_ms(ms):
    sleep_us(1000 * ms)
