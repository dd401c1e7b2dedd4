"""The host's side of the link that protocol.py declares: frames to bytes and back."""

import hmac
import struct
from binascii import crc_hqx
from collections.abc import Iterator
from dataclasses import dataclass

from cobs import cobs  # C-accelerated, the reference implementation of the framing

from sonofuse import protocol
from sonofuse.protocol import F as F  # what others ask this module for
from sonofuse_firmware.states import NAMES

RESULTS = tuple(text for _, text in protocol.RESULTS)
MANIFEST, TRIPS, IDENTITY, PICTURE = range(4)  # parts that READ asks for (firmware/devicelog.py)
SEALED = tuple(frame.kind for frame in protocol.FRAMES if frame.sealed)
_OLD_TELEMETRY = 1  # of link version 1
SEAL_BYTES = sum(field.size for field in protocol.SEAL)
_MAC_BYTES = protocol.SEAL[1].size
_HEAD, _TAIL, _DATA = protocol.TELEMETRY.head, protocol.TELEMETRY.end, protocol.DATA.head
_IDENTITY = struct.Struct("<" + "".join(field.code for field in protocol.IDENTITY))


class FrameError(ValueError):
    """Bytes that are no frame."""


class UnknownFrameError(FrameError):
    """A whole frame of a type or a length that this version of the link does not know."""

    def __init__(self, kind: int, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class VersionError(ValueError):
    """A device that speaks another version of the link; the text says what to do."""


@dataclass(frozen=True)
class Telemetry:
    """What the device says 50 times a second; `payload` holds the rows of its ticks (sonofuse_core.follow)."""

    sequence: int
    tick: int
    state: int
    cause: int
    warn: int
    now_us: int
    on_us: int
    energy: int
    rows: int
    payload: bytes


@dataclass(frozen=True)
class Answer:
    """What became of the command with the sequence number `to`."""

    command: int
    to: int
    result: int


@dataclass(frozen=True)
class Data:
    """A piece of a part: which, where in it, of how many bytes; of a picture of the kernel its number, else 0."""

    part: int
    picture: int
    offset: int
    total: int
    data: bytes


Frame = Telemetry | Answer | Data


@dataclass(frozen=True)
class Identity:
    """Who a device is; `nonce` is that of its boot, `how` a letter per channel (docs/protocol.md)."""

    nonce: bytes
    chip: bytes
    limits: bytes
    tick_us: int
    receipt_us: int
    how: bytes


def encode(kind: int, sequence: int, payload: bytes = b"") -> bytes:
    """One frame, ready for the line; the zero before it ends whatever noise there was, which could swallow a STOP."""
    body = struct.pack("<BH", kind, sequence & 0xFFFF) + payload
    return b"\0" + bytes(cobs.encode(body + struct.pack("<H", crc_hqx(body, 0xFFFF)))) + b"\0"


def decode(frame: bytes) -> Frame:
    """A frame without its closing zero.

    Raises:
        FrameError: if it is not COBS, its CRC differs, or its type or length is unknown.
        VersionError: if it is telemetry of another version of the link.
    """
    try:
        body = bytes(cobs.decode(frame))
    except cobs.DecodeError as error:
        raise FrameError(f"not COBS: {error}") from error
    if len(body) < 5 or crc_hqx(body[:-2], 0xFFFF) != int.from_bytes(body[-2:], "little"):
        raise FrameError(f"{len(body)} bytes with a wrong CRC")
    kind, sequence, payload = body[0], int.from_bytes(body[1:3], "little"), body[3:-2]
    if kind == protocol.TELEMETRY.kind and len(payload) >= _HEAD.size + _TAIL.size:
        (tick,) = _HEAD.unpack_from(payload)
        state, cause, warn, now_us, on_us, energy, rows = _TAIL.unpack_from(payload, len(payload) - _TAIL.size)
        if state >= len(NAMES):
            raise FrameError(f"state {state} is none")
        return Telemetry(sequence, tick, state, cause, warn, now_us, on_us, energy, rows, payload)
    if kind == F.ANSWER and len(payload) == protocol.ANSWER.head.size:
        return Answer(*protocol.ANSWER.head.unpack(payload))
    if kind == F.DATA and len(payload) == _DATA.size:
        part, length, picture, offset, total, data = _DATA.unpack(payload)
        return Data(part, picture, offset, total, data[:length])
    if kind == _OLD_TELEMETRY:
        raise VersionError(f"the device speaks version 1 of the link, this host {protocol.VERSION}; flash it again")
    raise UnknownFrameError(kind, f"unknown frame: type {kind}, {len(payload)} bytes")


def identity(data: bytes) -> Identity:
    """What READ of IDENTITY gave.

    Raises:
        VersionError: if the device speaks another version of the link.
        FrameError: if it is too short.
    """
    if len(data) < _IDENTITY.size:
        raise FrameError(f"an identity of {len(data)} bytes")
    version, tick_us, nonce, chip, limits, receipt_us = _IDENTITY.unpack_from(data)
    if version != protocol.VERSION:
        raise VersionError(
            f"the device speaks version {version} of the link, this host {protocol.VERSION}; flash it again"
        )
    return Identity(nonce, chip, limits, tick_us, receipt_us, data[_IDENTITY.size :])


class Decoder:
    """Cuts a stream of bytes into frames; bytes that are no frame are counted in `errors` and dropped. `version` is one
    line about a device of another version, "" where there was none since the last frame that is understood."""

    def __init__(self) -> None:
        self.errors = 0
        self.version = ""
        self._rest = b""
        self._unknown = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The whole frames that `data` completes."""
        *frames, self._rest = (self._rest + data).split(b"\0")
        self._rest = self._rest[-_LONGEST:]
        for frame in frames:
            try:
                found = decode(frame)
            except UnknownFrameError as error:
                self.errors += 1
                self._unknown += 1
                if self._unknown >= _NO_CHANCE:
                    self.version = (
                        f"the device says what version {protocol.VERSION} of the link does not know (frames of type "
                        f"{error.kind}); bring device and host to the same version"
                    )
            except FrameError:
                self.errors += 1
            except VersionError as error:
                self.errors += 1
                self.version = str(error)
            else:
                self._unknown, self.version = 0, ""
                yield found


_NO_CHANCE = 3  # unknown frames with a right CRC, one after the other: no noise
_LONGEST = 8192  # of a frame that is coming in; what is longer is none


def arm_request(set_mw: int, set_us: int, digest: bytes) -> bytes:
    """The payload of ARM without its seal: a set point (mW, µs) for the limit set with this SHA-256."""
    return protocol.ARM.head.pack(set_mw, set_us, digest[:8])


def read_request(part: int, offset: int) -> bytes:
    """The payload of READ."""
    return protocol.READ.head.pack(part, offset)


def receipt(sequence: int, digest: int) -> bytes:
    """The payload of RECEIPT for the frame with that number."""
    return protocol.RECEIPT.head.pack(sequence, digest)


def seal(key: bytes, nonce: bytes, kind: int, counter: int, payload: bytes = b"") -> bytes:
    """A payload with its counter and MAC, for the device whose boot has this nonce."""
    body = payload + struct.pack("<I", counter)
    return body + hmac.digest(key, nonce + bytes([kind]) + body, "sha256")[:_MAC_BYTES]
