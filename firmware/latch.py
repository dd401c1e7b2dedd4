"""The latch: what happened last, kept in flash through every reset. Unfinished means tripped.

Records are whole pages, appended in sectors that were erased beforehand, so that a record is one page program. The
newest valid record decides; a page behind it that is not blank is a record that was torn, and counts as a trip. An
empty latch counts as a trip too: a device that was never commissioned has no past that permits anything.
"""

from micropython import const
from binascii import crc32
from struct import pack_into, unpack_from

PAGE = const(256)  # the smallest unit that flash_range_program writes
SECTOR = const(4096)
_PAGES = const(16)
_BODY = const(252)  # then the CRC-32 of it
_MAGIC = const(0x534C4154)
_HEAD = "<IIBBH"  # magic, sequence number, kind, words, cause
_WORDS_AT = const(12)
MAX_WORDS = const(60)

OPEN, CLOSED, TRIP = 1, 2, 3
_BLANK = bytearray(b"\xff" * PAGE)


class Latch:
    """Two or more sectors of a flash block device, used in turn: `blocks` are their numbers (reserved.py).

    `kind`, `cause`, `words` and `count`, its number, are those of the newest record; `kind` is 0 when there is none or
    it is torn.
    """

    def __init__(self, flash: "BlockDevice", blocks: "tuple[int, ...]") -> None:
        self._flash = flash
        self._blocks = blocks
        self._sectors = len(blocks)
        self._page = bytearray(PAGE)
        self._next = 0  # page number of the next record, or -1 when there is none free
        self._newest = -1
        self.count = 0
        self.kind = 0
        self.cause = 0
        self.words: tuple[int, ...] = ()
        self._scan()

    def _read(self, number: int) -> bytearray:
        self._flash.readblocks(self._blocks[number // _PAGES], self._page, number % _PAGES * PAGE)
        return self._page

    def _blank(self, number: int) -> bool:
        return self._read(number) == _BLANK

    def _scan(self) -> None:
        for number in range(self._sectors * _PAGES):
            page = self._read(number)
            magic, seq, kind, count, cause = unpack_from(_HEAD, page, 0)
            if magic != _MAGIC or count > MAX_WORDS or kind not in (OPEN, CLOSED, TRIP):
                continue
            if crc32(memoryview(page)[:_BODY]) != unpack_from("<I", page, _BODY)[0]:
                continue
            if self._newest < 0 or seq > self.count:
                self._newest = number
                self.count = seq
                self.kind = kind
                self.cause = cause
                self.words = unpack_from("<%dI" % count, page, _WORDS_AT)
        self._next = (self._newest + 1) % (self._sectors * _PAGES)
        if not self._blank(self._next):
            self.kind = 0
            self.cause = 0
            self._skip()

    def _skip(self) -> None:
        """Past what was torn, to the first blank page; none means that a sector has to be erased first."""
        total = self._sectors * _PAGES
        for step in range(total):
            if self._blank((self._next + step) % total):
                self._next = (self._next + step) % total
                return
        self._next = -1

    def ready(self) -> bool:
        """True if a treatment can be opened: room for its OPEN, a TRIP and a CLOSED without an erase."""
        if self._next < 0:
            return False
        total = self._sectors * _PAGES
        for step in range(3):
            if not self._blank((self._next + step) % total):
                return False
        return True

    def prepare(self) -> None:
        """Erase one sector that is not blank and holds neither the newest record nor the next one.

        Takes up to 400 ms: only where the permit is low. Does nothing when everything is blank already.
        """
        for sector in range(self._sectors):
            first = sector * _PAGES
            if self._newest // _PAGES == sector or (self._next >= 0 and self._next // _PAGES == sector):
                continue
            for number in range(first, first + _PAGES):
                if not self._blank(number):
                    self._flash.ioctl(6, self._blocks[sector])
                    break
            if self._next < 0:
                self._next = first
            return

    def append(self, kind: int, cause: int, words: tuple[int, ...]) -> None:
        """Write one record (at most MAX_WORDS words) and read it back.

        Raises:
            OSError: if there is no free page or the page does not read back.
        """
        if self._next < 0:
            raise OSError("latch: no free page")
        page = bytearray(_BLANK)
        self.count += 1
        pack_into(_HEAD, page, 0, _MAGIC, self.count, kind, len(words), cause)
        for i, word in enumerate(words):
            pack_into("<I", page, _WORDS_AT + 4 * i, word)
        pack_into("<I", page, _BODY, crc32(memoryview(page)[:_BODY]))
        number = self._next
        self._newest = number
        self._flash.writeblocks(self._blocks[number // _PAGES], page, number % _PAGES * PAGE)
        self._next = (number + 1) % (self._sectors * _PAGES)
        if self._read(number) != page:
            raise OSError("latch: page %d does not read back" % number)
        if not self._blank(self._next):
            self._next = -1
        self.kind = kind
        self.cause = cause
        self.words = words
