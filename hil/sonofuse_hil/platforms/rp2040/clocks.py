"""The peripheral clock: the emulator takes 125 MHz for granted; MicroPython runs UART and SPI from the USB PLL."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rp2040py.rp2040 import RP2040

SYS_HZ = 125_000_000
_USB_HZ = 48_000_000
_SOURCES = {0: SYS_HZ, 1: SYS_HZ, 2: _USB_HZ}  # CLK_PERI_CTRL.AUXSRC: clk_sys, pll_sys, pll_usb (data sheet 2.15.7)


def peripheral_hz(mcu: "RP2040") -> int:
    """What clk_peri runs at, by its control register.

    Raises:
        KeyError: if it is fed from an oscillator that no image uses.
    """
    return _SOURCES[mcu.clocks.peri_ctrl >> 5 & 7]
