"""The file system of a device as one image, so that a board need not be filled over its console first."""

from collections.abc import Mapping

from littlefs import LittleFS, UserContext

from .flash import STORAGE_BYTES

_BLOCK = 4096
_PAGE = 256
_FORMAT = 0x00020000  # 2.0, which every MicroPython reads


def build(files: Mapping[str, bytes]) -> bytes:
    """A littlefs image with these files, in the order given: the same files give the same bytes."""
    context = UserContext(buffsize=STORAGE_BYTES)
    system = LittleFS(
        context=context,
        block_size=_BLOCK,
        block_count=STORAGE_BYTES // _BLOCK,
        prog_size=_PAGE,
        disk_version=_FORMAT,
    )
    for name, data in files.items():
        with system.open(name, "wb") as file:
            file.write(data)
    system.unmount()
    return bytes(context.buffer)
