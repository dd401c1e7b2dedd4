"""MAX31865 resistance-to-digital converter (data sheet 19-6478): continuous conversions, read when DRDY says so."""

from machine import Pin

_CONFIG = b"\x80\xc3"  # write 00h: bias on, automatic, faults cleared, 50 Hz filter (21 ms at most)


class Max31865:
    """One converter on a shared SPI bus. `read()` is one 3-byte transaction and allocates nothing."""

    def __init__(self, spi: "SpiBus", cs: int, drdy: int) -> None:
        self._spi = spi
        self._cs = Pin(cs, Pin.OUT, value=1)
        self._drdy = Pin(drdy, Pin.IN, Pin.PULL_UP)
        self.drdy_mask = 1 << drdy
        self._tx = bytearray(b"\x01\xff\xff")  # read 01h, 02h
        self._rx = bytearray(3)
        self._cs(0)
        spi.write(_CONFIG)
        self._cs(1)

    def read(self) -> int:
        """The 15-bit resistance code, or -1 when the converter flags a fault (D0 of the low byte)."""
        rx = self._rx
        self._cs(0)
        self._spi.write_readinto(self._tx, rx)
        self._cs(1)
        if rx[2] & 1:
            return -1
        return rx[1] << 7 | rx[2] >> 1
