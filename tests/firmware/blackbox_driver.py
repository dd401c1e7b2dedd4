"""Runs firmware/blackbox.py on the real VM over a flash in RAM: trips in, blocks out as hex."""

import sys
from array import array

from blackbox import BLOCK, EVERY_MS, Blackbox, note

CHANNELS = 12


class Ram:
    """Blocks that start blank; programming only clears bits."""

    def __init__(self, blocks):
        self.data = bytearray(b"\xff" * BLOCK * blocks)
        self.operations = []
        self.fail_after = -1

    def readblocks(self, block, buffer, offset):
        at = block * BLOCK + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset):
        if len(self.operations) == self.fail_after:
            raise SystemExit
        self.operations.append(("program", block, offset))
        at = block * BLOCK + offset
        buffer = bytes(buffer)  # whatever its items are
        for i in range(len(buffer)):
            self.data[at + i] &= buffer[i]

    def ioctl(self, operation, block):
        assert operation == 6
        if len(self.operations) == self.fail_after:
            raise SystemExit
        self.operations.append(("erase", block))
        self.data[block * BLOCK : (block + 1) * BLOCK] = b"\xff" * BLOCK


def tick(box, number):
    inputs = array("i", [0] * (8 + 2 * CHANNELS))
    for channel in range(CHANNELS):
        inputs[8 + 2 * channel + 1] = -1 if number % 7 == 3 and channel == 0 else (number + 1000 * channel) & 0xFFFF
    if number % EVERY_MS == 0:
        note(box.ring, box.own, inputs)


def main(trips, ticks, fail_after):
    flash = Ram(5)
    flash.fail_after = fail_after
    try:
        number = 0
        for trip in range(trips):
            box = Blackbox(flash, (1, 3, 4), CHANNELS)  # the device boots in between
            for _ in range(ticks):
                tick(box, number)
                number += 1
            box.begin(1028 + trip, number, 40000, 7)
            box.begin(999, 0, 0, 0)  # the first trip stays
            steps = 0
            while box.busy:
                box.step()
                steps += 1
            box.prepare()
            print("steps", steps)
    except SystemExit:
        pass
    print("operations", len(flash.operations), len([o for o in flash.operations if o[0] == "erase"]))
    for block in (1, 3, 4):
        print("block", bytes(flash.data[block * BLOCK : (block + 1) * BLOCK]).hex())
    assert flash.data[:BLOCK] == b"\xff" * BLOCK and flash.data[2 * BLOCK : 3 * BLOCK] == b"\xff" * BLOCK


main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
