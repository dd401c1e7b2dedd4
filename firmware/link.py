"""The link: COBS frames with a CRC-16 over UART0, telemetry out and a few commands in (docs/protocol.md).

A frame is type, sequence number, payload, CRC-16/CCITT (little-endian), COBS-encoded, closed by a zero byte. Reading is
bounded per tick. Commands are not authenticated yet: who can reach this UART can arm, so `host = "none"` says that no
host is part of the safety argument.
"""

from array import array
import micropython
from micropython import const

import telemetry
from chip import RING, quiet, send
from telemetry import slice_of

# frames out
TELEMETRY = const(1)
ANSWER = const(2)
DATA = const(3)  # a piece of the log
# frames in
ARM = const(16)  # set power mW u32, set duration us u32, first 8 bytes of the limit set's SHA-256
START = const(17)
FINISH = const(18)
DISARM = const(19)
STOP = const(20)
ACKNOWLEDGE = const(21)  # 1: a new treatment, dose starts at zero; 0: the same one
STATUS = const(22)
READ = const(23)  # a piece of the log: which part u8, offset u32; only while the permit is low

# what an ANSWER says
DONE = const(0)
REFUSED = const(1)  # not in this state
WRONG_DIGEST = const(2)
OUT_OF_RANGE = const(3)
CAUSE_PRESENT = const(4)
COOLING = const(5)
NOT_READY = const(6)

_MAX_FRAME = const(240)  # coded bytes before the closing zero
_MIN_FRAME = const(6)
_HEADER = const(3)  # type, sequence number
_ANSWERS = const(8)  # that can wait
_DATA_BYTES = const(140)  # of a piece of the log (devicelog.py)

# words of the line's own state, behind those of telemetry.py
_NEXT = const(0)  # telemetry.NEXT
_IN = const(6)  # telemetry.IN
_WHOLE = const(7)  # telemetry.WHOLE
_AT = const(8)  # what is on its way: from _AT to _END
_END = const(9)
_LEFT = const(10)  # received bytes that this tick may still look at
_FILLED = const(11)  # bytes of the frame that is coming in
_CODED = const(12)  # bytes of a packed frame that are coded, and where COBS stands
_OUT = const(13)
_CODE = const(14)
_CODE_AT = const(15)
_WAITING = const(16)  # answers that wait
_DATA_WAITS = const(17)
_ANSWERED = const(18)
_LOOKED = const(19)  # the last tick looked at what came
_WORDS = const(20)

# what a tick does with the line
_SEND = const(1)
_ENCODE = const(2)
_PACK = const(3)
_BEGIN = const(4)
_LOOK = const(5)
_RING = const(255)  # chip._RING
_A_TICK = const(28)  # bytes coded in one
_A_LOOK = const(64)  # bytes looked at in one
_A_FRAME = const(20)  # bytes that take as long as a frame


@micropython.viper
def turn(own: ptr32, ends: ptr32, busy: int) -> int:
    """The one thing that this tick does: look at what came, or send something; 0 for nothing, as when it is busy.

    Both take turns while there is both: no tick gets long, no flood starves telemetry, and STOP waits for nothing else.
    """
    left = own[_IN]
    if left:  # it stays at 0: where words are wider than 32 bits, a negative one is loaded as a large one
        left -= 1
        own[_IN] = left
    if busy:
        return 0
    if ends[0] != ends[1] and own[_LOOKED] == 0:
        own[_LOOKED] = 1
        return _LOOK
    own[_LOOKED] = 0
    if own[_AT] != own[_END]:
        return _SEND
    if own[_WHOLE]:
        return _ENCODE
    if own[_NEXT]:
        return _PACK
    waiting = own[_WAITING] | own[_DATA_WAITS]
    if waiting and own[_ANSWERED] == 0:
        own[_ANSWERED] = 1
        return _BEGIN
    if left == 0:
        own[_ANSWERED] = 0  # one answer goes before each frame of telemetry, and a flood of commands cannot starve it
        return _PACK
    if waiting:
        return _BEGIN
    if ends[0] != ends[1]:
        own[_LOOKED] = 1
        return _LOOK
    return 0


