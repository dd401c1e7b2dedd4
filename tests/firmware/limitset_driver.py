"""Runs on the MicroPython VM: flips every bit of a limit set, cuts it at every length; prints what was not refused."""

import sys

from limitset import check


def refused(data):
    try:
        check(bytes(data), "rev_a", channels)
    except ValueError:
        return True
    return False


size, channels = int(sys.stdin.buffer.read(8)), int(sys.stdin.buffer.read(4))
limits = bytearray(size + 4)
good = memoryview(limits)[:size]
good[:] = sys.stdin.buffer.read(size)
print("intact", not refused(good))
tried = 0
for at in range(size):
    for bit in range(8):
        limits[at] ^= 1 << bit
        tried += 1
        if not refused(good):
            print("accepted: bit", bit, "of byte", at)
        limits[at] ^= 1 << bit
for length in range(size):
    tried += 1
    if not refused(good[:length]):
        print("accepted: the first", length, "bytes")
for more in range(1, 5):
    tried += 1
    if not refused(memoryview(limits)[: size + more]):
        print("accepted:", more, "bytes more")
print("intact", not refused(good))
print("tried", tried)
