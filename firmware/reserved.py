"""The blocks of flash that belong to latch and black box, taken from the file system, which covers all of the flash.

At installation files of exactly one block each are written, found in the flash by their content, and noted in a
record; from then on their blocks are used raw. The file system never moves or reuses the block of a file that nobody
writes, and one block of content holds no pointer of its own.
"""

import binascii
import os

from micropython import const

RECORD = "latch.txt"
FILES = ("latch.0", "latch.1", "trips.0", "trips.1", "trips.2")
_BLOCK = const(4096)


def blocks(folder: "str | None", flash: "BlockDevice") -> "tuple[int, ...]":
    """The numbers of the latch's blocks in `flash`, for a set in `folder` (None: the current one, flat).

    Raises:
        ValueError: if the record is missing or damaged, or a file has lost its block to another one.
    """
    base = "" if folder is None else "/"
    try:
        with open(base + RECORD, "rb") as file:
            data = file.read()
        for name in FILES:
            if os.stat(base + name)[6] != _BLOCK:
                raise ValueError("%s: is not one block; flash again" % name)
    except OSError:
        raise ValueError("%s: the latch has no blocks of its own; flash again" % RECORD)
    if len(data) < 9 or b"%08x\n" % binascii.crc32(data[:-9]) != data[-9:]:
        raise ValueError("%s: is damaged; flash again" % RECORD)
    found = tuple([int(number) for number in data[:-9].split()])
    if len(found) != len(FILES) or len(set(found)) != len(FILES):
        raise ValueError("%s: names no usable blocks; flash again" % RECORD)
    if folder is not None:
        for at in range(len(FILES)):
            _same(base + FILES[at], found[at], flash)
    return found


def _same(path: str, number: int, flash: "BlockDevice") -> None:
    """The file is where the record says: what the file system reads there is what the flash holds there."""
    raw = bytearray(_BLOCK)
    flash.readblocks(number, raw, 0)
    with open(path, "rb") as file:
        if bytearray(file.read()) != raw:
            raise ValueError("%s: is not in block %d any more; flash again" % (path, number))
