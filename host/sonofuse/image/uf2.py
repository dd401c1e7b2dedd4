"""The interpreter: an official MicroPython image as a UF2 file, and what of it lies in the flash."""

import re
import struct
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 512
_HEAD = struct.Struct("<8I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_FLASH_AT = 0x10000000
_FAMILIES = {0xE48BFF56: "rp2040"}  # Microsoft's list of UF2 families
_VERSION = re.compile(rb"MicroPython v(\d+)\.(\d+)\.(\d+)")
OLDEST = (1, 28)
"""The oldest MicroPython that the firmware has been tested with."""


class Uf2Error(ValueError):
    """A file that is no MicroPython for a board of ours; one line says why."""


@dataclass(frozen=True)
class Interpreter:
    """The bytes from the start of the flash on, the microcontroller they are for, and the version."""

    data: bytes
    mcu: str
    version: tuple[int, int, int]


def read(path: Path) -> Interpreter:
    """The interpreter in a UF2 file.

    Raises:
        Uf2Error: if the file is none, is damaged, or holds something else than a MicroPython that is new enough.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Uf2Error(f"{path}: cannot be read ({error.strerror})") from error
    if not content or len(content) % _BLOCK:
        raise Uf2Error(f"{path}: is not a UF2 file, or not all of one; download it again")
    data = bytearray()
    family = 0
    for number in range(len(content) // _BLOCK):
        block = content[number * _BLOCK : (number + 1) * _BLOCK]
        *magic, _flags, at, size, index, count, family = _HEAD.unpack_from(block)
        if tuple(magic) != _MAGIC or index != number or count != len(content) // _BLOCK or size > _BLOCK - 36:
            raise Uf2Error(f"{path}: block {number} is not that of a UF2 file; download it again")
        if at != _FLASH_AT + len(data):
            raise Uf2Error(f"{path}: does not fill the flash from its start on without a gap; is it MicroPython?")
        data += block[_HEAD.size : _HEAD.size + size]
    if family not in _FAMILIES:
        raise Uf2Error(f"{path}: is for a chip of family 0x{family:08x}, not for an {' or '.join(_FAMILIES.values())}")
    found = _VERSION.search(data)
    if found is None:
        raise Uf2Error(f"{path}: holds no MicroPython")
    version = (int(found[1]), int(found[2]), int(found[3]))
    if version[:2] < OLDEST:
        raise Uf2Error(f"{path}: MicroPython {dotted(version)}, and {dotted(OLDEST)} is the oldest that is supported")
    return Interpreter(bytes(data), _FAMILIES[family], version)


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
