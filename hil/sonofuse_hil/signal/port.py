"""The line to the host: USB serial, or UART0 behind an isolator. Both look like a UART."""

import select
import sys

from machine import UART, Pin
from micropython import const
from pins import ON_UART, UART_RX, UART_TX

_BAUD = const(921_600)
_MOST = const(16)  # bytes of one look: what the frames take at once


class Usb:
    """USB serial. The interpreter gives one byte at a time; `any` takes what is there, up to 16."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._one = bytearray(1)
        self._taken = bytearray(_MOST)
        self._n = 0

    def any(self) -> int:
        while self._n < _MOST:
            for _ in self._poll.ipoll(0):
                break
            else:
                break
            sys.stdin.buffer.readinto(self._one)
            self._taken[self._n] = self._one[0]
            self._n += 1
        return self._n

    def readinto(self, target: bytearray, most: int) -> int:
        n = min(self._n, most)
        target[:n] = self._taken[:n]
        self._taken[: self._n - n] = self._taken[n : self._n]
        self._n -= n
        return n

    def write(self, data: memoryview) -> int:
        return sys.stdout.buffer.write(data)


def line() -> "Usb | UART":
    """The line that the jumper chooses."""
    if Pin(ON_UART, Pin.IN, Pin.PULL_UP)():
        return Usb()
    return UART(0, _BAUD, tx=Pin(UART_TX), rx=Pin(UART_RX), txbuf=256, rxbuf=512)
