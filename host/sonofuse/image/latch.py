"""The blocks that the file system gives up to the latch (firmware/reserved.py): two files of exactly one block each.

The content of a fresh one is made of its name, so that its block is found by looking for it in the flash.
"""

import hashlib
import zlib
from collections.abc import Sequence

BLOCK = 4096
FILES = ("latch.0", "latch.1", "trips.0", "trips.1", "trips.2")
RECORD = "latch.txt"
BLANK = b"\xff" * BLOCK


def pattern(name: str) -> bytes:
    """One block of bytes that nothing else in a flash holds: a chain of digests from the file's name."""
    digest = hashlib.sha256(f"sonofuse {name}".encode()).digest()
    made = bytearray()
    while len(made) < BLOCK:
        made += digest
        digest = hashlib.sha256(digest).digest()
    return bytes(made)


def record(blocks: Sequence[int]) -> bytes:
    """The record of the blocks' numbers, with the CRC-32 that the firmware asks for."""
    body = "".join(f"{number} " for number in blocks).encode()
    return body + f"{zlib.crc32(body):08x}\n".encode()


def find(storage: bytes, name: str) -> int:
    """The number of the block of a fresh reserved file in the bytes of a file system.

    Raises:
        ValueError: unless there is exactly one.
    """
    wanted = pattern(name)
    found = [at // BLOCK for at in range(0, len(storage), BLOCK) if storage[at : at + BLOCK] == wanted]
    if len(found) != 1:
        raise ValueError(f"{name}: found in {len(found)} blocks of the file system, not in one")
    return found[0]


def blocks(data: bytes) -> tuple[int, ...]:
    """The blocks' numbers in a record.

    Raises:
        ValueError: if it is damaged.
    """
    numbers = tuple(int(number) for number in data.split()[:-1])
    if record(numbers) != data:
        raise ValueError(f"{RECORD}: is damaged")
    return numbers
