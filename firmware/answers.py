"""What the device says beside the rows of its ticks: answers to commands, pieces of the log, and who refuses to tick.

Each is a frame of its own, and waits until no frame of telemetry is open; in viper, because a refused command may come
on any tick with RF on.
"""

# Viper makes pointers of addresses, which a checker cannot follow:
# pyright: reportAbstractUsage=false, reportCallIssue=false, reportArgumentType=false

import micropython
from micropython import const

_ANSWER = const(2)  # link.ANSWER
_ANSWER_BYTES = const(4)  # command, its sequence number, result
_SOON = const(4)  # rows that a frame has at least before an answer goes out: heads and tails must not fill the line

# words of the line, behind those of receipts.py
_SEQUENCE = const(2)  # rows.SEQUENCE
_STATE = const(3)  # rows.STATE
_CLOSE = const(5)  # rows.CLOSE
_PUT = const(6)  # rows.PUT
_END_PUT = const(8)  # rows.END_PUT
_ENDS = const(48)  # rows.ENDS
_RING_MASK = const(4095)  # of rows.RING bytes
_WAITING = const(33)  # frames.WAITING
_FIRST = const(36)  # the answer that has waited longest
_PIECE = const(37)  # what `data` of the link holds waits: its type, and 256 times its length; 0: nothing does
_ANSWERS = const(38)  # 8 places
_MASK = const(7)
_ON = const(3)  # states.ON


@micropython.viper
def answer(own: ptr32, heard: ptr8, command: int, result: int):
    """An answer to the command that was heard last; the oldest is dropped when too many wait."""
    waiting = own[_WAITING]
    first = own[_FIRST]
    kept = waiting
    if own[_PIECE]:
        kept -= 1
    if kept > _MASK:
        first = (first + 1) & _MASK
        own[_FIRST] = first
        kept -= 1
        waiting -= 1
    own[_ANSWERS + ((first + kept) & _MASK)] = command | heard[1] << 8 | heard[2] << 16 | result << 24
    own[_WAITING] = waiting + 1
    if own[_CLOSE] == 0 and own[_STATE] != _ON:
        own[_CLOSE] = _SOON


@micropython.viper
def piece(own: ptr32, kind: int, n: int):
    """A frame of a type, of the first `n` bytes that `data` of the link holds."""
    if own[_PIECE] == 0:
        own[_WAITING] = own[_WAITING] + 1
    own[_PIECE] = n << 8 | kind
    if own[_CLOSE] == 0:
        own[_CLOSE] = _SOON


@micropython.viper
def begin(own: ptr32, ring: ptr8, data: ptr8):
    """The next of them becomes a frame, to be coded from the next tick on: no frame of telemetry is open."""
    waiting = own[_WAITING] - 1
    own[_WAITING] = waiting
    if waiting and own[_CLOSE] == 0 and own[_STATE] != _ON:
        own[_CLOSE] = _SOON
    piece = own[_PIECE]
    said = 0
    if waiting or piece == 0:
        first = own[_FIRST]
        own[_FIRST] = (first + 1) & _MASK
        said = own[_ANSWERS + first]
        piece = _ANSWER_BYTES << 8 | _ANSWER
    else:
        own[_PIECE] = 0
    kind = piece & 0xFF
    left = piece >> 8
    to = own[_PUT]
    sequence = own[_SEQUENCE]
    own[_SEQUENCE] = (sequence + 1) & 0xFFFF
    ring[to] = kind
    ring[(to + 1) & _RING_MASK] = sequence
    ring[(to + 2) & _RING_MASK] = sequence >> 8
    to = (to + 3) & _RING_MASK
    at = 0
    while at < left:
        byte = said
        if kind != _ANSWER:
            byte = data[at]
        said >>= 8
        ring[to] = byte
        to = (to + 1) & _RING_MASK
        at += 1
    to = (to + 2) & _RING_MASK  # the CRC's
    own[_PUT] = to
    at = own[_END_PUT]
    own[_ENDS + at] = to
    own[_END_PUT] = (at + 1) & 15
