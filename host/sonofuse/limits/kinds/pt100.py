"""PT100 through a MAX31865; the raw count is its 15-bit code."""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from sonofuse.board import Board, BoardChannel

A = 3.9083e-3  # source: IEC 60751, Callendar-Van Dusen
B = -5.775e-7
C = -4.183e-12
CODES = 1 << 15  # source: MAX31865 data sheet


def resistance_ratio(celsius: float) -> float:
    """R(t)/R0 by IEC 60751, -200 to 850 degC."""
    cubic = C * (celsius - 100) * celsius**3 if celsius < 0 else 0.0
    return 1 + A * celsius + B * celsius**2 + cubic


def temperature(ratio: float) -> float:
    """The temperature in degC at which R(t)/R0 = ratio; below 0 degC by Newton steps on the quartic."""
    celsius = (-A + math.sqrt(max(A * A - 4 * B * (1 - ratio), 0.0))) / (2 * B)
    if celsius < 0:
        for _ in range(4):
            slope = A + 2 * B * celsius + C * (4 * celsius**3 - 300 * celsius**2)
            celsius -= (resistance_ratio(celsius) - ratio) / slope
    return celsius


@dataclass(frozen=True)
class Pt100:
    """A PT100 with its reference resistor; values in m°C."""

    name: ClassVar[str] = "pt100"
    quantity: ClassVar[str] = "temperature"
    range_unit: ClassVar[str] = "temperature"
    uncertainty_units: ClassVar[tuple[str, ...]] = ("difference",)
    scale: ClassVar[int] = 1000
    shift: ClassVar[int] = 7  # 4.4 K between knots: chord error below 1 m°C
    quantum: ClassVar[int] = 0
    raw_top: ClassVar[int] = CODES - 1
    resolution: ClassVar[int] = 1
    r0_ohm: float
    rref_ohm: float

    @classmethod
    def of(cls, _board: Board, channel: BoardChannel, /) -> Self | None:
        """The kind as the board wires it, or None if it is not a MAX31865."""
        if channel.driver != "max31865":
            return None
        return cls(float(channel.settings["r0_ohm"]), float(channel.settings["rref_ohm"]))

    def exact(self, raw: float) -> float:
        """m°C of a code."""
        return 1000 * temperature(raw * self.rref_ohm / CODES / self.r0_ohm)

    def raw_of_range(self, bound: float) -> float:
        """The code at a temperature in degC."""
        return resistance_ratio(bound) * self.r0_ohm * CODES / self.rref_ohm
