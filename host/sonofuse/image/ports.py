"""Which serial port a board is at, by the USB identity of MicroPython on an RP2040."""

from serial.tools import list_ports

from sonofuse.console import ENVIRONMENT, CommandError
from sonofuse.image.blank import HOW

_MICROPYTHON = (0x2E8A, 0x0005)


def only_board() -> str:
    """The port of the one board that is plugged in.

    Raises:
        CommandError: if there is none, or more than one.
    """
    found = sorted(port.device for port in list_ports.comports() if (port.vid, port.pid) == _MICROPYTHON)
    if not found:
        raise CommandError(ENVIRONMENT, f"no board with MicroPython found (USB 2e8a:0005): name its --port, or {HOW}")
    if len(found) > 1:
        raise CommandError(ENVIRONMENT, f"{len(found)} boards found: name one with --port: {', '.join(found)}")
    return found[0]
