"""A pseudo-terminal between a chip's UART and whoever opens its other end as a serial port."""

import os
import termios
import tty

from sonofuse_hil.platforms.rp2040.uart import Uart


class Pty:
    """`name` is what a program opens; `exchange` passes bytes both ways and never waits."""

    def __init__(self, uart: Uart) -> None:
        self._uart = uart
        self._output = bytearray()
        uart.sent = self._output.append
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.name = os.ttyname(self._theirs)
        self.plugged = True

    def unplug(self) -> None:
        """The port is gone for whoever has it open."""
        os.close(self._ours)
        os.close(self._theirs)
        self.plugged = False

    def flush(self) -> None:
        """Drop what nobody has read, as a fork that starts where another one has been."""
        termios.tcflush(self._theirs, termios.TCIOFLUSH)
        self._output.clear()

    def exchange(self) -> None:
        if not self.plugged:
            self._output.clear()
            return
        try:
            if self._output:
                del self._output[: os.write(self._ours, self._output)]
            self._uart.feed(os.read(self._ours, 4096))
        except BlockingIOError:
            return
