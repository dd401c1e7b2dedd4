"""Runs on the MicroPython VM: rows and digests of the ticks on stdin, frame by frame, as they wait to be coded.

In: letters of the channels (u8 and bytes), words of the state, ticks (u16 each); then for each tick how many words of
the line are set before it and which (u8, u8 and i32 each), the inputs and the state (i32 each). Out, for each frame:
its length (u16), its bytes without the CRC, and the digest that is kept for its receipt (u32).
"""

import sys
from array import array
from struct import pack, unpack

import rows

read = sys.stdin.buffer.read
write = sys.stdout.buffer.write
DRIVERS = {"c": "contact", "a": "adc", "m": "max31865", "p": "pulses"}
INPUTS = 8

how = read(read(1)[0]).decode()
state_words, ticks = unpack("<HH", read(4))
own = array("i", [0] * rows.WORDS)
own[rows.STATE_WORDS] = state_words
where = rows.plan({"channels": [("", DRIVERS[letter], {}) for letter in how]}, INPUTS)
ring = bytearray(rows.RING)
inputs = array("i", [0] * (INPUTS + 2 * len(how)))
words = array("i", [0] * state_words)
ends = begin = 0
for _ in range(ticks):
    for _ in range(read(1)[0]):
        name, value = unpack("<Bi", read(5))
        own[name] = value
    for target in (inputs, words):
        for i in range(len(target)):
            target[i] = unpack("<i", read(4))[0]
    if rows.note(own, words, inputs, where, ring) == rows.NO_ROOM:
        raise ValueError("no room")
    if own[rows.END_PUT] != ends:
        end = own[rows.ENDS + ends]
        ends = own[rows.END_PUT]
        n = ((end - begin) & (rows.RING - 1)) - 2
        write(pack("<H", n) + bytes([ring[(begin + i) & (rows.RING - 1)] for i in range(n)]))
        at = rows.DIGESTS + 3 * ((own[rows.SEQUENCE] - 1) & 63)
        write(pack("<I", own[at + 1] & 0xFFFFFFFF))
        own[rows.AT] = begin = end
