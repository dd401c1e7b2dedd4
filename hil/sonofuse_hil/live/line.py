"""The line of the device's UART, as a pseudo-terminal that a program opens like a serial port.

A terminal that nobody has open takes nothing: what the device says then is lost, as on a real line. One that is open
and not read holds what the kernel holds for any serial port, and what comes then is lost too. The terminal knows the
rate that the program has set; at another one than the device's both hear what UARTs hear.
"""

import fcntl
import os
import termios
import tty
from pathlib import Path

from ..platforms.process import RigError
from .baud import LINK_BD, heard, rate_of


class Line:
    """A pseudo-terminal behind a symbolic link.

    Args:
        link: where programs find it; what is plugged in again gets the same path.

    `opened`: whether a program had it open at the last `read`. `lost`: bytes of the device that nobody could take.

    Raises:
        RigError: if there is something at the path already, or it cannot be made.
    """

    def __init__(self, link: Path) -> None:
        self.link, self.opened, self.lost = link, False, 0
        self.terminal = ""
        self._ours: int | None = None
        self._lock = self._locked()
        try:
            if link.is_symlink() and link.readlink().parts[:2] == ("/", "dev"):
                link.unlink()  # a rig that was killed has left it
            self.plug()
        except BaseException:
            self._unlock()
            raise

    @property
    def plugged(self) -> bool:
        return self._ours is not None

    def plug(self) -> None:
        """Make a new terminal at the path; nothing if there is one."""
        if self._ours is not None:
            return
        ours, theirs = os.openpty()
        self.terminal = os.ttyname(theirs)
        tty.setraw(theirs)  # stays so while `ours` is open: nothing is echoed to a device before a program sets it
        attributes = termios.tcgetattr(theirs)
        attributes[4] = attributes[5] = termios.B921600
        termios.tcsetattr(theirs, termios.TCSANOW, attributes)
        os.close(theirs)  # so that a read tells whether a program has it open
        os.set_blocking(ours, False)
        try:
            self.link.symlink_to(self.terminal)
        except OSError as problem:
            os.close(ours)
            why = "is there already" if isinstance(problem, FileExistsError) else f"cannot be made ({problem.strerror})"
            raise RigError(f"{self.link}: {why}; name another path") from problem
        self._ours = ours

    def unplug(self) -> None:
        """The program that has it open sees a port that is gone; nothing if it is unplugged."""
        if self._ours is None:
            return
        os.close(self._ours)
        self._ours, self.opened = None, False
        if self.link.is_symlink() and str(self.link.readlink()) == self.terminal:
            self.link.unlink()

    def close(self) -> None:
        """Unplug it for good."""
        self.unplug()
        self._unlock()

    def write(self, data: bytes) -> None:
        """What the device says."""
        written = 0
        if self._ours is not None and self.opened:
            data = heard(data, LINK_BD, self._rate(self._ours))
            try:
                written = os.write(self._ours, data)
            except OSError:
                written = 0  # the program does not read, or has just gone
        self.lost += len(data) - written

    def read(self, most: int) -> bytes:
        """What the program has said, `most` bytes at most, as the device hears it."""
        if self._ours is None:
            return b""
        try:
            data = os.read(self._ours, most)
        except BlockingIOError:
            self.opened = True
            return b""
        except OSError:  # EIO: no program has it open
            self._closed()
            return b""
        self.opened = True
        return heard(data, self._rate(self._ours), LINK_BD)

    def _locked(self) -> int:
        """A lock beside the link, which ends with this process however that ends."""
        path = self._lock_path
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise RigError(f"{path}: cannot be made ({problem.strerror})") from problem
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise RigError(f"{self.link}: another rig uses it; end that one, or name another path") from None
        return lock

    def _unlock(self) -> None:
        self._lock_path.unlink(missing_ok=True)
        os.close(self._lock)

    @property
    def _lock_path(self) -> Path:
        return self.link.with_name(self.link.name + ".lock")

    def _rate(self, ours: int) -> int:
        return rate_of(termios.tcgetattr(ours))

    def _closed(self) -> None:
        """What a program has left unread is not for the next one."""
        if self.opened:
            self.opened = False
            theirs = os.open(self.terminal, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            termios.tcflush(theirs, termios.TCIFLUSH)
            os.close(theirs)