@micropython.viper
def encode(source: ptr8, own: ptr32, target: ptr8):
    """COBS of the next bytes of a packed frame; with the last ones it is on its way."""
    n = own[_WHOLE]
    i = own[_CODED]
    out = own[_OUT]
    code = own[_CODE]
    code_at = own[_CODE_AT]
    if i == 0:
        code_at = 0
        code = 1
        out = 1
    end = i + _A_TICK
    if end > n:
        end = n
    while i < end:
        byte = source[i]
        if byte:
            target[out] = byte
            out += 1
            code += 1
        if byte == 0 or code == 255:
            target[code_at] = code
            code = 1
            code_at = out
            out += 1
        i += 1
    if i == n:
        target[code_at] = code
        target[out] = 0
        own[_END] = out + 1
        own[_AT] = 0
        own[_WHOLE] = 0
        i = 0
    own[_CODED] = i
    own[_OUT] = out
    own[_CODE] = code
    own[_CODE_AT] = code_at


@micropython.viper
def crc16(data: ptr8, n: int) -> int:
    """CRC-16/CCITT-FALSE, in viper because a frame of bytecode would cost a tick."""
    crc = 0xFFFF
    i = 0
    while i < n:
        x = (crc >> 8) ^ data[i]  # the eight steps of a byte at once: the polynomial has few bits
        x ^= x >> 4
        crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xFFFF
        i += 1
    return crc


@micropython.viper
def cobs_decode(data: ptr8, n: int) -> int:
    """Decode n bytes (without the closing zero) in place; the length, or -1 if it is not COBS."""
    i = 0
    out = 0
    while i < n:
        code = data[i]
        if code == 0 or i + code > n:
            return -1
        i += 1
        k = 1
        while k < code:
            data[out] = data[i]
            out += 1
            i += 1
            k += 1
        if code < 255 and i < n:
            data[out] = 0
            out += 1
    return out


@micropython.viper
def gather(ring: ptr8, ends: ptr32, own: ptr32, data: ptr8) -> int:
    """Move received bytes to the frame that is coming in, up to its closing zero; 1 if that has come.

    At most own[_LEFT] bytes; a whole frame counts as more, because it takes a while to check. One that is too short is
    none, one that is too long is counted on, and not kept.
    """
    put = ends[0]
    taken = ends[1]
    filled = own[_FILLED]
    left = own[_LEFT]
    closed = 0
    while taken != put and left and closed == 0:
        byte = ring[taken]
        taken = (taken + 1) & _RING
        left -= 1
        if byte == 0:
            if filled >= _MIN_FRAME:
                closed = 1
                left -= _A_FRAME
                if left < 0:
                    left = 0
            else:
                filled = 0
        else:
            if filled < _MAX_FRAME:
                data[filled] = byte
            if filled <= _MAX_FRAME:
                filled += 1
    ends[1] = taken
    own[_LEFT] = left
    own[_FILLED] = filled
    return closed


