"""Telemetry, made in slices: a frame takes a dozen ticks, so that none of them is longer for it.

A frame holds state, cause, warnings and time of one tick, and for each channel the latest count and dose of the tick
in which it was packed.
"""

import micropython
from micropython import const

TYPE = const(1)  # link.TELEMETRY
HEAD_BYTES = const(20)
CHANNEL_BYTES = const(7)
_HEADER = const(3)  # type and sequence number
_A_TICK = const(3)  # channels packed in one tick

# words of what a frame is made of, beside the kernel's: set by the monitor
NEXT = const(0)  # what to pack next: 0 is the head, n channel n - 1
CHANNELS = const(1)
SEQUENCE = const(2)
STATE = const(3)
CAUSE = const(4)
CRC = const(5)  # of what is packed so far
IN = const(6)  # ticks to the next frame
WHOLE = const(7)  # length of a frame that is packed, 0 while it is not
PERIOD = const(20)  # ticks from one frame to the next

_S_NOW = const(0)  # kernel.S_NOW
_S_ON_US = const(6)  # kernel.S_ON_US
_S_ENERGY_HI = const(7)  # kernel.S_ENERGY_HI
_S_WARN = const(13)  # kernel.S_WARN
_S_CHANNELS = const(16)  # kernel.S_CHANNELS
_C_DOSE_HI = const(7)  # kernel.C_DOSE_HI
_CHANNEL_WORDS = const(48)  # kernel.CHANNEL_WORDS
_I_CHANNELS = const(8)  # kernel.I_CHANNELS


@micropython.viper
def slice_of(frame: ptr8, own: ptr32, words: ptr32, inputs: ptr32):
    """Pack the next slice of a plain frame, the head or three channels; its CRC goes along."""
    at = own[NEXT] - 1
    channels = own[CHANNELS]
    i = _HEADER + HEAD_BYTES + CHANNEL_BYTES * at
    to = i
    crc = own[CRC]
    if at < 0:
        at = 0
        i = 0
        to = _HEADER + HEAD_BYTES
        crc = 0xFFFF
        own[IN] = own[IN] + PERIOD
        frame[0] = TYPE
        frame[1] = own[SEQUENCE]
        frame[2] = own[SEQUENCE] >> 8
        frame[3] = own[STATE]
        frame[4] = channels
        frame[5] = own[CAUSE]
        frame[6] = own[CAUSE] >> 8
        value = words[_S_WARN]
        frame[7] = value
        frame[8] = value >> 8
        frame[9] = value >> 16
        frame[10] = value >> 24
        value = words[_S_NOW]
        frame[11] = value
        frame[12] = value >> 8
        frame[13] = value >> 16
        frame[14] = value >> 24
        value = words[_S_ON_US]
        frame[15] = value
        frame[16] = value >> 8
        frame[17] = value >> 16
        frame[18] = value >> 24
        value = words[_S_ENERGY_HI]
        frame[19] = value
        frame[20] = value >> 8
        frame[21] = value >> 16
        frame[22] = value >> 24
        own[SEQUENCE] = (own[SEQUENCE] + 1) & 0xFFFF
    else:
        end = at + _A_TICK
        if end > channels:
            end = channels
        source = _I_CHANNELS + 2 * at
        dose = _S_CHANNELS + _CHANNEL_WORDS * at + _C_DOSE_HI
        while at < end:
            frame[to] = inputs[source]
            value = inputs[source + 1]
            frame[to + 1] = value
            frame[to + 2] = value >> 8
            value = words[dose]
            frame[to + 3] = value
            frame[to + 4] = value >> 8
            frame[to + 5] = value >> 16
            frame[to + 6] = value >> 24
            to += CHANNEL_BYTES
            source += 2
            dose += _CHANNEL_WORDS
            at += 1
    while i < to:
        x = (crc >> 8) ^ frame[i]  # as link.crc16
        x ^= x >> 4
        crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xFFFF
        i += 1
    own[CRC] = crc
    at += 1
    if at > channels:
        at = 0
        frame[to] = crc
        frame[to + 1] = crc >> 8
        own[WHOLE] = to + 2
    own[NEXT] = at
