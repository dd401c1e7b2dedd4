"""firmware/chip.py where there is no chip: the same functions on the rig's wire, with times seen on the emulated one.

The only firmware file that the software tier replaces; tests/firmware/test_chip_twin.py holds the two together.
"""

from time import ticks_us

from _ops import TOKEN
from _wire import TICKS_MASK, wire

RING = 256
I_NOW = 0
S_TOKEN = 2
DUE = 4
_SAMPLE_US = 21
_TRANSFER_US = 16
_GIVE_US = 4
OUT = 4096
_A_TICK = 92  # bytes that the line takes in one
_FIFO = 32  # bytes that the UART holds
_FIRST, _SECOND = 0, 4  # state machines of the two switches


def sample(table, inputs):
    inputs[I_NOW] = ticks_us()
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
_configure = b"\x80\xc3"
_answer = bytearray(3)


def transfer(converters, at):
    select = converters[at + 2]
    wire.select(select, 0)
    wire.charge(_TRANSFER_US)
    wire.transfer(1, _command)
    wire.follow(_answer)
    wire.select(select, 1)
    return _answer[1] << 8 | _answer[2] | (0x10000 if wire.gpio & converters[at + 1] else 0)


def forgive(converters, at):
    select = converters[at + 2]
    wire.select(select, 0)
    wire.charge(_TRANSFER_US)
    wire.transfer(0, _configure)
    wire.select(select, 1)


def give(words, inputs, longest):
    wire.charge(_GIVE_US)
    if (ticks_us() - inputs[I_NOW]) & TICKS_MASK > longest:
        return
    token = words[S_TOKEN]
    # The bit stays until the next answer, or the program's next look.
    if not wire.fifo & 1 << _FIRST:
        wire.output(TOKEN, _FIRST, token)
        wire.fifo |= 1 << _FIRST
    if not wire.fifo & 1 << _SECOND:
        wire.output(TOKEN, _SECOND, token)
        wire.fifo |= 1 << _SECOND


def wait(times, tick_us, ring, ends, out):
    until = (times[DUE] + tick_us) & TICKS_MASK
    now = ticks_us()
    left = (until - now) & TICKS_MASK
    if left > tick_us:
        until = now
    elif left:
        wire.charge(left)
    times[DUE] = until
    put, taken = ends[0], ends[1]
    tail = wire.rx_tail
    while tail != wire.rx_head and (put + 1) % RING != taken:
        ring[put] = wire.rx[tail]
        put = (put + 1) % RING
        tail = (tail + 1) & 1023
    wire.rx_tail = tail
    if (wire.rx_head - tail) & 1023 > _FIFO:
        wire.rx_head = (tail + _FIFO) & 1023  # an overrun: what comes into a full FIFO is lost
    ends[0] = put
    sent = ends[3]
    left = (ends[2] - sent) % OUT
    if left:
        ends[3] = (sent + wire.send_part(out, sent, min(left, _A_TICK))) % OUT
    return put ^ taken


def place(array):
    return array  # these functions take no addresses


def quiet():
    pass


def random():
    return bytes(16)  # a run repeats; the latch's count makes boots differ
