"""What the pins of a microcontroller can do, as far as a board file can get it wrong."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Chip:
    """One microcontroller: GP0 to `top`, and the pins that can take a function, by its name."""

    top: int
    functions: Mapping[str, tuple[int, ...]]

    @property
    def adc(self) -> tuple[int, ...]:
        """The pins that the converter can read, its channel 0 first."""
        return self.functions["ADC"]


# Source: RP2040 data sheet, 1.4.3 GPIO Functions (F1 SPI, F2 UART) and 4.9 (ADC inputs 0 to 3 are GPIO26 to GPIO29).
# A side-set pin is counted from PINCTRL_SIDESET_BASE, 5 bits wide (3.7): it reaches every pin of this chip.
RP2040 = Chip(
    29,
    {
        "UART0 TX": (0, 12, 16, 28),
        "UART0 RX": (1, 13, 17, 29),
        "SPI0 RX": (0, 4, 16, 20),
        "SPI0 SCK": (2, 6, 18, 22),
        "SPI0 TX": (3, 7, 19, 23),
        "ADC": (26, 27, 28, 29),
        "PIO side-set": tuple(range(30)),
    },
)
CHIPS: Mapping[str, Chip] = {"rp2040": RP2040}

# What each pin of a board has to be able to do; the others are plain inputs and outputs, which every pin can be.
NEEDS: Mapping[str, str] = {
    "permit": "PIO side-set",
    "second": "PIO side-set",
    "uart_tx": "UART0 TX",
    "uart_rx": "UART0 RX",
    "spi_sck": "SPI0 SCK",
    "spi_mosi": "SPI0 TX",
    "spi_miso": "SPI0 RX",
}
