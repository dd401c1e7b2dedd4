"""What a device keeps of its last trips (firmware/blackbox.py): the counts of every channel in the second before."""

import struct
from binascii import crc32
from dataclasses import dataclass

from sonofuse.board import Board
from sonofuse.layout import Constants
from sonofuse.limits.kinds import KINDS, Kind

B = Constants("blackbox.py")
_HEAD = struct.Struct("<IIIHHHHIIII")
_NOT_FULL = 0x8000


@dataclass(frozen=True)
class Trip:
    """One trip. `rows` are the counts of all channels, oldest first, `every_ms` apart; the last was up to that long
    before the trip. Times in µs of the device's clock, modulo 2³⁰."""

    sequence: int
    cause: int
    now_us: int
    set_mw: int
    on_us: int
    every_ms: int
    rows: tuple[tuple[int, ...], ...]


def read_block(data: bytes) -> Trip | None:
    """The trip in a block of flash; None if the block is blank, damaged, or its writing was interrupted.

    Raises:
        ValueError: if it is no whole block.
    """
    if len(data) != B.BLOCK:
        raise ValueError(f"{len(data)} bytes are no block of {B.BLOCK}")
    magic, sequence, crc, cause, channels, rows, at, every_ms, now_us, set_mw, on_us = _HEAD.unpack_from(data)
    head = data[: B.HEAD_BYTES]
    if (
        magic != B.MAGIC
        or crc32(head[:-4]) != int.from_bytes(head[-4:], "little")
        or crc32(data[B.HEAD_BYTES :]) != crc
    ):
        return None
    counts = struct.unpack_from(f"<{rows * channels}H", data, B.HEAD_BYTES)
    every = [tuple(counts[row * channels : (row + 1) * channels]) for row in range(rows)]
    ordered = every[: at & ~_NOT_FULL] if at & _NOT_FULL else every[at:] + every[:at]
    return Trip(sequence, cause, now_us, set_mw, on_us, every_ms, tuple(ordered))


def newest_first(blocks: "list[bytes]") -> list[Trip]:
    """All trips in some blocks."""
    found = [trip for block in blocks if (trip := read_block(block)) is not None]
    return sorted(found, key=lambda trip: trip.sequence, reverse=True)


def values(trip: Trip, board: Board) -> list[dict[str, float]]:
    """The rows in physical units: degC, W, V, L/min, 0 or 1, by channel; a converter's own fault is NaN.

    Raises:
        ValueError: if the trip is of a device with another number of channels.
    """
    if trip.rows and len(trip.rows[0]) != len(board.channels):
        raise ValueError(f"the trip has {len(trip.rows[0])} channels, the board {board.name} {len(board.channels)}")
    kinds: list[tuple[str, Kind | None]] = []
    for channel in board.channels:
        found = [kind for kind in (kind.of(board, channel) for kind in KINDS.values()) if kind is not None]
        kinds.append((channel.name, found[0] if found else None))
    table: list[dict[str, float]] = []
    for row in trip.rows:
        line: dict[str, float] = {}
        for (name, kind), count in zip(kinds, row, strict=True):
            if kind is None:
                line[name] = float(count)
            else:
                line[name] = float("nan") if count > kind.raw_top else kind.exact(count) / kind.scale
        table.append(line)
    return table
