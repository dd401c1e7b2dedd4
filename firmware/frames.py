"""Frames on the line: COBS with a CRC-16, coded on the way out in small shares, cut and checked on the way in."""

# Viper makes pointers of addresses, which a checker cannot follow:
# pyright: reportAbstractUsage=false, reportCallIssue=false, reportArgumentType=false

import micropython
from array import array
from micropython import const

# words of the line, behind those of rows.py
_IN_FRAME = const(1)  # rows.IN_FRAME
_SEQUENCE = const(2)  # rows.SEQUENCE
_PUT = const(6)  # rows.PUT
_AT = const(7)  # rows.AT
_END_PUT = const(8)  # rows.END_PUT
_END_TAKEN = const(9)  # rows.END_TAKEN
_ENDS = const(48)  # rows.ENDS
_TELEMETRY = const(4)  # rows.TELEMETRY
_HEARD_CRC = const(19)  # of the frame that is coming in, but its last two bytes
_CRC = const(20)
_CODE = const(21)  # where COBS stands: 0 while no frame is begun
_CODE_AT = const(22)
_OUT = const(23)  # of the coded bytes
_BEGAN = const(24)  # the frame that is being coded, there
_AGAIN = const(25)  # that frame goes out a second time
_BEFORE = const(26)  # the last one of which that is so: from, to
_BEFORE_END = const(27)
_RANGE_PUT = const(28)  # of the pieces of coded bytes that wait to be sent
_RANGE_TAKEN = const(29)
_LOOKED = const(30)  # the last tick looked at what came
_FILLED = const(31)  # bytes of the frame that is coming in, decoded
LENGTH = const(32)  # of the frame that has come, without its CRC
WAITING = const(33)  # answers that wait
_BLOCK = const(46)  # how many of its COBS block are still to come
_ZERO = const(47)  # that block ends in a zero
_RANGES = const(64)  # 16 of them: from, to

# of `ends`, which chip.wait shares
_RECEIVED = const(0)
_TAKEN = const(1)
_LIMIT = const(2)  # of the bytes to send
_SENT = const(3)

MAX_FRAME = const(240)  # bytes that are taken, decoded
_LEAST = const(3)  # type and sequence number
_A_LOOK = const(48)  # bytes looked at in one tick
OUT = const(4096)  # coded bytes
_OUT_MASK = const(4095)
_RING_MASK = const(4095)  # of rows.RING bytes
_RECEIVED_MASK = const(255)  # of chip.RING bytes
_A_TICK = const(20)  # bytes coded in one: a tick leaves 12, and one in three codes none
_IN_HASTE = const(48)  # while _AT_EASE wait
_AT_EASE = const(128)
_FULL = const(8)  # pieces that wait to be sent
_BEHIND = const(256)  # bytes that wait to be coded: a frame of telemetry, or the answer to READ and more
_FAR_BEHIND = const(512)

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


