"""MAX31865 resistance-to-digital converter (data sheet 19-6478): continuous conversions, read when DRDY says so."""

from machine import Pin
from micropython import const

CONFIG = const(0xC3)  # bias on, automatic, faults cleared, 50 Hz filter (21 ms at most)


def start(spi: "SpiBus", cs: int, drdy: int) -> "tuple[Pin, Pin]":
    """Set a converter going; its pins, which stay configured as long as somebody keeps them."""
    select = Pin(cs, Pin.OUT, value=1)
    ready = Pin(drdy, Pin.IN, Pin.PULL_UP)
    select(0)
    spi.write(bytes((0x80, CONFIG)))
    select(1)
    return select, ready
