"""The serial port of the link: opened, lost, opened again; never waited for."""

import errno
import os
import termios
from collections.abc import Callable

import serial

from sonofuse.protocol import BAUD

AGAIN_NS = 250_000_000  # between two tries to open a port that is gone
_NO_LINE = (errno.ENOTTY, errno.EISDIR, errno.ENODEV, errno.ENXIO, errno.ENOTDIR, errno.EINVAL)
_WAITING = 4096  # bytes that may wait for the port: more than one receipt late is as bad as none, so the oldest go


class Line:
    """A port by its name, whether it is there or not.

    `fd` is what `select` takes, -1 while there is none; `trouble` is one line that says why, "" while it is open.
    """

    def __init__(self, name: str, opened: Callable[[str], serial.Serial] | None = None) -> None:
        self.name = name
        self.fd = -1
        self.trouble = f"{name}: not opened yet"
        self._open = opened or _open
        self._port: serial.Serial | None = None
        self._tried_ns = -1 << 62
        self._waiting = bytearray()

    def try_open(self, now_ns: int) -> bool:
        """Open the port if it is not, at most every AGAIN_NS; True if it was opened now."""
        if self._port is not None or now_ns - self._tried_ns < AGAIN_NS:
            return False
        self._tried_ns = now_ns
        try:
            self._port = self._open(self.name)
        except (serial.SerialException, OSError, ValueError, termios.error) as error:
            self.trouble = why(self.name, error)
            return False
        self.fd = self._port.fileno()
        self.trouble = ""
        self._waiting.clear()
        return True

    def read(self) -> bytes:
        """What has come; b"" for nothing. A port that is gone is closed, and `trouble` says so."""
        if self._port is None:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except BlockingIOError:
            return b""
        except OSError:
            self._lost()
            return b""
        if not data:
            self._lost()  # `select` said that there is something: the end of a device that is gone
        return data

    def write(self, data: bytes) -> None:
        """Put bytes on the line as far as it takes them now; the rest goes with the next call, or is dropped if too
        much waits."""
        self._waiting += data
        if len(self._waiting) > _WAITING:
            del self._waiting[: len(self._waiting) - _WAITING]
        self.flush()

    def flush(self) -> None:
        """Put on the line what waits, as far as it takes it now."""
        if self._port is None or not self._waiting:
            return
        try:
            del self._waiting[: os.write(self.fd, self._waiting)]
        except BlockingIOError:
            return
        except OSError:
            self._lost()

    def close(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port, self.fd = None, -1

    def _lost(self) -> None:
        self.close()
        self.trouble = f"{self.name}: the port has gone; plug it in again"


def _open(name: str) -> serial.Serial:
    return serial.Serial(name, BAUD, timeout=0, write_timeout=0, exclusive=True)


def why(name: str, error: Exception) -> str:
    """Why a port cannot be opened, and what to do, in one line."""
    number = getattr(error, "errno", None)
    if number == errno.ENOENT:
        return f"{name}: no such port; is the adapter of the link plugged in?"
    if number == errno.EACCES:
        return f"{name}: may not be opened by you; on Linux join the group dialout"
    if number in _NO_LINE or "Could not configure" in str(error):
        return f"{name}: is no serial port; name the one of the device's link, such as /dev/ttyUSB0"
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return f"{name}: is in use by another program; close it first"
    reason = os.strerror(number) if number else str(error)
    return f"{name}: cannot be opened ({reason}); is it the port of the device's link?"
