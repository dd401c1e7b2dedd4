"""The firmware's side of the wire to the rig: virtual time, inputs, and what the firmware puts out.

Runs inside the MicroPython VM. Every call of a shim charges its declared time here. The rig grants inputs up to a
horizon; past it the VM waits for the rig. Both sides see one memory (_ops.py): what the firmware has put out is there
at once and wakes nobody, so that it is on record even if the firmware hangs in the next instruction. Nothing here
allocates after import.
"""

# Viper makes pointers of the memory, which a checker cannot follow:
# pyright: reportIndexIssue=false, reportArgumentType=false

import os

import _ops
import micropython
from micropython import const
from uctypes import ARRAY, UINT16, UINT32, bytearray_at, struct

ADVANCE = const(1)  # _ops.ADVANCE
READING = const(26)  # _ops.READING
SPI_TRANSFER = const(2)  # _ops.SPI_TRANSFER
TOKEN = const(18)  # _ops.TOKEN
UART_TX = const(24)  # _ops.UART_TX
NOW = const(0)  # _ops.NOW
DUE = const(1)  # _ops.DUE
HORIZON = const(2)  # _ops.HORIZON
GPIO = const(3)  # _ops.GPIO
RAISED = const(4)  # _ops.RAISED
STEP = const(5)  # _ops.STEP
STEPS_END = const(6)  # _ops.STEPS_END
FIFO = const(7)  # _ops.FIFO
FIFO_SLOT = const(8)  # _ops.FIFO_SLOT
BASE = const(10)  # _ops.BASE
ORDER = const(12)  # _ops.ORDER
READINGS = const(13)  # _ops.READINGS
OUT_HEAD = const(16)  # _ops.OUT_HEAD
FED = const(17)  # _ops.FED
FED_FIRST = const(18)  # _ops.FED_FIRST
FED_LAST = const(19)  # _ops.FED_LAST
REQUEST = const(21)  # _ops.REQUEST
READING_AT = const(32)  # _ops.READING_AT
READING_WORDS = const(3)  # _ops.READING_WORDS
STEP_WORDS = const(4)  # _ops.STEP_WORDS
SLOT_US = const(1000)  # _ops.SLOT_US
PAYLOAD_AT = const(512)  # _ops.PAYLOAD_AT
OUT_AT = const(1536)  # _ops.OUT_AT
OUT_WORDS = const(8192)  # _ops.OUT_WORDS
RECORD_WORDS = const(3)  # _ops.RECORD_WORDS

TICKS_MASK = const(0x3FFFFFFF)  # time wraps as on the RP2040


def _address():
    """Where the shared memory is: the rig's own VM is told, another maps it by itself."""
    told = os.getenv("SONOFUSE_WIRE")
    if told:
        return int(told)
    import ffi

    read_write, shared, descriptor = 3, 1, 5
    return ffi.open(None).func("P", "mmap", "PLiiil")(0, _ops.BYTES, read_write, shared, descriptor, 0)


