"""The chip's USB serial port as a pseudo-terminal, so that a program of the host opens it like any other port.

The chip runs in simulated time, as fast as it goes, in the process that serves.
"""

import os
import select
import tty
from collections.abc import Callable
from typing import Any

from rp2040py.usb.cdc import TX_FIFO_SIZE, USBCDC

from .chip import Chip

_STEP_US = 500  # of simulated time between two looks at the port
_BOOT_US = 3_000_000


class Console:
    """A host's side of the chip's USB. Make it before the chip runs: it is asked for its descriptors then.

    `port` is the name of the pseudo-terminal; `sent` counts the bytes that went to the chip.
    """

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._cdc = USBCDC(chip.mcu.usb_ctrl)
        usb: Any = chip.mcu.usb_ctrl  # the emulator says of its hooks that they may be missing
        self._give, self._forget = usb.on_endpoint_read, usb.on_reset
        usb.on_endpoint_read, usb.on_reset = self._wanted, self._dropped
        self._waiting: tuple[int, int] | None = None  # end point that takes data, and how much
        self._cdc.on_serial_data = self._received
        self._cdc.on_device_connected = self._connected
        self._output = bytearray()
        self.connected = False
        self.sent = 0
        self._plug()

    def _plug(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.port = os.ttyname(self._theirs)

    def replug(self) -> None:
        """Another pseudo-terminal, for a fork that must not share the first one."""
        self.unplug()
        self._plug()

    def unplug(self) -> None:
        """The cable is pulled: the port is gone for whoever has it open."""
        os.close(self._ours)
        os.close(self._theirs)
        self._output.clear()

    def boot(self) -> None:
        """Run until the chip's interpreter has brought up its USB.

        Raises:
            TimeoutError: if it does not within three simulated seconds.
        """
        until_us = self._chip.now_us + _BOOT_US
        while not self.connected:
            if self._chip.now_us > until_us:
                raise TimeoutError("the interpreter does not bring up its USB")
            self._chip.run_until(self._chip.now_us + _STEP_US)

    def serve(self, going: Callable[[], bool]) -> None:
        """Run the chip and pass bytes both ways while `going()`."""
        while going():
            self._exchange()
            self._chip.run_until(self._chip.now_us + _STEP_US)

    def _connected(self) -> None:
        self.connected = True

    def _dropped(self) -> None:
        """The chip was reset: it leaves the bus and comes back."""
        self.connected, self._waiting = False, None
        self._forget()

    def _wanted(self, endpoint: int, size: int) -> None:
        """The chip takes data. Without any the emulator would give it an empty packet every few µs; a bus is silent."""
        if endpoint == 0 or self._cdc.tx_fifo.item_count:
            self._give(endpoint, size)
        else:
            self._waiting = endpoint, size

    def _received(self, data: bytes | bytearray) -> None:
        self._output += data

    def _exchange(self) -> None:
        if self._output and select.select([], [self._ours], [], 0)[1]:
            del self._output[: os.write(self._ours, self._output)]
        free = TX_FIFO_SIZE - self._cdc.tx_fifo.item_count
        if free and select.select([self._ours], [], [], 0)[0]:
            for byte in os.read(self._ours, free):
                self._cdc.send_serial_byte(byte)
                self.sent += 1
            if self._waiting is not None:
                waiting, self._waiting = self._waiting, None
                self._give(*waiting)
