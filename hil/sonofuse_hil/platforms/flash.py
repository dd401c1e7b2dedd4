"""A serial flash as the latch sees it: program clears bits, erase sets a sector, and power can fail in between."""

SECTOR = 4096
PROGRAM_US = 700  # a 256-byte page, typical (W25Q16JV data sheet)
ERASE_US = 45_000  # a 4 KiB sector, typical (same; 400 ms at most)


class PowerCutError(Exception):
    """The power failed inside a flash operation, as the rig had planned."""


class Flash:
    """`data` is what is stored. With `cut_at` = (operation number, fraction) that operation is left half done.

    Operations are counted from 0 over programs and erases together; `operations` lists their kinds.
    """

    def __init__(self, size: int, data: bytes | None = None) -> None:
        if size % SECTOR or (data is not None and len(data) != size):
            raise ValueError(f"flash of {size} bytes: a multiple of {SECTOR} and as many bytes of data are needed")
        self.data = bytearray(b"\xff" * size if data is None else data)
        self.operations: list[str] = []
        self.cut_at: tuple[int, float] | None = None

    def read(self, offset: int, length: int) -> bytes:
        self._within(offset, length)
        return bytes(self.data[offset : offset + length])

    def program(self, offset: int, payload: bytes) -> int:
        """Program bytes; returns the time it takes in µs."""
        self._within(offset, len(payload))
        done = self._share("program", len(payload))
        for i, byte in enumerate(payload[:done]):
            self.data[offset + i] &= byte
        if done < len(payload):
            self.data[offset + done] &= payload[done] | 0x0F  # the byte in hand is half programmed
            raise PowerCutError
        return PROGRAM_US * -(-len(payload) // 256)

    def erase(self, offset: int) -> int:
        """Erase one sector; returns the time it takes in µs."""
        self._within(offset, SECTOR)
        done = self._share("erase", SECTOR)
        self.data[offset : offset + done] = b"\xff" * done
        if done < SECTOR:
            self.data[offset + done] |= 0x55
            raise PowerCutError
        return ERASE_US

    def _share(self, kind: str, length: int) -> int:
        number = len(self.operations)
        self.operations.append(kind)
        if self.cut_at is not None and self.cut_at[0] == number:
            return min(int(self.cut_at[1] * length), length - 1)
        return length

    def _within(self, offset: int, length: int) -> None:
        if not 0 <= offset <= offset + length <= len(self.data):
            raise ValueError(f"flash access at {offset}, {length} bytes: outside {len(self.data)} bytes")