# Viper keeps the first three names in registers and every other in memory: so those of the loop over the bytes come
# first, whatever is given for them.
@micropython.viper
def work(at: int, put: int, crc: int, own: ptr32, ends: ptr32, ring: ptr8, out: ptr8) -> int:
    """This tick's share of the line: code what waits to be sent, or say that it is time to LOOK at what came.

    What came goes first while little waits to be coded, so that STOP waits for nothing else; then both take turns, so
    that no tick gets long. Commands take ticks too, and their answers take room: while more than _BEHIND bytes wait to
    be coded they come first, so that no flood starves the rows. ANSWER: one waits, and no frame is open.
    """
    taken = own[_RANGE_TAKEN]
    if ends[_SENT] == ends[_LIMIT] and taken != own[_RANGE_PUT]:
        ends[_SENT] = own[_RANGES + 2 * taken]
        ends[_LIMIT] = own[_RANGES + 2 * taken + 1]
        taken = (taken + 1) & 15
        own[_RANGE_TAKEN] = taken
    at = own[_AT]
    last = own[_PUT]
    left = (last - at) & _RING_MASK
    share = _A_TICK
    if left > _AT_EASE:
        share = _IN_HASTE
    full = 0
    if (own[_RANGE_PUT] - taken) & 15 > _FULL:
        full = 1
    if own[WAITING] and own[_IN_FRAME] == 0 and left <= _FAR_BEHIND:
        return ANSWER
    if ends[_RECEIVED] != ends[_TAKEN] and (own[_LOOKED] == 0 or left <= _AT_EASE) and (left <= _BEHIND or full):
        own[_LOOKED] = 1
        return LOOK
    own[_LOOKED] = 0
    if left == 0 or full:
        return 0
    put = own[_OUT]
    crc = own[_CRC]
    code = own[_CODE]
    code_at = own[_CODE_AT]
    table = ptr32(_crc_of_byte)
    if code == 0:
        crc = 0xFFFF
        code = 1
        own[_BEGAN] = put
        own[_AGAIN] = 0
        if ring[at] == _TELEMETRY:
            own[_AGAIN] = 1
        code_at = put
        put = (put + 1) & _OUT_MASK
    ending = 0
    if own[_END_TAKEN] != own[_END_PUT]:
        left = ((own[_ENDS + own[_END_TAKEN]] - at) & _RING_MASK) - 2  # the CRC comes later
        ending = 1
    if left > share:
        left = share
        ending = 0
    while True:
        while left > 0:
            byte = ring[at]
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
            at = (at + 1) & _RING_MASK
            left -= 1
        if ending != 1:
            break
        ring[at] = crc
        ring[(at + 1) & _RING_MASK] = crc >> 8
        left = 2
        ending = 2
    if ending:
        out[code_at] = code
        out[put] = 0
        put = (put + 1) & _OUT_MASK
        code = 0
        own[_END_TAKEN] = (own[_END_TAKEN] + 1) & 15
        left = own[_RANGE_PUT]
        own[_RANGES + 2 * left] = own[_BEGAN]
        own[_RANGES + 2 * left + 1] = put
        left = (left + 1) & 15
        if own[_AGAIN]:
            if own[_BEFORE] != own[_BEFORE_END]:
                own[_RANGES + 2 * left] = own[_BEFORE]
                own[_RANGES + 2 * left + 1] = own[_BEFORE_END]
                left = (left + 1) & 15
            own[_BEFORE] = own[_BEGAN]
            own[_BEFORE_END] = put
        own[_RANGE_PUT] = left
    own[_AT] = at
    own[_OUT] = put
    own[_CRC] = crc
    own[_CODE] = code
    own[_CODE_AT] = code_at
    return 0


@micropython.viper
def hear(filled: int, crc: int, byte: int, own: ptr32, ends: ptr32, into: ptr8, data: ptr8) -> int:
    """Decode received bytes into the frame that is coming in, up to the end of one that is whole and right: its type,
    or 0.

    `data` then holds type, sequence number and payload, own[LENGTH] says how many bytes. At most _A_LOOK bytes. A frame
    that is too short is none, one that is too long is counted on, and not kept. The first three arguments are as those
    of `work`.
    """
    table = ptr32(_crc_of_byte)
    put = ends[_RECEIVED]
    taken = ends[_TAKEN]
    filled = own[_FILLED]
    crc = own[_HEARD_CRC]
    block = own[_BLOCK]
    zero = own[_ZERO]
    left = (put - taken) & _RECEIVED_MASK
    if left > _A_LOOK:
        left = _A_LOOK
    kind = 0
    while left > 0:
        byte = into[taken]
        taken = (taken + 1) & _RECEIVED_MASK
        left -= 1
        if byte == 0:
            n = filled - 2
            if n >= _LEAST and filled <= MAX_FRAME and block == 0 and crc == data[n] | data[n + 1] << 8:
                own[LENGTH] = n
                kind = data[0]
                left = 0
            filled = 0
            block = 0
            zero = 0
            continue
        if block:
            block -= 1
        else:
            block = byte - 1
            n = zero
            zero = 1
            if byte == 255:
                zero = 0
            if n == 0:
                continue
            byte = 0
        if filled >= MAX_FRAME:
            filled = MAX_FRAME + 1
            continue
        data[filled] = byte
        if filled < 2:
            crc = 0xFFFF
        else:  # two behind, because the last two are the CRC
            byte = data[filled - 2]
            crc = ((crc << 8) & 0xFFFF) ^ table[(crc >> 8) ^ byte]
        filled += 1
    ends[_TAKEN] = taken
    own[_FILLED] = filled
    own[_HEARD_CRC] = crc
    own[_BLOCK] = block
    own[_ZERO] = zero
    return kind
