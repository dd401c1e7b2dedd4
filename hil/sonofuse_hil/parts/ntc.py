"""An NTC thermistor in a divider on the ADC's reference: temperature of its place to volts, with lag and faults."""

import math

from .check import known, number
from .thermometer import Thermometer

ZERO_K = 273.15
RATED_K = 298.15  # 25 degC, where the resistance is rated (source: IEC 60539-1)
# A curve is (a, b, c) of Steinhart and Hart: 1/T = a + b ln R + c (ln R)^3, in kelvin and ohm.


def beta_curve(r0_ohm: float, beta_k: float) -> "tuple[float, float, float]":
    """The curve R = R0 exp(B (1/T - 1/T0)) of a rated resistance at 25 degC and a B value.

    Raises:
        ValueError: if a figure is NaN or out of range.
    """
    number("ntc r0_ohm", r0_ohm, 1.0, 1e6)
    number("ntc beta_k", beta_k, 1e3, 1e4)
    return 1.0 / RATED_K - math.log(r0_ohm) / beta_k, 1.0 / beta_k, 0.0


def resistance_ohm(celsius: float, curve: "tuple[float, float, float]") -> float:
    """Resistance at a temperature: the cubic of Steinhart and Hart solved by Cardano's formula.

    Raises:
        ValueError: if the temperature is NaN or out of range.
    """
    a, b, c = curve
    inverse = 1.0 / (number("ntc degC", celsius, -100.0, 300.0) + ZERO_K)
    if c == 0.0:
        return math.exp((inverse - a) / b)
    half = (a - inverse) / (2.0 * c)
    root = math.sqrt((b / (3.0 * c)) ** 3 + half * half)
    # Of the two cube roots the larger one is taken first: the other is their fixed product divided by it, which loses
    # no digits where both are nearly equal.
    large = (root + abs(half)) ** (1.0 / 3.0)
    log = large - b / (3.0 * c) / large
    return math.exp(-log if half > 0.0 else log)


class Ntc(Thermometer):
    """A thermistor and its series resistor between the reference and ground.

    Args:
        curve: Steinhart and Hart's coefficients, see `beta_curve`. series_ohm: of the fixed resistor.
        to_ground: whether the thermistor is the part to ground; otherwise it hangs on the reference.
        tolerance: relative error of the thermistor's resistance, within 1 % for a TDK B57861S..F (its data sheet); it
            may be changed at any time. 1 % are 0.23 K at 25 degC, where the slope is -4.4 %/K.
        The others: see Thermometer.

    Faults: "open" and "short": of the thermistor or its wire; the input then lies at a rail.

    Self-heating is not modelled: at most U^2 / 4R = 0.27 mW at 3.3 V and 10 kohm, which is 0.18 K in still air at
    1.5 mW/K (TDK B57861S, from memory) and less on skin. It belongs into the sensor's declared uncertainty.

    Raises:
        ValueError: if an argument is NaN or out of range.
    """

    FAULTS = ("open", "short")

    def __init__(
        self,
        curve: "tuple[float, float, float]" = (1.1256e-3, 2.3466e-4, 8.592e-8),
        series_ohm: float = 10_000.0,
        to_ground: bool = True,
        tau_s: float = 0.5,
        offset_c: float = 0.0,
        noise_c: float = 0.0,
        seed: int = 1,
    ) -> None:
        super().__init__("ntc", -100.0, 300.0, tau_s, offset_c, noise_c, seed)
        self.curve = curve
        self.series_ohm = number("ntc series_ohm", series_ohm, 1.0, 1e6)
        self.to_ground = to_ground
        self.tolerance = 0.0
        self._fault = ""

    @property
    def fault(self) -> str:
        """What is broken, "" = nothing."""
        return self._fault

    @fault.setter
    def fault(self, fault: str) -> None:
        self._fault = known("ntc", fault, self.FAULTS)

    def ratio(self, celsius: float) -> float:
        """The share of the reference at the converter's input while the sensor itself shows this temperature.

        Raises:
            ValueError: if the temperature or the tolerance is NaN or out of range.
        """
        if self._fault:
            return 1.0 if (self._fault == "open") == self.to_ground else 0.0
        ohm = resistance_ohm(celsius, self.curve) * (1.0 + number("ntc tolerance", self.tolerance, -0.5, 0.5))
        return (ohm if self.to_ground else self.series_ohm) / (ohm + self.series_ohm)

    def sample(self, t_us: int, celsius: float) -> float:
        """The same at a time, given the true temperature of the place then; the first sample is settled.

        Raises:
            ValueError: if the temperature or a property is NaN, out of range, or time runs backwards.
        """
        return self.ratio(self.shown_c(t_us, celsius))
