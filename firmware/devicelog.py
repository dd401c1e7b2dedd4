"""What a host may read of a device while the permit is low: its manifest, and the blocks of its last trips."""

from micropython import const
from struct import pack_into, unpack_from

from answers import piece
from blackbox import BLOCK
from link import DATA, Link
from manifest import NAME

_MANIFEST = const(0)  # parts of the log
_TRIPS = const(1)
_IDENTITY = const(2)
_STATE = const(3)
_HEAD = "<BBHII"  # part, bytes in this piece, number of the picture, offset, bytes of the whole part
_HEAD_BYTES = const(12)
_PIECE = const(128)


class Log:
    """Answers one READ at a time. `folder` is that of the running set, None for the current one."""

    def __init__(self, folder: "str | None", flash: "BlockDevice", blocks: "tuple[int, ...]") -> None:
        self._path = NAME if folder is None else folder + "/" + NAME
        self._flash = flash
        self._blocks = blocks
        self.identity = b""
        self.state: Callable[[], bytes] = bytes  # takes a picture of the kernel; its pieces are those of one instant
        self._picture = b""
        self._pictures = 0  # a piece says of which it is: somebody who asks anew meanwhile gets another one

    def read(self, line: Link) -> bool:
        """Put the wanted piece into the link; False if there is no such part or the request is not whole."""
        payload = line.payload
        if len(payload) != 5:
            return False
        part, offset = unpack_from("<BI", payload, 0)
        buffer = memoryview(line.data)[_HEAD_BYTES:]
        if part == _MANIFEST:
            with open(self._path, "rb") as file:
                file.seek(0, 2)
                total = file.tell()
                file.seek(min(offset, total))
                n = file.readinto(buffer)
        elif part == _TRIPS:
            total = BLOCK * len(self._blocks)
            n = min(_PIECE, max(0, total - offset))
            if n:
                self._flash.readblocks(self._blocks[offset // BLOCK], buffer[:n], offset % BLOCK)
        elif part == _IDENTITY or part == _STATE:
            if part == _STATE and offset == 0:
                self._picture = self.state()
                self._pictures = (self._pictures + 1) & 0xFFFF
            whole = self.identity if part == _IDENTITY else self._picture
            total = len(whole)
            n = min(_PIECE, max(0, total - offset))
            buffer[:n] = whole[offset : offset + n]
        else:
            return False
        pack_into(_HEAD, line.data, 0, part, n, self._pictures if part == _STATE else 0, offset, total)
        piece(line.own, DATA, _HEAD_BYTES + _PIECE)
        return True
