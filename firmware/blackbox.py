"""The last second before a trip: what every converter said, kept in RAM and written to flash once the permit is low.

A block of flash holds one trip, its header last, so that a block without a valid header is one whose writing was
interrupted. Blocks are used in turn; the next one is erased when a trip is acknowledged.
"""

import micropython
from array import array
from micropython import const
from binascii import crc32
from struct import pack_into, unpack_from

BLOCK = const(4096)
PAGE = const(256)
PAGES = const(16)
_HALVES = const(128)  # words of 16 bits in a page
HEAD = "<IIIHHHHIIII"  # MAGIC, sequence, CRC of the samples, cause, channels, rows, first row, ms between rows, now,
HEAD_BYTES = const(64)  # set mW, on us, ...; then the CRC of the header in its last four bytes
MAGIC = const(0x53465452)
EVERY_MS = const(10)

# words of the ring's state
_BLANK = bytearray(b"\xff" * PAGE)
_ROWS = const(0)
_AT = const(1)
_CHANNELS = const(2)
_FULL = const(3)

_I_CHANNELS = const(8)  # kernel.I_CHANNELS


# In viper, because it runs in ticks with RF on.
@micropython.viper
def note(ring: ptr16, own: ptr32, inputs: ptr32):
    """The latest count of every channel, over the oldest row; once in EVERY_MS."""
    at = own[_AT]
    channels = own[_CHANNELS]
    to = at * channels
    source = _I_CHANNELS + 1
    end = to + channels
    while to < end:
        ring[to] = inputs[source] & 0xFFFF
        source += 2
        to += 1
    at += 1
    if at == own[_ROWS]:
        at = 0
        own[_FULL] = 1
    own[_AT] = at


class Blackbox:
    """Two or more blocks of a flash block device; `busy` while a trip is being written."""

    def __init__(self, flash: "BlockDevice", blocks: "tuple[int, ...]", channels: int) -> None:
        self._flash = flash
        self._blocks = blocks
        rows = (BLOCK - HEAD_BYTES) // (2 * channels)
        self._sector = array("H", bytes(BLOCK))
        self.ring = memoryview(self._sector)[HEAD_BYTES // 2 :]
        self.own = array("i", [rows, 0, channels, 0])
        self._left = 0  # pages to write, the header among them; 0: none
        self._frozen = (0, 0, 0, 0)
        self._seq = 0
        self._next = 0
        self._page = bytearray(PAGE)
        self._scan()

    @property
    def busy(self) -> bool:
        return self._left > 0

    def _scan(self) -> None:
        for number in range(len(self._blocks)):
            head = self._head(number)
            if head and head[1] >= self._seq:
                self._seq = head[1]
                self._next = (number + 1) % len(self._blocks)

    def _head(self, number: int) -> "tuple[int, ...] | None":
        page = self._page
        self._flash.readblocks(self._blocks[number], page, 0)
        head = unpack_from(HEAD, page, 0)
        if head[0] != MAGIC or crc32(memoryview(page)[: HEAD_BYTES - 4]) != unpack_from("<I", page, HEAD_BYTES - 4)[0]:
            return None
        return head

    def begin(self, cause: int, now_us: int, set_mw: int, on_us: int) -> None:
        """A trip: what is in the ring stays, and is written by `step`."""
        if not self._left:
            self._frozen = (cause, now_us, set_mw, on_us)
            self._left = PAGES + 1

    def step(self) -> None:
        """Write one page (0.7 ms): only where the permit is low.

        Raises:
            OSError: if the flash does.
        """
        left = self._left - 1
        sector = self._sector
        block = self._blocks[self._next]
        if left == PAGES:  # first: is the block blank? Erasing takes 45 ms, 400 ms at most
            self._erase(self._next)
            own = self.own
            at = own[_AT] if own[_FULL] else 0x8000 | own[_AT]
            cause, now_us, set_mw, on_us = self._frozen
            pack_into(
                HEAD, sector, 0, MAGIC, self._seq + 1, crc32(self.ring), cause, own[_CHANNELS], own[_ROWS], at,
                EVERY_MS, now_us, set_mw, on_us,
            )  # fmt: skip
            pack_into("<I", sector, HEAD_BYTES - 4, crc32(memoryview(sector)[: HEAD_BYTES // 2 - 2]))
        else:
            self._flash.writeblocks(block, memoryview(sector)[left * _HALVES : (left + 1) * _HALVES], left * PAGE)
            if not left:
                self._seq += 1
                self._next = (self._next + 1) % len(self._blocks)
                self.own[_AT] = self.own[_FULL] = 0
        self._left = left

    def prepare(self) -> None:
        """Erase the block that the next trip goes to, unless it is blank: only where the permit is low."""
        if not self._left:
            self._erase(self._next)

    def _erase(self, number: int) -> None:
        page = self._page
        for at in range(0, BLOCK, PAGE):
            self._flash.readblocks(self._blocks[number], page, at)
            if page != _BLANK:
                self._flash.ioctl(6, self._blocks[number])
                return

    def read(self, number: int, offset: int, buffer: "memoryview[int]") -> None:
        """Bytes of a block, for a host that asks."""
        self._flash.readblocks(self._blocks[number], buffer, offset)
