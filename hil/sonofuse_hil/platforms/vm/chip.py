"""firmware/chip.py where there is no chip: the same functions on the rig's wire, with times seen on the emulated one.

The only firmware file that the software tier replaces; tests/firmware/test_chip_twin.py holds the two together.
"""

# Viper makes pointers of the memory, which a checker cannot follow:
# pyright: reportIndexIssue=false, reportArgumentType=false

from time import ticks_us

import micropython
from _wire import charge, exchange, halves, octets, put, reading, send, waiting, words
from micropython import const

RING = const(256)
I_NOW = const(0)  # kernel.I_NOW
S_TOKEN = const(2)  # kernel.S_TOKEN
DUE = const(4)  # of the monitor's times
OUT = const(4096)  # frames.OUT
NOW = const(0)  # _ops.NOW
GPIO = const(3)  # _ops.GPIO
RX_HEAD = const(14)  # _ops.RX_HEAD
RX_TAIL = const(15)  # _ops.RX_TAIL
ADC_AT = const(192)  # _ops.ADC_AT
RX_AT = const(256)  # _ops.RX_AT
SLOT_US = const(1000)  # _ops.SLOT_US
TICKS_MASK = const(0x3FFFFFFF)  # _wire.TICKS_MASK
_SAMPLE_US = const(21)
_TRANSFER_US = const(16)
_GIVE_US = const(4)
_A_TICK = const(92)  # bytes that the line takes in one
_FIFO = const(32)  # bytes that the UART holds
_FIRST = const(0)  # state machines of the two switches
_SECOND = const(4)
_RX_LAST = const(1023)


@micropython.viper
def sample(table: ptr32, inputs: ptr32) -> int:
    inputs[I_NOW] = int(ticks_us())
    charge(_SAMPLE_US)
    own = ptr32(words)
    counts = ptr16(halves)
    gpio = own[GPIO]
    contacts = table[0]
    converters = table[1]
    at = 2
    while contacts:
        index = table[at]
        inputs[index] = (inputs[index] + 1) & 0xFFFF
        level = 0
        if gpio & table[at + 1]:
            level = 1
        inputs[index + 1] = level
        at += 2
        contacts -= 1
    slot = ADC_AT * 2 + own[NOW] // SLOT_US * 4
    while converters:
        index = table[at]
        inputs[index] = (inputs[index] + 1) & 0xFFFF
        inputs[index + 1] = counts[slot + table[at + 1]]
        at += 2
        converters -= 1
    return gpio


@micropython.viper
def transfer(converters: ptr32, at: int) -> int:
    charge(_TRANSFER_US)
    select = converters[at + 2]
    value = int(reading(select))
    if value < 0:
        exchange(select, _read, _answer)
        answer = ptr8(_answer)
        value = answer[1] << 8 | answer[2]
    own = ptr32(words)
    if own[GPIO] & converters[at + 1]:
        value |= 0x10000
    return value


_read = b"\x01\xff\xff"
_configure = b"\x80\xc3"
_answer = bytearray(3)
_nothing = bytearray(0)


def forgive(converters, at):
    charge(_TRANSFER_US)
    exchange(converters[at + 2], _configure, _nothing)


@micropython.viper
def give(words: ptr32, inputs: ptr32, longest: int):
    charge(_GIVE_US)
    if (int(ticks_us()) - inputs[I_NOW]) & TICKS_MASK > longest:
        return
    token = words[S_TOKEN]
    full = int(waiting(1 << _FIRST | 1 << _SECOND))
    if not full & 1 << _FIRST:
        put(_FIRST, token)
    if not full & 1 << _SECOND:
        put(_SECOND, token)


@micropython.viper
def wait(times: ptr32, tick_us: int, ring: ptr8, ends: ptr32, out: ptr8) -> int:
    until = (times[DUE] + tick_us) & TICKS_MASK
    now = int(ticks_us())
    left = (until - now) & TICKS_MASK
    if left > tick_us:
        until = now
    elif left:
        charge(left)
    times[DUE] = until
    own = ptr32(words)
    line = ptr8(octets)
    put = ends[0]
    taken = ends[1]
    head = own[RX_HEAD]
    tail = own[RX_TAIL]
    while tail != head:
        after = put + 1
        if after == RING:
            after = 0
        if after == taken:
            break
        ring[put] = line[RX_AT * 4 + tail]
        put = after
        tail = (tail + 1) & _RX_LAST
    own[RX_TAIL] = tail
    if (head - tail) & _RX_LAST > _FIFO:
        own[RX_HEAD] = (tail + _FIFO) & _RX_LAST  # an overrun: what comes into a full FIFO is lost
    ends[0] = put
    sent = ends[3]
    left = (ends[2] - sent) & (OUT - 1)
    if left > OUT - sent:
        left = OUT - sent
    if left > _A_TICK:
        left = _A_TICK
    if left:
        send(out, sent, left)
        ends[3] = (sent + left) & (OUT - 1)
    return put ^ taken


def place(array):
    return array  # these functions take no addresses


def quiet():
    pass


def random():
    return bytes(16)  # a run repeats; the latch's count makes boots differ
