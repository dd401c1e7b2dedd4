"""SPI: in the emulator a byte takes no time; here it takes the bits of its frame at the clock that was set."""

# The emulator has no other way in:
# pyright: reportPrivateUsage=false

from collections.abc import Callable
from typing import TYPE_CHECKING

from .clocks import peripheral_hz

if TYPE_CHECKING:
    from rp2040py.rp2040 import RP2040


class Spi:
    """`exchange(byte)` is asked at the end of every byte for what came back."""

    def __init__(self, mcu: "RP2040", number: int) -> None:
        self._mcu, self._spi = mcu, mcu.spi[number]
        self.exchange: Callable[[int], int] = lambda _byte: 0xFF
        self.blocked = False  # a transfer that never ends
        self._byte = 0
        self._done = mcu.clock.create_alarm(self._complete)
        self._spi.on_transmit = self._start

    def _start(self, byte: int) -> None:
        self._byte = byte
        if self.blocked:
            return
        self._done.schedule(self._spi.data_bits / self.clock_hz * 1e9)

    @property
    def clock_hz(self) -> float:
        """The bit rate that the firmware has set."""
        spi = self._spi
        return peripheral_hz(self._mcu) / (spi._clock_divisor * (1 + (spi._control0 >> 8 & 0xFF)))

    def _complete(self) -> None:
        self._spi.complete_transmit(self.exchange(self._byte))
