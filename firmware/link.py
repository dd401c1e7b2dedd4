"""The link: frames over UART0, the rows of every tick out, commands and receipts in (docs/protocol.md).

A frame is type, sequence number, payload, CRC-16/CCITT (little-endian), COBS-encoded, closed by a zero byte. Coding and
reading are bounded per tick; chip.wait moves the bytes.
"""

from array import array
import micropython
from micropython import const

import answers
import frames
import rows
from chip import RING, quiet, wait
from struct import pack_into

VERSION = const(2)  # of what is on the line: a host refuses a device with another one

# frames out, with rows.TELEMETRY
ANSWER = const(2)
DATA = const(3)  # a piece of the log
# frames in; those with a seal have an effect (authority.py)
ARM = const(16)  # sealed: set power mW u32, set duration us u32, first 8 bytes of the limit set's SHA-256
START = const(17)  # sealed
FINISH = const(18)  # sealed; without the right seal it is a STOP
DISARM = const(19)  # sealed
STOP = const(20)
ACKNOWLEDGE = const(21)  # sealed; 1: a new treatment, dose starts at zero; 0: the same one
STATUS = const(22)
READ = const(23)  # a piece of the log: which part u8, offset u32; only while the permit is low
RECEIPT = const(24)  # sequence number u16 of the frame that it answers, digest u32
SILENCE = const(25)  # sealed; the buzzer pauses

# what an ANSWER says
DONE = const(0)
REFUSED = const(1)  # not in this state
WRONG_DIGEST = const(2)
OUT_OF_RANGE = const(3)
CAUSE_PRESENT = const(4)
COOLING = const(5)
NOT_READY = const(6)
NOT_GENUINE = const(7)
NO_RECEIPT = const(8)

_DATA_BYTES = const(140)  # of a piece of the log (devicelog.py)
_HEADER = const(3)  # type, sequence number

# of `own`
_TICK_US = const(1000)
_LENGTH = const(32)  # frames.LENGTH
_RANGE_PUT = const(28)  # frames._RANGE_PUT
_RANGE_TAKEN = const(29)  # frames._RANGE_TAKEN
_MAX_FRAME = const(240)  # frames.MAX_FRAME
_USUAL_BEFORE_US = const(128)


class Link:
    """Both directions of UART0, in buffers made once, a bounded share of them on every tick.

    `payload` is that of the frame that frames.hear has found.
    `tell` is for a device that refuses to tick.

    Args:
        state_words: of the kernel's state. receipt_us, tick_us: of the limit set.
    """

    def __init__(self, state_words: int = 0, receipt_us: int = 0, tick_us: int = _TICK_US) -> None:
        quiet()
        own = array("i", [0] * rows.WORDS)
        own[rows.STATE_WORDS] = state_words
        own[rows.RECEIPT_US] = receipt_us
        own[rows.USUAL_US] = tick_us - _USUAL_BEFORE_US
        own[rows.TIME] = 1
        own[rows.CHANGED] = rows.ANEW
        self.own = own
        self.ring = bytearray(rows.RING)
        self.out = bytearray(frames.OUT)
        self.into = bytearray(RING)  # chip.wait fills it
        self.ends = array("i", [0] * 4)
        self.data = bytearray(_DATA_BYTES)
        self.input = bytearray(_MAX_FRAME)  # the frame that comes in

    @property
    def payload(self) -> "memoryview":
        """Of the frame that has come: good until the next tick."""
        return memoryview(self.input)[_HEADER : self.own[_LENGTH]]

    @micropython.native
    def show(self, state: int, cause: int) -> None:
        """What telemetry says from now on; the frame that is open ends with the next row."""
        own = self.own
        own[rows.STATE] = state
        own[rows.CAUSE] = cause
        own[rows.CLOSE] = 1

    def answer(self, command: int, result: int) -> None:
        """An answer to the command that came last."""
        answers.answer(self.own, self.input, command, result)

    def tell(self, state: int, cause: int) -> None:
        """One frame of telemetry without rows, now, however long it takes: for a device that never ticks."""
        own, ends = self.own, self.ends
        pack_into("<BH", self.data, rows.HEAD_BYTES - _HEADER, state, cause)
        answers.piece(own, rows.TELEMETRY, rows.HEAD_BYTES + rows.TAIL_BYTES - _HEADER - 2)
        answers.begin(own, self.ring, self.data)
        times = array("i", [0] * rows.FRAME)
        while own[rows.AT] != own[rows.PUT] or own[_RANGE_PUT] != own[_RANGE_TAKEN] or ends[2] != ends[3]:
            ends[0] = ends[1]  # a device that refuses hears nothing
            frames.work(0, 0, 0, own, ends, self.ring, self.out)
            wait(times, 0, self.into, ends, self.out)
