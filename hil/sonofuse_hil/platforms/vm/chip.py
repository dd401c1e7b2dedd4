"""firmware/chip.py where there is no chip: the same functions on the rig's wire, with times seen on the emulated one.

The only firmware file that the software tier replaces; tests/firmware/test_chip_twin.py holds the two together.
"""

from time import ticks_us

from _ops import TOKEN
from _wire import TICKS_MASK, wire

FIFO = 32
_SAMPLE_US = 21
_TRANSFER_US = 16
_GIVE_US = 4
_LOOK_US = 4
_FIRST, _SECOND = 0, 4  # state machines of the two switches


def sample(table, inputs):
    wire.charge(_SAMPLE_US)
    gpio = wire.gpio
    at = 2
    for _ in range(table[0]):
        index = table[at]
        inputs[index] = (inputs[index] + 1) & 0xFFFF
        inputs[index + 1] = 1 if gpio & table[at + 1] else 0
        at += 2
    for _ in range(table[1]):
        index = table[at]
        inputs[index] = (inputs[index] + 1) & 0xFFFF
        inputs[index + 1] = wire.adc[table[at + 1]]
        at += 2
    return gpio


_command = bytearray(b"\x01\xff\xff")
_answer = bytearray(3)


def transfer(converters, at):
    select = converters[at + 2]
    wire.select(select, 0)
    wire.charge(_TRANSFER_US)
    wire.transfer(1, _command)
    wire.follow(_answer)
    wire.select(select, 1)
    return _answer[1] << 8 | _answer[2] | (0x10000 if wire.gpio & converters[at + 1] else 0)


def give(token, start, longest):
    wire.charge(_GIVE_US)
    if (ticks_us() - start) & TICKS_MASK > longest:
        return
    # The bit stays until the next answer, or the program's next look.
    if not wire.fifo & 1 << _FIRST:
        wire.output(TOKEN, _FIRST, token)
        wire.fifo |= 1 << _FIRST
    if not wire.fifo & 1 << _SECOND:
        wire.output(TOKEN, _SECOND, token)
        wire.fifo |= 1 << _SECOND


def wait(due, at, tick_us):
    until = (due[at] + tick_us) & TICKS_MASK
    now = ticks_us()
    left = (until - now) & TICKS_MASK
    if left > tick_us:
        until = now
    elif left:
        wire.charge(left)
    due[at] = until


def quiet():
    pass


def receive(data):
    wire.charge(_LOOK_US)
    n = min(FIFO, (wire.rx_head - wire.rx_tail) & 1023)
    tail = wire.rx_tail
    for i in range(n):
        data[i] = wire.rx[tail]
        tail = (tail + 1) & 1023
    wire.rx_tail = tail
    return n


def send(data, at, end):
    wire.charge(_LOOK_US + 8)
    n = min(FIFO, end - at)
    wire.send_part(data, at, n)
    return at + n
