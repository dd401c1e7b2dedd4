"""The converter: it samples at the start of a conversion, as the sample-and-hold of the chip does."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rp2040py.rp2040 import RP2040

CONVERSION_NS = 2_000  # 96 cycles of 48 MHz (RP2040 data sheet 4.9)


class Adc:
    """`sample(channel)` is asked for 12-bit counts; None is a converter that never finishes."""

    def __init__(self, mcu: "RP2040") -> None:
        self._adc = mcu.adc
        self.sample: Callable[[int], int | None] = lambda _channel: 0
        self._value = 0
        self._done = mcu.clock.create_alarm(self._complete)
        mcu.adc.on_adc_read = self._start

    def _start(self, channel: int) -> None:
        value = self.sample(channel)
        if value is not None:
            self._value = value
            self._done.schedule(CONVERSION_NS)

    def _complete(self) -> None:
        self._adc.complete_adc_read(self._value, False)
