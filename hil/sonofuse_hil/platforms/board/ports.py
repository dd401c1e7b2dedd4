"""Serial ports of a rig: found, opened, and every way in which that fails said in one line."""

import errno
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import serial
from serial.tools import list_ports

from sonofuse.protocol import BAUD

from ..process import RigError

PICO = (0x2E8A, 0x0005)  # USB id of MicroPython on a Pico
_PAUSE_S = 0.0002  # USB carries a packet every millisecond


@dataclass(frozen=True)
class Found:
    """A port of this machine and its USB id (0, 0 where it has none)."""

    name: str
    usb: tuple[int, int]


def present() -> list[Found]:
    """The USB serial ports of this machine, by name."""
    found = [Found(port.device, (port.vid or 0, port.pid or 0)) for port in list_ports.comports()]
    return sorted((port for port in found if port.usb != (0, 0)), key=lambda port: port.name)


def choose(monitor: str | None, signal: str | None, there: Sequence[Found]) -> tuple[str, str]:
    """The monitor's port and the signal board's: as named, or the only ones that can be meant.

    Raises:
        RigError: if none or several can be meant, or both are the same.
    """
    if signal is None:
        signal = _only([p for p in there if p.usb == PICO and p.name != monitor], "signal board", "--signal-port")
    if monitor is None:
        monitor = _only([p for p in there if p.usb != PICO and p.name != signal], "monitor's link", "--port")
    if monitor == signal:
        raise RigError(f"{monitor} is named for both: the monitor (--port) and the signal board (--signal-port)")
    return monitor, signal


def _only(found: Sequence[Found], what: str, option: str) -> str:
    kind = "no Pico with MicroPython on USB" if what == "signal board" else "no USB serial adapter"
    if not found:
        raise RigError(f"{what}: {kind} is there; plug it in, or give {option} PORT")
    if len(found) > 1:
        raise RigError(f"{what}: {', '.join(port.name for port in found)} could be it; give {option} PORT")
    return found[0].name


def pause() -> None:
    """What a host does while it waits for a port."""
    time.sleep(_PAUSE_S)


class Port:
    """One open port, all ours. `idle` is called while nothing comes.

    Raises:
        RigError: if it is not there, may not be opened, or is open elsewhere.
    """

    def __init__(self, name: str, idle: Callable[[], None] = pause) -> None:
        self.name, self.idle = name, idle
        try:
            self._serial = serial.Serial(name, BAUD, timeout=0, write_timeout=1.0, exclusive=True)
        except serial.SerialException as problem:
            raise RigError(f"{name}: {_why(problem)}") from problem

    def read(self) -> bytes:
        """What has come, perhaps nothing.

        Raises:
            RigError: if the port is gone.
        """
        try:
            return bytes(self._serial.read(4096))
        except (serial.SerialException, OSError) as problem:
            raise RigError(f"{self.name}: gone while it was read ({_why(problem)})") from problem

    def write(self, data: bytes) -> None:
        """Put bytes on the line.

        Raises:
            RigError: if the port is gone or takes nothing for a second.
        """
        try:
            self._serial.write(data)
        except (serial.SerialException, OSError) as problem:
            raise RigError(f"{self.name}: gone while it was written ({_why(problem)})") from problem

    def close(self) -> None:
        self._serial.close()


def _why(problem: OSError) -> str:
    if problem.errno in (errno.EAGAIN, errno.EBUSY):
        return "another program has it open"
    return os.strerror(problem.errno) if problem.errno else str(problem)
