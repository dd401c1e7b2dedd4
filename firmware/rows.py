"""What each tick leaves for the host: a row of every conversion, and a digest of the kernel's state.

A host that has the limit set and one state of the kernel computes every tick a second time from these rows. What it
gets as the digest it sends back as its receipt (receipts.py). With RF on no digest leaves the device.

A frame is: its head, a row for each of its ticks, its tail (docs/protocol.md). It goes out twice, the second time
behind the next one (frames.py), so that a lost frame is no lost row.
"""

# Viper moves pointers on, which a checker cannot follow:
# pyright: reportAbstractUsage=false, reportCallIssue=false, reportArgumentType=false

import micropython
from array import array
from micropython import const

TELEMETRY = const(4)  # type of these frames; 1 was that of link version 1
FRAME = const(20)  # rows of a frame that nothing ends earlier
HEAD_BYTES = const(7)
TAIL_BYTES = const(22)  # with its CRC
RING = const(4096)  # bytes of frames that wait to be coded

# words of the line, for rows and frames
TICK = const(0)  # rows so far
IN_FRAME = const(1)  # rows in the frame that is open
SEQUENCE = const(2)
STATE = const(3)
CAUSE = const(4)
CLOSE = const(5)  # the frame that is open ends as soon as it has so many rows; 0: nothing hurries
PUT = const(6)  # of the ring
AT = const(7)  # up to there it is coded
END_PUT = const(8)  # of the places where frames end
END_TAKEN = const(9)
DIGEST = const(10)
FOLD_AT = const(11)  # the next word of the state that the digest takes in
STATE_WORDS = const(12)
BEFORE = const(13)  # time of the row before, or what the monitor has set the kernel's clock to
TIME = const(14)  # it has: the next row says its time in full
SET = const(15)  # the next row says the set point
CHANGED = const(16)  # somebody else than the kernel has changed its state, and how
RECEIPT_US = const(17)  # kernel.H_RECEIPT_US, of this limit set
USUAL_US = const(18)  # what a row's byte of time counts from: as much before a tick's length as after it
ENDS = const(48)  # 16 places
DIGESTS = const(96)  # of the last 64 frames: sequence number, digest, time of the last tick
WORDS = const(288)  # the rest belongs to frames.py and receipts.py

# how: a host must read all of it anew; energy and time of a sonication are 0; the doses are 0 too; they are what they
# were before that
ANEW = const(1)
CLEARED = const(2)
NEW_TREATMENT = const(3)
BACK = const(4)

NO_ROOM = const(1)  # what `note` says
ENDED = const(2)
WAITED_FOR = const(3)

# bits of a row's first byte; the highest three count the slow conversions behind it
_ON = const(1)
_LATE = const(2)  # no receipt in time
_TIME = const(4)
_SET = const(8)
_CHANGED = const(16)

_WAITING = const(33)  # frames.WAITING
_LONG = const(255)  # instead of the byte of time: it follows in two
_FULL = const(3000)  # bytes that wait
_FOLDED = const(6)  # words of the state in each digest, beside what it decided: 12 channels in 99 ticks
_MASK = const(0xFFF)
_INT_MAX = const(0x3FFFFFFF)  # kernel.INT_MAX
_P = const(0x2C1B3C6D)  # odd, with bits everywhere (T. Mulvey's hash32)
_I_NOW = const(0)  # kernel.I_NOW
_I_SET_MW = const(2)  # kernel.I_SET_MW
_I_ENERGY = const(4)  # kernel.I_ENERGY
_I_RECEIPT_US = const(5)  # kernel.I_RECEIPT_US
_S_TOKEN = const(2)  # kernel.S_TOKEN
_S_CAUSE = const(3)  # kernel.S_CAUSE
_S_ON = const(4)  # kernel.S_ON
_S_ON_US = const(6)  # kernel.S_ON_US
_S_ENERGY_HI = const(7)  # kernel.S_ENERGY_HI
_S_WARN = const(13)  # kernel.S_WARN


