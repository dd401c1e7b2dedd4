"""Receipts: what a host sends back for a frame, the digest that its own kernel came to, compared with this kernel's.

A host that hangs, repeats itself, echoes, or computes something else has no receipt; without one for too long the
kernel's check RECEIPT fails.
"""

# Viper moves pointers on, which a checker cannot follow:
# pyright: reportAbstractUsage=false, reportCallIssue=false, reportArgumentType=false

import micropython
from micropython import const

AGE_US = const(8)  # of the monitor's times: since the last tick that a receipt answers
_FRAME_BYTES = const(9)  # type, sequence number; sequence number that is answered u16, digest u32
_AT = const(3)
_I_NOW = const(0)  # kernel.I_NOW
_INT_MAX = const(0x3FFFFFFF)  # kernel.INT_MAX
_SEQUENCE = const(2)  # rows.SEQUENCE
_DIGESTS = const(96)  # rows.DIGESTS
_LENGTH = const(32)  # frames.LENGTH
_ANSWERED = const(34)  # the newest frame with a receipt; words of the line, behind those of frames.py
_ANY = const(35)  # there is one


@micropython.viper
def accept(frame: ptr8, own: ptr32, times: ptr32, inputs: ptr32) -> int:
    """Take in a receipt: 1 if it is the right one for one of the last 64 frames, and newer than the one before.

    In the same number of steps whether it is right or not.
    """
    if own[_LENGTH] != _FRAME_BYTES:
        return 0
    sequence = frame[_AT] | frame[_AT + 1] << 8
    at = _DIGESTS + 3 * (sequence & 63)
    digest = own[at + 1]
    wrong = own[at] ^ sequence
    wrong |= (digest & 0xFFFF) ^ (frame[_AT + 2] | frame[_AT + 3] << 8)
    wrong |= ((digest >> 16) & 0xFFFF) ^ (frame[_AT + 4] | frame[_AT + 5] << 8)
    newest = (own[_SEQUENCE] - 1) & 0xFFFF
    if (newest - sequence) & 0xFFFF > 63:
        wrong |= 1  # long ago; its number would come again
    if own[_ANY] and (sequence - own[_ANSWERED] - 1) & 0xFFFF > 0x7FFF:
        wrong |= 1  # said before
    if wrong:
        return 0
    own[_ANSWERED] = sequence
    own[_ANY] = 1
    times[AGE_US] = (inputs[_I_NOW] - own[at + 2]) & _INT_MAX
    return 1
