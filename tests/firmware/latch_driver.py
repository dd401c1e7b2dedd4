"""Runs on the MicroPython VM: the firmware's latch on a flash in RAM, its records damaged and its writes cut short.

Prints one line for every case in which a latch that must trip would let the device boot into SAFE.
"""

from latch import CLOSED, OPEN, TRIP, Latch

PAGE = 256
SECTOR = 4096
SIZE = 2 * SECTOR
BLOCKS = (17, 18)
WORDS = tuple(range(1000, 1024))


class PowerCutError(Exception):
    pass


class Flash:
    """Programs clear bits, an erase sets a sector; write number `cut` stops after `share` bytes."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.writes = 0
        self.cut = -1
        self.share = 0

    def readblocks(self, block, buffer, offset):
        at = BLOCKS.index(block) * SECTOR + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def _upto(self, n):
        self.writes += 1
        return min(self.share, n - 1) if self.writes - 1 == self.cut else n

    def writeblocks(self, block, buffer, offset):
        at = BLOCKS.index(block) * SECTOR + offset
        n = self._upto(len(buffer))
        for i in range(n):
            self.data[at + i] &= buffer[i]
        if n < len(buffer):
            raise PowerCutError

    def ioctl(self, operation, block):
        assert operation == 6
        n = self._upto(SECTOR)
        sector = BLOCKS.index(block)
        self.data[sector * SECTOR : sector * SECTOR + n] = b"\xff" * n
        if n < SECTOR:
            raise PowerCutError


def run(flash, kinds):
    latch = Latch(flash, BLOCKS)
    for kind in kinds:
        latch.append(kind, 3338 if kind == TRIP else 0, WORDS)
        latch.prepare()
    return latch


def fill(records):
    flash = Flash(b"\xff" * SIZE)
    latch = Latch(flash, BLOCKS)
    for number in range(records):
        latch.append((CLOSED, OPEN)[number & 1], 0, WORDS)
        latch.prepare()
    return flash.data


def flips():
    """Every bit of the newest record: never SAFE, whatever its kind."""
    tried = 0
    for kind in (OPEN, CLOSED, TRIP):
        for records in (1, 16, 31):
            flash = Flash(fill(records))
            run(flash, (kind,))
            page = records % 32
            for at in range(PAGE * page, PAGE * page + PAGE):
                for bit in range(8) if records == 1 else (at & 7,):
                    flash.data[at] ^= 1 << bit
                    tried += 1
                    latch = Latch(flash, BLOCKS)
                    if latch.kind == CLOSED or latch.kind == kind:
                        print("kind", kind, "after", records, "records: bit", bit, "of byte", at, "unnoticed")
                    flash.data[at] ^= 1 << bit
            intact = Latch(flash, BLOCKS)
            if intact.kind != kind or intact.words != WORDS or (kind == TRIP and intact.cause != 3338):
                print("kind", kind, "is not read back")
            for n in range(PAGE):  # the rest of the page zero, or not programmed
                tried += 2
                whole = bytes(flash.data[PAGE * page : PAGE * page + PAGE])
                for other in (b"\x00", b"\xff"):
                    flash.data[PAGE * page + n : PAGE * page + PAGE] = other * (PAGE - n)
                    kind_now = Latch(flash, BLOCKS).kind
                    if kind_now == CLOSED and not (n == 0 and other == b"\xff"):  # never written: the one before counts
                        print("kind", kind, "cut at", n, "filled with", other, "counts as closed")
                    flash.data[PAGE * page : PAGE * page + PAGE] = whole
    return tried


def wholes():
    for byte in (b"\x00", b"\xff", b"\x55", b"\xaa"):
        if Latch(Flash(byte * SIZE), BLOCKS).kind:
            print("a latch full of", byte, "has a record")
    return 4


def cuts():
    """Power fails inside every write of a treatment, from every filling: CLOSED counts only if it was the last word."""
    tried = 0
    for records in range(1, 33, 2):
        start = fill(records)
        for kinds in ((OPEN, CLOSED), (OPEN, TRIP, CLOSED), (TRIP, CLOSED, OPEN)):
            whole = Flash(start)
            run(whole, kinds)
            for cut in range(whole.writes):
                for share in (0, 1, 5, 9, 100, 251, 252, 255, 2000):
                    flash = Flash(start)
                    flash.cut, flash.share = cut, share
                    written = [CLOSED]
                    try:
                        latch = Latch(flash, BLOCKS)
                        for kind in kinds:
                            written.append(0)
                            latch.append(kind, 0, WORDS)
                            written[-1] = kind
                            latch.prepare()
                    except PowerCutError:
                        pass
                    if share == 0 and written[-1] == 0:
                        written.pop()  # nothing of it reached the flash
                    tried += 1
                    for _ in range(2):
                        latch = Latch(flash, BLOCKS)
                        if latch.kind == CLOSED and written[-1] != CLOSED:
                            print("after", records, "records", kinds, "write", cut, "cut at", share, "counts as closed")
                        if written[-1] in (OPEN, TRIP) and latch.kind not in (0, written[-1]):
                            print("after", records, "records", kinds, "write", cut, "cut at", share, latch.kind)
                        latch.prepare()  # what an acknowledgement does first
    return tried


print("tried", flips() + wholes() + cuts())
