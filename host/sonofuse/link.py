"""The host's side of the link that protocol.py declares: frames to bytes and back."""

import struct
from binascii import crc_hqx
from collections.abc import Iterator
from dataclasses import dataclass

from cobs import cobs  # C-accelerated, the reference implementation of the framing

from sonofuse import protocol
from sonofuse.protocol import F as F  # what others ask this module for

RESULTS = tuple(text for _, text in protocol.RESULTS)
_TELEMETRY, _CHANNEL, _DATA = protocol.TELEMETRY.head, protocol.TELEMETRY.row, protocol.DATA.head


class FrameError(ValueError):
    """Bytes that are no frame."""


@dataclass(frozen=True)
class Telemetry:
    """What the device says 50 times a second; raw counts and dose (2⁻²⁰ CEM43 min) per channel."""

    state: int
    cause: int
    warn: int
    now_us: int
    on_us: int
    energy: int
    raw: tuple[int, ...]
    dose: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """What became of a command."""

    command: int
    result: int


@dataclass(frozen=True)
class Data:
    """A piece of the device's log: which part, where in it, of how many bytes."""

    what: int
    offset: int
    total: int
    data: bytes


Frame = Telemetry | Answer | Data


def encode(kind: int, sequence: int, payload: bytes = b"") -> bytes:
    """One frame, ready for the line; the zero before it ends whatever noise there was, which could swallow a STOP."""
    body = struct.pack("<BH", kind, sequence & 0xFFFF) + payload
    return b"\0" + bytes(cobs.encode(body + struct.pack("<H", crc_hqx(body, 0xFFFF)))) + b"\0"


def decode(frame: bytes) -> Frame:
    """A frame without its closing zero.

    Raises:
        FrameError: if it is not COBS, its CRC differs, or its type or length is unknown.
    """
    try:
        body = bytes(cobs.decode(frame))
    except cobs.DecodeError as error:
        raise FrameError(f"not COBS: {error}") from error
    if len(body) < 5 or crc_hqx(body[:-2], 0xFFFF) != int.from_bytes(body[-2:], "little"):
        raise FrameError(f"{len(body)} bytes with a wrong CRC")
    kind, payload = body[0], body[3:-2]
    if kind == F.ANSWER and len(payload) == 2:
        return Answer(payload[0], payload[1])
    if kind == F.TELEMETRY and len(payload) >= _TELEMETRY.size:
        state, channels, cause, warn, now_us, on_us, energy = _TELEMETRY.unpack_from(payload)
        if len(payload) == _TELEMETRY.size + channels * _CHANNEL.size:
            rows = list(_CHANNEL.iter_unpack(payload[_TELEMETRY.size :]))
            raw, dose = tuple(row[1] for row in rows), tuple(row[2] for row in rows)
            return Telemetry(state, cause, warn, now_us, on_us, energy, raw, dose)
    if kind == F.DATA and len(payload) == _DATA.size:
        what, length, _, offset, total, data = _DATA.unpack(payload)
        return Data(what, offset, total, data[:length])
    raise FrameError(f"unknown frame: type {kind}, {len(payload)} bytes")


class Decoder:
    """Cuts a stream of bytes into frames; bytes that are no frame are counted in `errors` and dropped."""

    def __init__(self) -> None:
        self.errors = 0
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The whole frames that `data` completes."""
        *frames, self._rest = (self._rest + data).split(b"\0")
        for frame in frames:
            try:
                yield decode(frame)
            except FrameError:
                self.errors += 1


def arm(sequence: int, set_mw: int, set_us: int, digest: bytes) -> bytes:
    """ARM with a set point (mW, µs) for the limit set with this SHA-256."""
    return encode(F.ARM, sequence, protocol.ARM.head.pack(set_mw, set_us, digest[:8]))


def read_request(what: int, offset: int) -> bytes:
    """The payload of READ."""
    return protocol.READ.head.pack(what, offset)
