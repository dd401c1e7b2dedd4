"""A serial port at which something else talks than a device of ours, or nothing at all."""

import os
import struct
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sonofuse import link
from sonofuse_hil.live.baud import LINK_BD, heard

_EVERY_S = 0.05


@contextmanager
def stranger(says: Callable[[int], bytes]) -> Iterator[str]:
    """The port's name; `says` gives what it says 20 times a second, by the number of the time."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    ended = threading.Event()

    def talk() -> None:
        number = 0
        while not ended.wait(_EVERY_S):
            with suppress(BlockingIOError):  # nobody reads
                os.write(ours, says(number))
            number += 1

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        ended.set()
        thread.join()
        os.close(theirs)
        os.close(ours)


def nothing(_number: int) -> bytes:
    return b""


def gps(number: int) -> bytes:
    """A GPS receiver: once a second."""
    return b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n" if number % 20 == 0 else b""


def prompt(_number: int) -> bytes:
    """A Pico without our firmware, somebody at its keyboard."""
    return b"\r\n>>> "


def other_rate(number: int) -> bytes:
    """Telemetry through an adapter that was set to 115200 baud: what its UART makes of it."""
    return heard(link.encode(4, number, bytes(range(200))), LINK_BD, 115_200)


def version_1(number: int) -> bytes:
    """Telemetry of the first version of the link: 12 channels at rest."""
    head = struct.pack("<BBHIIII", 1, 12, 0, 0, 50_000 * number, 0, 0)
    return link.encode(1, number, head + 12 * struct.pack("<BHI", number & 0xFF, 20480, 0))


def version_3(number: int) -> bytes:
    """Frames of a type that nobody has declared yet."""
    return link.encode(9, number, bytes(40))
