"""Frames on the line: COBS with a CRC-16, coded on the way out in small shares, cut and checked on the way in."""

# Viper makes pointers of addresses, which a checker cannot follow:
# pyright: reportAbstractUsage=false, reportCallIssue=false, reportArgumentType=false

import micropython
from array import array
from micropython import const

# words of the line, behind those of rows.py
_IN_FRAME = const(1)  # rows.IN_FRAME
_SEGMENT_PUT = const(7)  # rows.SEGMENT_PUT
_SEGMENT_TAKEN = const(8)  # rows.SEGMENT_TAKEN
_SEGMENTS = const(160)  # rows.SEGMENTS
_BEGINS = const(1 << 21)  # rows.BEGINS
_ENDS = const(1 << 22)  # rows.ENDS
_SEGMENT_AT = const(20)  # bytes of a segment that are coded
_CRC = const(21)
_CODE = const(22)  # where COBS stands
_CODE_AT = const(23)
_OUT = const(24)  # of the bytes to send
_LOOKED = const(25)  # the last tick looked at what came
FILLED = const(26)  # bytes of the frame that is coming in
LEFT = const(27)  # received bytes that this tick may still look at
WAITING = const(28)  # answers that wait

# of `ends`, which chip.wait shares
_PUT = const(0)  # of the bytes received
_TAKEN = const(1)
_LIMIT = const(2)  # of the bytes to send: these are whole
_SENT = const(3)

MAX_FRAME = const(240)  # coded bytes before the closing zero that are taken
_MIN_FRAME = const(6)
OUT = const(1024)  # bytes that can wait to be sent
_OUT_MASK = const(1023)
_RING_MASK = const(0xFFF)  # of rows.RING
_RECEIVED_MASK = const(255)  # chip._RING
_A_TICK = const(48)  # bytes coded in one: two ticks leave as many
_FULL = const(900)
_A_FRAME = const(20)  # bytes that take as long to look at as a frame takes to check

LOOK = const(1)
ANSWER = const(2)


@micropython.viper
def _fill(table: ptr32):
    """The CRC-16/CCITT of every byte."""
    byte = 0
    while byte < 256:
        crc = byte << 8
        bits = 8
        while bits:
            crc <<= 1
            if crc & 0x10000:
                crc ^= 0x11021
            bits -= 1
        table[byte] = crc
        byte += 1


_crc_of_byte = array("i", [0] * 256)
_fill(_crc_of_byte)


@micropython.viper
def work(own: ptr32, ends: ptr32, ring: ptr8, out: ptr8, busy: int) -> int:
    """This tick's share of the line: code what waits to be sent, or say that it is time to LOOK at what came.

    Both take turns while there is both, so that no tick gets long, no flood starves the rows, and STOP waits for
    nothing else. ANSWER: one waits, and no frame is open. Nothing if the tick is `busy`.
    """
    if own[WAITING] and own[_IN_FRAME] == 0:
        return ANSWER
    if busy:
        return 0
    if ends[_PUT] != ends[_TAKEN] and own[_LOOKED] == 0:
        own[_LOOKED] = 1
        return LOOK
    own[_LOOKED] = 0
    put = own[_OUT]
    if (put - ends[_SENT]) & _OUT_MASK > _FULL:
        return 0
    table = ptr32(_crc_of_byte)
    taken = own[_SEGMENT_TAKEN]
    last = own[_SEGMENT_PUT]
    at = own[_SEGMENT_AT]
    crc = own[_CRC]
    code = own[_CODE]
    code_at = own[_CODE_AT]
    left = _A_TICK
    while left and taken != last:
        segment = own[_SEGMENTS + taken]
        n = (segment >> 13) & 0xFF
        if at == 0 and segment & _BEGINS:
            crc = 0xFFFF
            code = 1
            code_at = put
            put = (put + 1) & _OUT_MASK
        ends_at = 0xFF
        if segment & _ENDS:
            ends_at = n - 2
        segment &= _RING_MASK
        while at < n and left:
            if at == ends_at:
                ring[(segment + at) & _RING_MASK] = crc
                ring[(segment + at + 1) & _RING_MASK] = crc >> 8
            byte = ring[(segment + at) & _RING_MASK]
            crc = ((crc << 8) & 0xFFFF) ^ table[(crc >> 8) ^ byte]
            if byte:
                out[put] = byte
                put = (put + 1) & _OUT_MASK
                code += 1
            if byte == 0 or code == 255:
                out[code_at] = code
                code = 1
                code_at = put
                put = (put + 1) & _OUT_MASK
            at += 1
            left -= 1
        if at == n:
            at = 0
            taken = (taken + 1) & 63
            if ends_at != 0xFF:
                out[code_at] = code
                out[put] = 0
                put = (put + 1) & _OUT_MASK
                code_at = put
    own[_SEGMENT_AT] = at
    own[_SEGMENT_TAKEN] = taken
    own[_CRC] = crc
    own[_CODE] = code
    own[_CODE_AT] = code_at
    own[_OUT] = put
    ends[_LIMIT] = code_at
    return 0


@micropython.viper
def crc16(data: ptr8, n: int) -> int:
    """CRC-16/CCITT-FALSE."""
    table = ptr32(_crc_of_byte)
    crc = 0xFFFF
    i = 0
    while i < n:
        crc = ((crc << 8) & 0xFFFF) ^ table[(crc >> 8) ^ data[i]]
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

    At most own[LEFT] bytes; a whole frame counts as more, because it takes a while to check. One that is too short is
    none, one that is too long is counted on, and not kept.
    """
    put = ends[_PUT]
    taken = ends[_TAKEN]
    filled = own[FILLED]
    left = own[LEFT]
    closed = 0
    while taken != put and left and closed == 0:
        byte = ring[taken]
        taken = (taken + 1) & _RECEIVED_MASK
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
            if filled < MAX_FRAME:
                data[filled] = byte
            if filled <= MAX_FRAME:
                filled += 1
    ends[_TAKEN] = taken
    own[LEFT] = left
    own[FILLED] = filled
    return closed
