"""UF2 files of our own making."""

import struct

RP2040, RP2350 = 0xE48BFF56, 0xE48BFF59
TEXT = b"MicroPython v1.28.0 on 2026-04-06; Raspberry Pi Pico with RP2040".ljust(256, b"\0")


def uf2(data: bytes = TEXT, family: int = RP2040, at: int = 0x10000000, leave_out: int = -1) -> bytes:
    """`data` in blocks of 256 bytes; one of them may be left out."""
    parts = [data[i : i + 256] for i in range(0, len(data), 256)]
    kept = [(number, part) for number, part in enumerate(parts) if number != leave_out]
    blocks: list[bytes] = []
    for index, (number, part) in enumerate(kept):
        head = struct.pack(
            "<8I", 0x0A324655, 0x9E5D5157, 0x2000, at + 256 * number, len(part), index, len(kept), family
        )
        blocks.append(head + part.ljust(476, b"\0") + struct.pack("<I", 0x0AB16F30))
    return b"".join(blocks)
