"""The firmware's side of the wire to the rig: virtual time, inputs, and what the firmware puts out.

Runs inside the MicroPython VM. Every call of a shim charges its declared time here. The rig grants inputs up to a
horizon, in steps with their times; past the horizon the VM waits for the rig. Outputs go to a second pipe at once and
wake nobody, so that they are on record even if the firmware hangs in the next instruction. Nothing here allocates after
import.
"""

from array import array
from struct import pack_into

from _ops import (
    ADVANCE,
    HANG,
    LATE,
    MEMORY_ERROR,
    OS_ERROR,
    PIN,
    PINS_BYTES,
    RECEIVED_AT,
    RECORD,
    RECORD_BYTES,
    REPLY_BYTES,
    SPI_TRANSFER,
    STACK,
    STEP_WORDS,
    STEPS_AT,
    UART_TX,
    VALUE_ERROR,
)

TICKS_MASK = 0x3FFFFFFF  # time wraps as on the RP2040

_replies = open(4, "rb")
_read = _replies.readinto
_write_request = open(3, "wb").write
_write_output = open(5, "wb").write
_record = bytearray(RECORD_BYTES)
_reply = array("I", [0] * (REPLY_BYTES // 4))  # unpacking would allocate
_pins = array("I", [0])
_parts = [bytearray(n) for n in range(93)]


class Wire:
    def __init__(self):
        self.now = 0
        self.due = 0  # when the next step begins, or the horizon
        self.horizon = 0
        self.gpio = 0
        self.fifo = 0  # bit per state machine: 1 while its FIFO still holds a word
        self.adc = [0, 0, 0, 0]
        self.rx = bytearray(1024)
        self.rx_head = 0
        self.rx_tail = 0
        self._raised = 0  # pins that went high since the answer
        self._base = 0  # time of the answer
        self._step = 0  # word of the next step
        self._end = 0

    def charge(self, us):
        """Let `us` microseconds pass."""
        now = self.now + us
        self.now = now
        if now >= self.due:
            if now >= self.horizon:
                self.request(ADVANCE, 0, 0, 0)
            else:
                self._follow()

    def _follow(self):
        """Take over the inputs of every step that has begun."""
        reply = _reply
        since = self.now - self._base
        at = self._step
        end = self._end
        while at < end and reply[at] & 0xFFFF <= since:
            adc = self.adc
            word = reply[at]
            adc[0] = word >> 16
            word = reply[at + 1]
            adc[1] = word & 0xFFFF
            adc[2] = word >> 16
            adc[3] = reply[at + 2] & 0xFFFF
            self.gpio = reply[at + 3] | self._raised
            self.fifo = 0  # the program has looked since
            at += STEP_WORDS
        self._step = at
        self.due = self._base + (reply[at] & 0xFFFF) if at < end else self.horizon

    def request(self, operation, argument, length, value, payload=None):
        """Ask the rig and wait for its answer; inputs are then those of this instant."""
        pack_into(RECORD, _record, 0, self.now, operation, argument, length, value)
        _write_request(_record)
        if payload is not None:
            _write_request(payload)
        self._answer()

    def transfer(self, wanted, data):
        """An SPI transfer: what comes back follows if it is wanted."""
        pack_into(RECORD, _record, 0, self.now, SPI_TRANSFER, wanted, len(data), 0)
        _write_request(_record)
        _write_request(data)
        if _read(_pins) != PINS_BYTES:
            raise SystemExit
        self._raised |= _pins[0]
        self.gpio |= _pins[0]

    def _answer(self):
        reply = _reply
        if _read(reply) != REPLY_BYTES:
            raise SystemExit
        self.horizon = reply[0] | reply[1] << 32
        flags = reply[2]
        self._raised = 0
        self._base = self.now = reply[4] | reply[5] << 32
        self._step = STEPS_AT
        self._end = STEPS_AT + STEP_WORDS * reply[3]
        self._follow()
        self.fifo = flags >> 8 & 0xFF
        if flags >> 16:
            self._receive(flags >> 16)
        if flags & 0xFF:
            self._obey(flags & 0xFF)

    def _receive(self, received):
        rx = self.rx
        head = self.rx_head
        for i in range(received):
            rx[head] = _reply[RECEIVED_AT + (i >> 2)] >> 8 * (i & 3) & 0xFF
            head = (head + 1) & 1023
        self.rx_head = head

    def _obey(self, order):
        """A fault that the rig wants inside this very call."""
        if order == HANG:
            while True:
                pass
        if order == MEMORY_ERROR:
            raise MemoryError
        if order == OS_ERROR:
            raise OSError(5)
        if order == VALUE_ERROR:
            raise ValueError("injected")
        if order == STACK:
            self._obey(order)
        if order >= LATE:
            self.charge((order - LATE + 1) * 1000)
            return
        raise KeyboardInterrupt

    def follow(self, buffer):
        """The payload that comes after an answer."""
        if _read(buffer) != len(buffer):
            raise SystemExit

    def output(self, operation, argument, value):
        pack_into(RECORD, _record, 0, self.now, operation, argument, 0, value)
        _write_output(_record)

    def send_part(self, data, at, n):
        """Some bytes of a ring onto the line, up to its end; how many. A slice would allocate."""
        n = min(n, len(data) - at)
        part = _parts[n]
        for i in range(n):
            part[i] = data[at + i]
        pack_into(RECORD, _record, 0, self.now, UART_TX, 0, n, 0)
        _write_output(_record)
        _write_output(part)
        return n

    def select(self, mask, level):
        """A chip select, by its mask."""
        pin = 0
        while mask > 1:
            mask >>= 1
            pin += 1
        self.output(PIN, pin, level)


wire = Wire()
