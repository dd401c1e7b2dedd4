"""Frames between host and signal board, as sonofuse_hil/signal/protocol.py declares them."""

import struct
from binascii import crc_hqx
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cobs import cobs

from sonofuse.layout import Constants

SIGNAL = Path(__file__).parents[2] / "signal"
P = Constants(str(SIGNAL / "protocol.py"))
PINS = Constants(str(SIGNAL / "pins.py"))

MODULO = 1 << 30
_INFO = struct.Struct("<BIHH8s")
_HEAD = struct.Struct("<IBBBB")
_EVENT = struct.Struct("<BBI")
_LEAST = 5  # type, sequence number, CRC


@dataclass(frozen=True)
class Info:
    """What a signal board says of itself; `now` is its clock, in µs modulo 2³⁰."""

    version: int
    now: int
    tick_ns: int
    full: int  # compare value of full scale
    chip: str


@dataclass(frozen=True)
class Event:
    """An edge that a pin showed, or a contact that moved. `t` in µs modulo 2³⁰."""

    source: int
    kind: int
    t: int


@dataclass(frozen=True)
class Report:
    """What has happened since the last report."""

    now: int
    flags: int
    free: int
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Replied:
    """What became of a request."""

    request: int
    result: int


Reply = Info | Report | Replied


def bodies(frames: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Type and payload of every frame that is whole."""
    for frame in frames:
        try:
            body = bytes(cobs.decode(frame))
        except cobs.DecodeError:
            continue
        if len(body) >= _LEAST and crc_hqx(body[:-2], 0xFFFF) == int.from_bytes(body[-2:], "little"):
            yield body[0], body[3:-2]


def reply(kind: int, payload: bytes) -> Reply | None:
    """What a frame says; None if it is no reply of a signal board."""
    if kind == P.INFO and len(payload) >= 1:
        if payload[0] != P.VERSION or len(payload) != _INFO.size:
            return Info(payload[0], 0, 0, 0, "")
        version, now, tick_ns, full, chip = _INFO.unpack(payload)
        return Info(version, now, tick_ns, full, chip.hex())
    if kind == P.REPLIED and len(payload) == 2:
        return Replied(payload[0], payload[1])
    if kind == P.REPORT and len(payload) == _HEAD.size + _EVENT.size * P.EVENTS:
        now, flags, events, free, _ = _HEAD.unpack_from(payload)
        rows = list(_EVENT.iter_unpack(payload[_HEAD.size :]))[:events]
        return Report(now, flags, free, tuple(Event(*row) for row in rows))
    return None


def result_text(result: int) -> str:
    """A result in words."""
    words = {
        P.DONE: "done",
        P.UNKNOWN: "unknown request",
        P.LENGTH: "wrong length",
        P.NO_SESSION: "no session: it was without a word from the host for too long, or has been reset",
        P.FULL: "too much to be set later",
        P.RANGE: "out of range",
    }
    return words.get(result, f"result {result}")