class Link:
    """Both directions of UART0, in buffers made once, a bounded share of them on every tick.

    What goes out: telemetry, made in slices, and answers, which wait their turn. After `step` returned a type,
    `received` holds that frame's payload. `tell` is for a device that refuses to tick.
    """

    def __init__(self, channels: int) -> None:
        quiet()
        n = _HEADER + telemetry.HEAD_BYTES + telemetry.CHANNEL_BYTES * channels + 2
        self._frame = bytearray(n)
        self._coded = bytearray(n + n // 254 + 4)
        self._small = bytearray(_HEADER + 2 + 2)
        self._small_coded = bytearray(_HEADER + 8)
        self._large = bytearray(_HEADER + _DATA_BYTES + 2)
        self._large_coded = bytearray(_HEADER + _DATA_BYTES + 6)
        self.data = memoryview(self._large)[_HEADER : _HEADER + _DATA_BYTES]
        self._answers = bytearray(2 * _ANSWERS)  # a ring of (command, result)
        self._first = 0
        self._plain = self._frame  # what is coded now, and into what
        self._sending = self._coded
        own = array("i", [0] * _WORDS)
        own[telemetry.CHANNELS] = channels
        own[_IN] = telemetry.PERIOD
        self._input = bytearray(_MAX_FRAME)
        self.ring = bytearray(RING)  # chip.wait fills it
        self.ends = array("i", [0, 0])
        self._both = (own, self.ends)
        self.received = memoryview(self._input)[_HEADER:]
        self.received_length = 0

    @micropython.native
    def show(self, state: int, cause: int) -> None:
        """What telemetry says from now on; the next frame begins at once."""
        own = self._both[0]
        own[telemetry.STATE] = state
        own[telemetry.CAUSE] = cause
        own[_IN] = 1

    @micropython.native
    def answer(self, command: int, result: int) -> None:
        """An answer to a command, as soon as the line is free; the oldest is dropped when too many wait."""
        own = self._both[0]
        if own[_WAITING] == _ANSWERS:
            self._first = (self._first + 1) % _ANSWERS
            own[_WAITING] -= 1
        at = 2 * ((self._first + own[_WAITING]) % _ANSWERS)
        self._answers[at] = command
        self._answers[at + 1] = result
        own[_WAITING] += 1

    def piece(self) -> None:
        """A piece of the log, which `data` holds, as soon as the line is free."""
        self._both[0][_DATA_WAITS] = 1

    @micropython.native
    def step(self, words: "Words", inputs: "Words", busy: int) -> int:
        """One tick's share of the line, nothing if it is `busy`: the type of a whole frame that has come, or 0 and one
        thing sent: bytes put on the line, some of a frame coded, a slice of telemetry packed, or another frame begun.

        At most _A_LOOK received bytes are looked at.
        """
        own, ends = self._both
        todo = turn(own, ends, busy)
        if todo == 0:
            return 0
        if todo == _LOOK:
            return self._look(own, ends)
        if todo == _SEND:
            own[_AT] = send(self._sending, own[_AT], own[_END])
        elif todo == _ENCODE:
            encode(self._plain, own, self._sending)
        elif todo == _PACK:
            frame = self._plain = self._frame
            self._sending = self._coded
            slice_of(frame, own, words, inputs)
        else:
            self._begin(own)
        return 0

    @micropython.native
    def _look(self, own: "Words", ends: "Words") -> int:
        """The type of a frame that has come whole, or 0."""
        data = self._input
        own[_LEFT] = _A_LOOK
        while gather(self.ring, ends, own, data):
            n = -1 if own[_FILLED] > _MAX_FRAME else cobs_decode(data, own[_FILLED])
            own[_FILLED] = 0
            if n >= _HEADER + 2 and crc16(data, n - 2) == data[n - 2] | data[n - 1] << 8:
                self.received_length = n - 2 - _HEADER
                return data[0]
        return 0

    @micropython.native
    def _begin(self, own: "Words") -> None:
        """Number and seal an answer, or a piece of the log: it is coded from the next tick on."""
        if own[_WAITING]:
            at = 2 * self._first
            self._first = (self._first + 1) % _ANSWERS
            own[_WAITING] -= 1
            self._plain = plain = self._small
            self._sending = self._small_coded
            plain[0] = ANSWER
            plain[_HEADER] = self._answers[at]
            plain[_HEADER + 1] = self._answers[at + 1]
        else:
            own[_DATA_WAITS] = 0
            self._plain = plain = self._large
            self._sending = self._large_coded
            plain[0] = DATA
        sequence = own[telemetry.SEQUENCE]
        own[telemetry.SEQUENCE] = (sequence + 1) & 0xFFFF
        plain[1] = sequence & 0xFF
        plain[2] = sequence >> 8
        n = len(plain) - 2
        crc = crc16(plain, n)
        plain[n] = crc & 0xFF
        plain[n + 1] = crc >> 8
        own[_WHOLE] = n + 2

    def tell(self, state: int, cause: int) -> None:
        """One frame of telemetry without channels, now, however long it takes: for a device that never ticks."""
        own = self._both[0]
        self.show(state, cause)
        zero = array("i", [0] * 16)
        slice_of(self._frame, own, zero, zero)
        while own[_WHOLE]:
            encode(self._frame, own, self._coded)
        while own[_AT] != own[_END]:
            own[_AT] = send(self._coded, own[_AT], own[_END])
