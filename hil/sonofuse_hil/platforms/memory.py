"""Bits that flip in the memory of a running VM, from outside: the firmware in it is unmodified (Linux alone)."""

import contextlib
import os
from pathlib import Path

from .process import RigError


def flip(pid: int, held: bytes, bit: int) -> int:
    """Flip a bit, counted from the first of `held` on, wherever the writable memory of a process holds these bytes;
    in how many places that was.

    Raises:
        RigError: if this system shows no process's memory, or forbids it.
    """
    try:
        regions = (Path("/proc") / str(pid) / "maps").read_text(encoding="ascii").splitlines()
        memory = os.open(f"/proc/{pid}/mem", os.O_RDWR)
    except OSError as problem:
        raise RigError(
            f"a bit flip in memory: not covered on this system ({problem.strerror}: /proc/PID/mem)"
        ) from None
    found = 0
    try:
        for region in regions:
            span, rights, *_ = region.split()
            if rights == "rw-p":  # its own: what it shares is the rig's side of the wire
                start, end = (int(edge, 16) for edge in span.split("-"))
                found += _flip_in(memory, start, end, held, bit)
    finally:
        os.close(memory)
    return found


def _flip_in(memory: int, start: int, end: int, held: bytes, bit: int) -> int:
    data, found, at = b"", 0, -1
    with contextlib.suppress(OSError):  # some regions cannot be read
        data = os.pread(memory, end - start, start)
    while (at := data.find(held, at + 1)) >= 0:
        place = start + at + (bit >> 3)
        os.pwrite(memory, bytes([held[bit >> 3] ^ 1 << (bit & 7)]), place)
        found += 1
    return found
