"""Runs on the MicroPython VM: every damage of a limit set and of a latch page that one flip or one cut can make."""

import sys

from latch import CLOSED, OPEN, PAGE, SECTOR, TRIP, Latch
from limitset import check


def accepted(data):
    try:
        check(data, "rev_a", 12)
    except ValueError:
        return False
    return True


class Ram:
    """A flash of two sectors that only remembers."""

    def __init__(self):
        self.data = bytearray(b"\xff" * (2 * SECTOR))

    def readblocks(self, block, buffer, offset):
        at = block * SECTOR + offset
        for i in range(len(buffer)):
            buffer[i] = self.data[at + i]

    def writeblocks(self, block, buffer, offset):
        at = block * SECTOR + offset
        for i in range(len(buffer)):
            self.data[at + i] &= buffer[i]

    def ioctl(self, operation, argument):
        for i in range(argument * SECTOR, (argument + 1) * SECTOR):
            self.data[i] = 0xFF


def limit_sets():
    with open("limits.bin", "rb") as file:
        data = bytearray(file.read())
    wrong = 0
    for i in range(len(data)):
        for bit in range(8):
            data[i] ^= 1 << bit
            wrong += accepted(data)
            data[i] ^= 1 << bit
    cuts = 0
    for n in range(len(data)):
        cuts += accepted(data[:n])
    print("limits", len(data) * 8, wrong, len(data), cuts, int(accepted(data)))


def latches():
    """Damage to the newest page: how often the device would boot as if it had ended normally."""
    for last in (CLOSED, OPEN, TRIP):
        flash = Ram()
        latch = Latch(flash, 2)
        for kind in (CLOSED, OPEN, CLOSED, OPEN):
            latch.append(kind, 0, (1, 2, 3))
        if last != OPEN:
            latch.append(last, 0x4FF if last == TRIP else 0, (1, 2, 3))
        page = 5 if last != OPEN else 4
        at = (page - 1) * PAGE
        sound = Latch(flash, 2).kind
        wrong = 0
        for i in range(at, at + PAGE):
            for bit in range(8):
                flash.data[i] ^= 1 << bit
                wrong += Latch(flash, 2).kind == CLOSED
                flash.data[i] ^= 1 << bit
        kept = bytes(flash.data[at : at + PAGE])
        cuts = 0
        for n in range(1 if last == OPEN else 0, PAGE):
            # An OPEN of which nothing was written is none: RF was not permitted yet, and CLOSED before it still holds.
            flash.data[at : at + PAGE] = kept[:n] + b"\xff" * (PAGE - n)
            cuts += Latch(flash, 2).kind == CLOSED
        flash.data[at : at + PAGE] = b"\x00" * PAGE
        cuts += Latch(flash, 2).kind == CLOSED
        print("latch", last, sound, PAGE * 8, wrong, cuts)


{"limits": limit_sets, "latches": latches}[sys.argv[1]]()