def plan(board: "Board", first: int) -> "Words":
    """Where a row finds its conversions: for contacts, converters of the chip, and slow ones, how many and which input.

    `first` is the input word of the first channel. A slow one also has its channel and the number of the conversion
    that the last row knew.
    """
    contacts: list[int] = []
    analog: list[int] = []
    slow: list[int] = []
    for number, (_, driver, _) in enumerate(board["channels"]):
        index = first + 2 * number
        if driver == "contact":
            contacts.append(index + 1)
        elif driver == "adc":
            analog.append(index + 1)
        else:
            slow += (index, number, 0)
    return array("i", [len(contacts), len(analog), len(slow) // 3] + contacts + analog + slow)


# One function, because a call costs as much as half of it.
@micropython.viper
def note(own: ptr32, words: ptr32, inputs: ptr32, where: ptr32, ring: ptr8) -> int:
    """The row of a tick whose checks have run, and its share of the digest; begins and ends frames.

    `own` is the line's words, `where` the plan. NO_ROOM for it, because nothing leaves any more; ENDED: a frame;
    WAITED_FOR: one, and an answer is to go out before the next.
    """
    put = own[PUT]
    if (put - own[AT]) & _MASK > _FULL:
        own[CHANGED] = ANEW
        return NO_ROOM

    # 1. The digest: what this tick decided, then the next words of the state, all of it in turn.
    mask = 1
    mask = ((mask << 16) << 16) - 1  # 32 bits, where words are wider; all bits where they are not
    digest = own[DIGEST] & mask
    digest = ((digest ^ words[_S_TOKEN]) * _P) & mask
    digest ^= (digest >> 15) & 0x1FFFF
    digest = ((digest ^ (words[_S_CAUSE] << 16) ^ words[_S_WARN]) * _P) & mask
    digest ^= (digest >> 15) & 0x1FFFF
    at = own[FOLD_AT]
    end = at + _FOLDED
    if end > own[STATE_WORDS]:
        end = own[STATE_WORDS]
    while at < end:
        digest = ((digest ^ words[at]) * _P) & mask
        digest ^= (digest >> 15) & 0x1FFFF
        at += 1
    if at == own[STATE_WORDS]:
        at = 0
    own[FOLD_AT] = at
    own[DIGEST] = digest

    # 2. The head of a frame, if none is open
    tick = own[TICK]
    rows = own[IN_FRAME]
    if rows == 0:
        sequence = own[SEQUENCE]
        ring[put] = TELEMETRY
        ring[(put + 1) & _MASK] = sequence
        ring[(put + 2) & _MASK] = sequence >> 8
        ring[(put + 3) & _MASK] = tick
        ring[(put + 4) & _MASK] = tick >> 8
        ring[(put + 5) & _MASK] = tick >> 16
        ring[(put + 6) & _MASK] = tick >> 24
        put = (put + HEAD_BYTES) & _MASK

    # 3. This tick's row
    begin = put
    put = (put + 1) & _MASK
    flags = 0
    if words[_S_ON]:
        flags = _ON
    if inputs[_I_RECEIPT_US] > own[RECEIPT_US]:
        flags |= _LATE
    now = inputs[_I_NOW]
    before = own[BEFORE]
    own[BEFORE] = now
    elapsed = (now - before) & _INT_MAX
    value = elapsed - own[USUAL_US]
    if own[TIME] or elapsed > 0xFFFF:
        own[TIME] = 0
        flags |= _TIME
        more = 8
        value = now
        while more:
            ring[put] = value
            ring[(put + 1) & _MASK] = value >> 8
            ring[(put + 2) & _MASK] = value >> 16
            ring[(put + 3) & _MASK] = value >> 24
            put = (put + 4) & _MASK
            value = before
            more -= 4
    elif value < 0 or value >= _LONG:
        ring[put] = _LONG
        ring[(put + 1) & _MASK] = elapsed
        ring[(put + 2) & _MASK] = elapsed >> 8
        put = (put + 3) & _MASK
    else:
        ring[put] = value
        put = (put + 1) & _MASK
    value = own[CHANGED]
    if value:
        own[CHANGED] = 0
        flags |= _CHANGED
        ring[put] = value
        put = (put + 1) & _MASK
    if own[SET]:
        own[SET] = 0
        flags |= _SET
        at = _I_SET_MW
        while at <= _I_ENERGY:
            value = inputs[at]
            ring[put] = value
            ring[(put + 1) & _MASK] = value >> 8
            ring[(put + 2) & _MASK] = value >> 16
            ring[(put + 3) & _MASK] = value >> 24
            put = (put + 4) & _MASK
            at += 1
    at = 3
    left = where[0]
    bit = 1
    value = 0
    while left:
        if inputs[where[at]]:
            value |= bit
        at += 1
        left -= 1
        bit <<= 1
        if bit == 256 or left == 0:
            ring[put] = value
            put = (put + 1) & _MASK
            bit = 1
            value = 0
    left = where[1]
    while left:
        value = inputs[where[at]]
        ring[put] = value
        ring[(put + 1) & _MASK] = value >> 8
        put = (put + 2) & _MASK
        at += 1
        left -= 1
    left = where[2]
    while left:
        value = where[at]
        if inputs[value] != where[at + 2]:
            where[at + 2] = inputs[value]
            value = inputs[value + 1]
            ring[put] = where[at + 1]
            ring[(put + 1) & _MASK] = value
            ring[(put + 2) & _MASK] = value >> 8
            put = (put + 3) & _MASK
            flags += 32
        at += 3
        left -= 1
    ring[begin] = flags
    own[TICK] = (tick + 1) & _INT_MAX

    # 4. The tail, if the frame ends here
    rows += 1
    ended = 0
    if rows == FRAME or (own[CLOSE] and rows >= own[CLOSE]):
        ring[put] = own[STATE]
        value = own[CAUSE]
        ring[(put + 1) & _MASK] = value
        ring[(put + 2) & _MASK] = value >> 8
        put = (put + 3) & _MASK
        at = 0
        value = words[_S_WARN]
        while at < 4:
            ring[put] = value
            ring[(put + 1) & _MASK] = value >> 8
            ring[(put + 2) & _MASK] = value >> 16
            ring[(put + 3) & _MASK] = value >> 24
            put = (put + 4) & _MASK
            at += 1
            value = now
            if at == 2:
                value = words[_S_ON_US]
            elif at == 3:
                value = words[_S_ENERGY_HI]
        ring[put] = rows
        put = (put + 3) & _MASK  # frames.py puts the CRC into the last two
        at = own[END_PUT]
        own[ENDS + at] = put
        own[END_PUT] = (at + 1) & 15
        sequence = own[SEQUENCE]
        at = DIGESTS + 3 * (sequence & 63)
        own[at] = sequence
        own[at + 1] = digest
        own[at + 2] = now
        own[SEQUENCE] = (sequence + 1) & 0xFFFF
        own[CLOSE] = 0
        rows = 0
        ended = ENDED
        if own[_WAITING]:
            ended = WAITED_FOR
    own[IN_FRAME] = rows
    own[PUT] = put
    return ended
