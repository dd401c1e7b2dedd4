"""Faults of what is stored: bits that flip in memory and flash, limits that are wider, firmware that is another."""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import TYPE_CHECKING

from sonofuse.layout import K

from ..device import seal
from ..platforms.process import RigError
from . import bounds
from .host import commander
from .register import BOOT, Choice, Quantity, fault

if TYPE_CHECKING:
    from ..stand import Stand

_KNOWN_BY = 4  # values in a row: enough to find them in a memory
_TAIL_BYTES = 36  # of a limit set: CRC-32 and SHA-256
_KEPT, _ANEW = "as it was", "made anew"
_CHECK, _NO_CHECK = b"failed |= 1 << ABOVE\n", b"failed |= 0 << ABOVE\n"


def reseal(blob: bytes, word: int, value: int) -> bytes:
    """A limit set with one word changed and both sums right again: damage that only its meaning can show."""
    body = bytearray(blob[:-_TAIL_BYTES])
    struct.pack_into("<i", body, 4 * word, value)
    return bytes(body) + struct.pack("<I", zlib.crc32(body)) + hashlib.sha256(body).digest()


@fault(
    "memory",
    "G7",
    27,
    34,
    bound=bounds.limits_us,
    where=Quantity("50 %", "0 %", "100 %"),
    bit=Quantity("5 counts", "0 counts", "31 counts"),
)
def memory_bit(stand: Stand, where: float, bit: float) -> None:
    """a bit of the limit set flips in memory, so far behind its first word"""
    body = stand.blob[:-_TAIL_BYTES]
    word = round(where * (len(body) // 4 - 1))
    if not stand.platform.flip(body, 32 * word + round(bit)):
        raise RigError("a bit of the limit set: it is nowhere in memory; the firmware does not run")


@fault(
    "memory",
    "G3",
    27,
    bound=bounds.state_us,
    commands=True,
    channel=Choice("skin_a", "skin_b"),
    bit=Quantity("3 counts", "0 counts", "29 counts"),
)
def kernel_bit(stand: Stand, channel: str, bit: float) -> None:
    """a bit flips in memory in what the kernel remembers of the newest temperatures"""
    state = commander(stand).kernel_state
    if state is None:
        raise RigError("a bit of the kernel's state: nobody follows the kernel")
    name = stand.bench.channel(channel).name
    own = K.S_CHANNELS + K.CHANNEL_WORDS * stand.limits.board.index(name)
    # Of a ring the newest value stays longest, and longer than one pass of the digest takes. The copy is some ticks
    # old: what is written next may have been already.
    newest = state[own + K.C_RISE_POS]
    end = own + K.C_RISE + (newest if newest >= _KNOWN_BY else stand.limits.channel(name).rise_window)
    held = state[end - _KNOWN_BY : end].tobytes()
    if not stand.platform.flip(held, 32 * (_KNOWN_BY - 1) + round(bit)):
        raise RigError("a bit of the kernel's state: it is nowhere in memory; the firmware does not run")


def _flipped(data: bytes) -> bytes:
    """With one bit wrong in the middle."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@fault("memory", "G7", 28, response="I", phase=BOOT, file=Choice("kernel.py", "monitor.py", "latch.py", "board.py"))
def damaged_firmware(stand: Stand, file: str) -> None:
    """a bit of a firmware file is wrong in the flash; the next boot finds it so"""
    stand.platform.damage(file, _flipped)


@fault("memory", "G7", 34, response="I", phase=BOOT)
def damaged_limits(stand: Stand) -> None:
    """a bit of the limit set is wrong in the flash; the next boot finds it so"""
    stand.platform.damage("limits.bin", _flipped)


@fault("memory H4", "G7", 56, response="-", phase=BOOT, manifest=Choice(_ANEW, _KEPT))
def wider_limits(stand: Stand, manifest: str) -> None:
    """somebody has put a limit set with twice the power into the device, sums and all"""
    row = stand.limits.board.index(stand.bench.channel("forward").name)
    word = K.H_ROWS + K.ROW_WORDS * row + K.R_TRIP + K.ABOVE
    trip: int = memoryview(stand.blob[:-_TAIL_BYTES]).cast("i")[word]
    stand.platform.damage("limits.bin", lambda data: reseal(data, word, 2 * trip))
    _seal(stand, manifest)


@fault("memory H4", "G7", 57, response="I", phase=BOOT, manifest=Choice(_KEPT, _ANEW))
def altered_firmware(stand: Stand, manifest: str) -> None:
    """somebody has put firmware into the device that trips by no value above its limit"""

    def without_check(data: bytes) -> bytes:
        if data.count(_CHECK) != 1:
            raise RigError("kernel.py: the place of the check is not found once")
        return data.replace(_CHECK, _NO_CHECK)

    stand.platform.damage("kernel.py", without_check)
    _seal(stand, manifest)


def _seal(stand: Stand, manifest: str) -> None:
    if manifest == _ANEW:
        seal(stand.folder)
