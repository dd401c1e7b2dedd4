"""The file system of a device as one image, so that a board need not be filled over its console first."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import IO, Any, cast

from littlefs import LittleFS, UserContext

from sonofuse.image import latch

from .flash import STORAGE_BYTES

_BLOCK = 4096
_PAGE = 256
_FORMAT = 0x00020000  # 2.0, which every MicroPython reads


def build(files: Mapping[str, bytes]) -> bytes:
    """A littlefs image with these files, in the order given: the same files give the same bytes.

    With the latch's reserved files among them their blocks are found, noted in its record, and erased, as the installer
    does it on a device.
    """
    storage = bytearray(b"\xff" * STORAGE_BYTES)
    system = _mounted(storage, fresh=True)
    for name, data in files.items():
        parent = str(PurePosixPath(name).parent)
        if parent != ".":
            system.makedirs(parent, exist_ok=True)
        _write(system, name, data)
    if set(latch.FILES) <= set(files):
        blocks = [latch.find(bytes(storage), name) for name in latch.FILES]
        _write(system, latch.RECORD, latch.record(blocks))
        for number in blocks:
            storage[number * _BLOCK : (number + 1) * _BLOCK] = latch.BLANK
    system.unmount()
    return bytes(storage)


def reserved_blocks(image: bytes) -> tuple[int, ...]:
    """The blocks of latch and black box in an image that `build` made.

    Raises:
        FileNotFoundError: if it holds no record of them.
    """
    system = _mounted(bytearray(image), fresh=False)
    with _open(system, latch.RECORD, "rb") as file:
        return latch.blocks(file.read())


def _mounted(storage: bytearray, fresh: bool) -> LittleFS:
    system = LittleFS(
        context=UserContext(buffer=storage),
        block_size=_BLOCK,
        block_count=len(storage) // _BLOCK,
        prog_size=_PAGE,
        disk_version=_FORMAT if fresh else 0,  # 0: whatever is there
        mount=False,  # it would format what it cannot mount
    )
    if fresh:
        system.format()
    system.mount()
    return system


def _write(system: LittleFS, name: str, data: bytes) -> None:
    with _open(system, name, "wb") as file:
        file.write(data)


def _open(system: LittleFS, name: str, mode: str) -> IO[bytes]:
    opener: Any = system  # the package leaves the kind of its files open
    return cast("IO[bytes]", opener.open(name, mode))
