"""Runs on the MicroPython VM: frames through the firmware's COBS and CRC (length, bytes in; length, bytes, CRC out)."""

import sys
from array import array
from struct import pack, unpack

from link import cobs_decode, crc16, encode

read = sys.stdin.buffer.read
write = sys.stdout.buffer.write
target = bytearray(300)
WHOLE, END, WORDS = 7, 9, 20  # words of a link's own state


def cobs_encode(data, length, target):
    """In slices, as it goes tick by tick."""
    own = array("i", [0] * WORDS)
    own[WHOLE] = length
    while own[WHOLE] or not own[END]:
        encode(data, own, target)
    return own[END]


while True:
    head = read(2)
    if len(head) < 2:
        break
    (length,) = unpack("<H", head)
    data = bytearray(read(length)) if length else bytearray()
    crc = crc16(data, length)
    coded = cobs_encode(data, length, target)
    again = bytearray(target[: coded - 1])
    decoded = cobs_decode(again, coded - 1)
    other = bytearray(data)
    as_code = cobs_decode(other, length)
    write(pack("<HHHh", coded, crc, 1 if decoded == length and again[:length] == data else 0, as_code))
    write(target[:coded])
    write(other[:as_code] if as_code > 0 else b"")
