"""A platinum resistance thermometer: temperature of its place to resistance, with lag, offset, drift and noise."""

import math

from .check import later, number
from .noise import Noise

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


class Pt100:
    """A sensor whose own temperature follows its place with one time constant.

    Args:
        r0_ohm: resistance at 0 degC.
        tau_s: time constant; the lag is exact for a temperature that is a straight line between two samples.
        offset_c: error of the sensor, K. drift_c_per_s: growth of that error, from the last sample on.
        noise_c: standard deviation per sample, K. seed: of the noise.
        All but the seed may be changed at any time, by plain assignment, to break the sensor.

    Raises:
        ValueError: if the time constant is negative or NaN.
    """

    def __init__(
        self,
        r0_ohm: float = 100.0,
        tau_s: float = 0.5,
        offset_c: float = 0.0,
        noise_c: float = 0.0,
        seed: int = 1,
    ) -> None:
        self.r0_ohm = number("pt100 r0_ohm", r0_ohm, 1.0, 1e5)
        self.tau_s = number("pt100 tau_s", tau_s, 0.0, 1e3)
        self.offset_c = number("pt100 offset_c", offset_c, -1e3, 1e3)
        self.noise_c = number("pt100 noise_c", noise_c, 0.0, 1e3)
        self.drift_c_per_s = 0.0
        self._noise = Noise(seed)
        self._t_us = -1
        self._place_c = 0.0
        self._own_c = 0.0

    def sample(self, t_us: int, celsius: float) -> float:
        """Resistance in ohm at a time, given the true temperature of the place then; the first sample is settled.

        Raises:
            ValueError: if the temperature or a property is NaN, out of range, or time runs backwards.
        """
        number("pt100 degC", celsius, -200.0, 850.0)
        if self._t_us < 0:
            self._own_c = celsius
        else:
            dt_s = (later("pt100", t_us, self._t_us) - self._t_us) * 1e-6
            if number("pt100 tau_s", self.tau_s, 0.0, 1e3) == 0.0:
                self._own_c = celsius
            elif dt_s > 0.0:
                behind_c = (celsius - self._place_c) / dt_s * self.tau_s  # how far a ramp runs ahead in the long run
                decay = math.exp(-dt_s / self.tau_s)
                self._own_c = celsius - behind_c + (self._own_c - self._place_c + behind_c) * decay
            self.offset_c += self.drift_c_per_s * dt_s
        self._t_us = t_us
        self._place_c = celsius
        shown_c = self._own_c + self.offset_c
        if self.noise_c > 0.0:
            shown_c += self.noise_c * self._noise.normal()
        return resistance_ohm(shown_c, self.r0_ohm)
