"""NTC thermistor in a divider between the ADC's reference and ground, read as MicroPython's `read_u16`.

The divider hangs on the reference of the converter, so a count is a ratio of two resistors: the reference and its
errors drop out. The curve falls (thermistor to ground) or rises (to the reference) and is steep: 22 mK a step of the
converter at 25 degC, ten times that at 120 degC. At a rail the thermistor or its wire is open or short.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from sonofuse.board import Board, BoardChannel
from sonofuse.limits.kinds.ad8307 import FULL

ZERO_K = 273.15
R0_K = ZERO_K + 25  # source: IEC 60539-1, the zero-power resistance is rated at 25 degC


def coefficients(r0_ohm: float, beta_k: float) -> tuple[float, float, float]:
    """The two-parameter curve R = R0 exp(B (1/T - 1/T0)) in Steinhart and Hart's form, whose cubic term is then 0."""
    return 1 / R0_K - math.log(r0_ohm) / beta_k, 1 / beta_k, 0.0


def kelvin(ohm: float, a: float, b: float, c: float) -> float:
    """Steinhart and Hart: 1/T = a + b ln R + c (ln R)^3 (source: Deep-Sea Research 15:497, 1968).

    Raises:
        ValueError: if these coefficients give no temperature.
    """
    log = math.log(ohm)
    inverse = a + b * log + c * log**3
    if inverse <= 0:
        raise ValueError(f"the thermistor's coefficients give no temperature for {ohm:.4g} ohm")
    return 1 / inverse


def ohm_of(celsius: float, a: float, b: float, c: float) -> float:
    """The resistance at a temperature in degC: the one real root of the rising cubic, by Newton steps.

    Raises:
        ValueError: if there is no such temperature.
        OverflowError: if the resistance is beyond all numbers.
    """
    if celsius <= -ZERO_K:
        raise ValueError(f"{celsius:g} degC is below absolute zero")
    wanted = 1 / (celsius + ZERO_K)
    log = (wanted - a) / b  # exact without the cubic term, and on the far side of the root with it
    if c:
        for _ in range(40):
            log -= (a + b * log + c * log**3 - wanted) / (b + 3 * c * log * log)
    return math.exp(log)


@dataclass(frozen=True)
class Ntc:
    """A thermistor with its series resistor; values in m°C."""

    name: ClassVar[str] = "ntc"
    quantity: ClassVar[str] = "temperature"
    range_unit: ClassVar[str] = "temperature"
    uncertainty_units: ClassVar[tuple[str, ...]] = ("difference",)
    scale: ClassVar[int] = 1000
    shift: ClassVar[int] = 7  # 0.2 K between knots at 25 degC, 2 K at 120 degC: chord error 12 m°C there
    quantum: ClassVar[int] = 0
    raw_top: ClassVar[int] = FULL
    resolution: ClassVar[int] = 16
    a: float
    b: float
    c: float
    series_ohm: float
    to_ground: bool

    @classmethod
    def of(cls, _board: Board, channel: BoardChannel, /) -> Self | None:
        """The kind as the board wires it, or None if the channel has no thermistor."""
        given = channel.settings
        if given.get("detector") != "ntc":
            return None
        if "beta_k" in given:
            curve = coefficients(float(given["r0_ohm"]), float(given["beta_k"]))
        else:
            curve = (float(given["sh_a"]), float(given["sh_b"]), float(given["sh_c"]))
        return cls(*curve, float(given["series_ohm"]), given["ntc_at"] == "ground")

    def exact(self, raw: float) -> float:
        """m°C of a count; at a rail, where there is no temperature, that of the count beside it."""
        share = min(max(raw, 1), FULL - 1) / FULL
        ratio = share / (1 - share) if self.to_ground else (1 - share) / share
        return 1000 * (kelvin(self.series_ohm * ratio, self.a, self.b, self.c) - ZERO_K)

    def raw_of_range(self, bound: float) -> float:
        """The count at a temperature in degC."""
        ohm = ohm_of(bound, self.a, self.b, self.c)
        other = self.series_ohm
        return FULL * (ohm if self.to_ground else other) / (ohm + other)
