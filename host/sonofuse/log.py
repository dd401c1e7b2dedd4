"""Reads a device's log over its link: state, manifest, and its last trips with what came before them.

The device needs no host beforehand: it keeps all of it in its own flash. It answers while the permit is low.
"""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import serial

from sonofuse import link, trips
from sonofuse.console import ENVIRONMENT, NOT_AS_EXPECTED, CommandError
from sonofuse.link import Answer, Data, F, Frame, Telemetry
from sonofuse.protocol import BAUD
from sonofuse.trips import Trip
from sonofuse_firmware.states import ON

_LISTEN_S = 1.5  # a refusing device speaks ten times a second, a running one fifty times
_ANSWER_S = 2.0  # a device answers within 20 ms, an adapter may hold bytes back
_TRIES = 4


@dataclass(frozen=True)
class DeviceLog:
    """What a device said of itself; `manifest` is its text, `trips` the newest first."""

    state: int
    cause: int
    manifest: str
    trips: tuple[Trip, ...]


class Port:
    """The link's serial port, for this program alone. Use it as a context manager.

    Raises:
        CommandError: if it cannot be opened.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._decoder = link.Decoder()
        self._waiting: list[Frame] = []
        self._sequence = 0
        try:
            self._serial = serial.Serial(name, BAUD, timeout=0.02, exclusive=True)
        except (serial.SerialException, ValueError) as error:
            raise CommandError(ENVIRONMENT, _why(name, error)) from error

    def __enter__(self) -> "Port":
        return self

    def __exit__(self, *_: object) -> None:
        self._serial.close()

    def send(self, kind: int, payload: bytes = b"") -> None:
        """Send a command.

        Raises:
            CommandError: if the port has gone.
        """
        self._sequence += 1
        try:
            self._serial.write(link.encode(kind, self._sequence, payload))
        except serial.SerialException as error:
            raise CommandError(ENVIRONMENT, f"{self.name}: the port has gone; plug it in again") from error

    def next(self, wanted: Callable[[Frame], bool], within_s: float) -> Frame | None:
        """The next frame that is wanted; None if none came in time.

        Raises:
            CommandError: if the port has gone.
        """
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            while self._waiting:
                frame = self._waiting.pop(0)
                if wanted(frame):
                    return frame
            try:
                data = self._serial.read(max(1, self._serial.in_waiting))
            except (serial.SerialException, OSError) as error:
                raise CommandError(ENVIRONMENT, f"{self.name}: the port has gone; plug it in again") from error
            self._waiting.extend(self._decoder.feed(data))
        return None

    @property
    def errors(self) -> int:
        """Frames that were none."""
        return self._decoder.errors


def _why(name: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.ENOENT:
        return f"{name}: no such port; is the adapter of the link plugged in?"
    if number == errno.EACCES:
        return f"{name}: may not be opened by you; on Linux join the group dialout"
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return f"{name}: is in use by another program; close it first"
    return f"{name}: cannot be opened ({error})"


def read_log(name: str, progress: Callable[[int, int], None] = lambda _done, _total: None) -> DeviceLog:
    """Everything that a device keeps; `progress` is told bytes read and bytes to read of each part.

    Raises:
        CommandError: if the port is wrong, nobody or something else is there, or the permit is up.
    """
    with Port(name) as port:
        seen = port.next(lambda frame: isinstance(frame, Telemetry), _LISTEN_S)
        if not isinstance(seen, Telemetry):
            heard = f"{port.errors} frames that are none" if port.errors else "nothing"
            raise CommandError(
                ENVIRONMENT,
                f"{name}: no monitor there ({heard} in {_LISTEN_S:g} s at {BAUD} baud); it is the link's port that is "
                "needed, not USB, and no service jumper",
            )
        if seen.state == ON:
            raise CommandError(
                NOT_AS_EXPECTED, f"{name}: the permit is up; the log is read when the sonication has ended"
            )
        text = _part(port, link.MANIFEST, progress).decode(errors="replace")
        raw = _part(port, link.TRIPS, progress)
        blocks = [raw[at : at + trips.B.BLOCK] for at in range(0, len(raw), trips.B.BLOCK)]
        return DeviceLog(seen.state, seen.cause, text, tuple(trips.newest_first(blocks)))


def _part(port: Port, part: int, progress: Callable[[int, int], None]) -> bytes:
    """One part of the log, piece by piece; a piece that is lost is asked for again."""
    found, total = b"", 1
    while len(found) < total:
        at = len(found)
        for _ in range(_TRIES):
            port.send(F.READ, link.read_request(part, at))
            piece = port.next(partial(_is_piece, part, at), _ANSWER_S)
            if piece is not None:
                break
        else:
            raise CommandError(
                ENVIRONMENT, f"{port.name}: the device stopped answering; is its firmware older than this?"
            )
        if isinstance(piece, Answer):
            raise CommandError(
                NOT_AS_EXPECTED, f"{port.name}: the device does not give its log: {link.RESULTS[piece.result]}"
            )
        assert isinstance(piece, Data)
        found, total = found + piece.data, piece.total
        progress(len(found), total)
        if not piece.data:
            break
    return found


def _is_piece(part: int, at: int, frame: Frame) -> bool:
    if isinstance(frame, Answer):
        return frame.command == F.READ
    return isinstance(frame, Data) and (frame.part, frame.offset) == (part, at)
