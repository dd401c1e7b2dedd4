"""A platinum resistance thermometer: temperature of its place to resistance, with lag, offset, drift and noise."""

from .check import number
from .thermometer import Thermometer

# source: IEC 60751
A = 3.9083e-3
B = -5.775e-7
C = -4.183e-12


def resistance_ohm(celsius: float, r0_ohm: float = 100.0) -> float:
    """Resistance after Callendar and Van Dusen.

    Args:
        celsius: temperature, -200 ... 850 degC.
        r0_ohm: resistance at 0 degC.

    Raises:
        ValueError: if the temperature is NaN or outside the range of the standard.
    """
    t = number("pt100 degC", celsius, -200.0, 850.0)
    ratio = 1.0 + t * (A + t * B)
    if t < 0.0:
        ratio += C * (t - 100.0) * t * t * t
    return r0_ohm * ratio


class Pt100(Thermometer):
    """A sensor whose own temperature follows its place with one time constant; its faults are those of a Thermometer.

    Args:
        r0_ohm: resistance at 0 degC. error_per_c: error of the slope, K per degC; class A of IEC 60751 allows 0.15 K
            (offset_c) and 0.002 of the temperature. The others: see Thermometer.

    Raises:
        ValueError: if an argument is NaN or out of range.
    """

    def __init__(
        self,
        r0_ohm: float = 100.0,
        tau_s: float = 0.5,
        offset_c: float = 0.0,
        noise_c: float = 0.0,
        seed: int = 1,
        error_per_c: float = 0.0,
    ) -> None:
        super().__init__("pt100", -200.0, 850.0, tau_s, offset_c, noise_c, seed)
        self.r0_ohm = number("pt100 r0_ohm", r0_ohm, 1.0, 1e5)
        self.error_per_c = number("pt100 error_per_c", error_per_c, -0.5, 0.5)

    def sample(self, t_us: int, celsius: float) -> float:
        """Resistance in ohm at a time, given the true temperature of the place then; the first sample is settled.

        Raises:
            ValueError: if the temperature or a property is NaN, out of range, or time runs backwards.
        """
        return resistance_ohm(self.shown_c(t_us, celsius) * (1.0 + self.error_per_c), self.r0_ohm)
