"""Runs on the MicroPython VM: frames through the firmware's coding and hearing (length, bytes in; see link_on_vm)."""

import sys
from array import array
from struct import pack, unpack

import rows
from frames import LENGTH, LOOK, OUT, hear, work

read = sys.stdin.buffer.read
write = sys.stdout.buffer.write
ring = bytearray(rows.RING)
out = bytearray(OUT)
into = bytearray(256)
data = bytearray(240)
own = array("i", [0] * rows.WORDS)
ends = array("i", [0] * 4)


def code(frame):
    """What goes out for a frame: as the rings stand, which is anywhere."""
    put = own[rows.PUT]
    for byte in frame:
        ring[put] = byte
        put = (put + 1) % rows.RING
    put = (put + 2) % rows.RING
    own[rows.PUT] = put
    own[rows.ENDS + own[rows.END_PUT]] = put
    own[rows.END_PUT] = (own[rows.END_PUT] + 1) % 16
    sent = b""
    while own[rows.AT] != put or ends[2] != ends[3] or not sent:
        work(0, 0, 0, own, ends, ring, out)
        while ends[3] != ends[2]:
            sent += bytes(out[ends[3] : ends[3] + 1])
            ends[3] = (ends[3] + 1) % OUT
    return sent


def heard(coded):
    """The frame that is heard in these bytes and a zero; empty for none."""
    kind = 0
    for byte in coded + b"\0":
        into[ends[0]] = byte
        ends[0] = (ends[0] + 1) % 256
        if ends[0] == (ends[1] - 1) % 256 or byte == 0:
            while ends[0] != ends[1]:
                own[30] = 0  # it may look again
                assert work(0, 0, 0, own, ends, ring, out) == LOOK
                kind = hear(0, 0, 0, own, ends, into, data) or kind
    return bytes(data[: own[LENGTH]]) if kind else b""


while True:
    head = read(2)
    if len(head) < 2:
        break
    (length,) = unpack("<H", head)
    frame = read(length) if length else b""
    coded = code(frame)
    again = heard(coded[:-1]) if length >= 3 and len(coded) <= 241 else b""
    other = heard(frame)
    write(pack("<HHH", len(coded), len(again), len(other)))
    write(coded + again + other)