_begin = _address()
words = struct(_begin, {"all": (ARRAY | 0, UINT32 | _ops.BYTES // 4)}).all
halves = struct(_begin, {"all": (ARRAY | 0, UINT16 | _ops.BYTES // 2)}).all
octets = bytearray_at(_begin, _ops.BYTES)
_read = open(4, "rb").readinto
_write = open(3, "wb").write
_answered = bytearray(1)


@micropython.viper
def charge(us: int):
    """Let `us` microseconds pass."""
    own = ptr32(words)
    now = own[NOW] + us
    own[NOW] = now
    if now >= own[DUE]:
        follow()


@micropython.viper
def follow():
    """Take over the inputs of every step that has begun; past the horizon ask for new ones."""
    own = ptr32(words)
    now = own[NOW]
    if now >= own[HORIZON]:
        request(ADVANCE, 0, 0, 0)
        return
    at = own[STEP]
    end = own[STEPS_END]
    raised = own[RAISED]
    while at < end and own[at] <= now:
        fresh = own[at + 2]
        if fresh:
            raised -= raised & fresh
            place = READING_AT + READING_WORDS * (own[at + 3] >> 16)
            own[place + 2] = own[at + 3] & 0xFFFF
        own[GPIO] = own[at + 1] | raised
        at += STEP_WORDS
    own[RAISED] = raised
    own[STEP] = at
    due = own[HORIZON]
    if at < end:
        due = own[at]
    own[DUE] = due


def request(operation, argument, length, value):
    """Ask the rig and wait for its answer; inputs are then those of this instant."""
    own = words
    own[REQUEST] = operation
    own[REQUEST + 1] = argument
    own[REQUEST + 2] = length
    own[REQUEST + 3] = value
    _write(b"?")
    if _read(_answered) != 1:
        raise SystemExit
    order = own[ORDER]
    if order:
        own[ORDER] = 0
        _obey(order)


def _obey(order):
    """A fault that the rig wants inside this very call."""
    if order == _ops.HANG:
        while True:
            pass
    if order == _ops.MEMORY_ERROR:
        raise MemoryError
    if order == _ops.OS_ERROR:
        raise OSError(5)
    if order == _ops.VALUE_ERROR:
        raise ValueError("injected")
    if order == _ops.STACK:
        _obey(order)
    if order >= _ops.LATE:
        charge((order - _ops.LATE + 1) * 1000)
        return
    raise KeyboardInterrupt


@micropython.viper
def output(operation: int, argument: int, value: int):
    own = ptr32(words)
    if own[OUT_HEAD] > OUT_WORDS - RECORD_WORDS:
        request(ADVANCE, 0, 0, 0)
    head = own[OUT_HEAD]
    at = OUT_AT + head
    own[at] = own[NOW]
    own[at + 1] = operation | argument << 8
    own[at + 2] = value
    own[OUT_HEAD] = head + RECORD_WORDS  # last: what is cut off before was not said


@micropython.viper
def send(data: ptr8, at: int, n: int):
    """`n` bytes of a buffer onto the line."""
    own = ptr32(words)
    size = (n + 3) >> 2
    if own[OUT_HEAD] > OUT_WORDS - RECORD_WORDS - size:
        request(ADVANCE, 0, 0, 0)
    head = own[OUT_HEAD]
    place = OUT_AT + head
    own[place] = own[NOW]
    own[place + 1] = UART_TX | n << 16
    own[place + 2] = 0
    into = ptr8(octets)
    start = (place + RECORD_WORDS) << 2
    i = 0
    while i < n:
        into[start + i] = data[at + i]
        i += 1
    own[OUT_HEAD] = head + RECORD_WORDS + size


@micropython.viper
def feed():
    """The watchdog, on every tick: only the first and the last time since the answer matter, they lie close."""
    own = ptr32(words)
    if not own[FED]:
        own[FED_FIRST] = own[NOW]
    own[FED_LAST] = own[NOW]
    own[FED] = 1


@micropython.viper
def waiting(bits: int) -> int:
    """Which of these FIFOs still hold a word: known at an answer, and until the slot ends in which one was put."""
    own = ptr32(words)
    slot = own[NOW] // SLOT_US
    if own[FIFO_SLOT] != slot:
        own[FIFO_SLOT] = slot
        own[FIFO] = 0
    return own[FIFO] & bits


@micropython.viper
def put(machine: int, word: int):
    """A word into the FIFO of a state machine."""
    output(TOKEN, machine, word)
    waiting(0)
    own = ptr32(words)
    own[FIFO] = own[FIFO] | 1 << machine


@micropython.viper
def reading(select: int) -> int:
    """The 16 bits that a converter shows, by the mask of its chip select, and its DRDY rises; -1: not granted."""
    own = ptr32(words)
    place = READING_AT
    number = 0
    while number < own[READINGS]:
        if own[place] == select:
            own[RAISED] = own[RAISED] | own[place + 1]
            own[GPIO] = own[GPIO] | own[place + 1]
            bits = own[place + 2]
            output(READING, number, 0)
            return bits
        place += READING_WORDS
        number += 1
    return 0 - 1


def transfer(data, back):
    """A transaction on SPI that the rig carries out; what comes back goes into `back`."""
    for i in range(len(data)):
        octets[4 * PAYLOAD_AT + i] = data[i]
    request(SPI_TRANSFER, 0, len(data), 0)
    take(back, len(back))


def exchange(select, data, back):
    """The same with the converter whose chip select has this mask."""
    pin = 0
    while select > 1:
        select >>= 1
        pin += 1
    output(_ops.PIN, pin, 0)
    transfer(data, back)
    output(_ops.PIN, pin, 1)


@micropython.viper
def take(buffer: ptr8, n: int):
    """What came with an answer."""
    payload = ptr8(octets)
    i = 0
    while i < n:
        buffer[i] = payload[PAYLOAD_AT * 4 + i]
        i += 1


def gpio():
    return words[GPIO]


def now():
    """Microseconds since the boot."""
    return (words[BASE + 1] << 32 | words[BASE]) + words[NOW]
