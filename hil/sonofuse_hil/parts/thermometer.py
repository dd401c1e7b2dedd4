"""What is true of every thermometer: its own temperature follows its place with one time constant, and it errs."""

import math

from .check import later, number
from .noise import Noise


class Thermometer:
    """The thermal half of a sensor.

    Args:
        name: of the part, for messages. low_c, high_c: temperatures that the part can have, degC.
        tau_s: time constant; the lag is exact for a temperature that is a straight line between two samples.
        offset_c: error of the sensor, K. noise_c: standard deviation per sample, K. seed: of the noise.
        drift_c_per_s: growth of the error, from the last sample on.
        All but name, bounds and seed may be changed at any time, by plain assignment, to break the sensor.

    Raises:
        ValueError: if the time constant is negative or NaN.
    """

    def __init__(
        self, name: str, low_c: float, high_c: float, tau_s: float, offset_c: float, noise_c: float, seed: int
    ) -> None:
        self.name, self.low_c, self.high_c = name, low_c, high_c
        self.tau_s = number(name + " tau_s", tau_s, 0.0, 1e3)
        self.offset_c = number(name + " offset_c", offset_c, -1e3, 1e3)
        self.noise_c = number(name + " noise_c", noise_c, 0.0, 1e3)
        self.drift_c_per_s = 0.0
        self._noise = Noise(seed)
        self._t_us = -1
        self._place_c = 0.0
        self._own_c = 0.0

    def shown_c(self, t_us: int, celsius: float) -> float:
        """The temperature that the sensor shows, given the true one of its place then; the first sample is settled.

        Raises:
            ValueError: if the temperature or a property is NaN, out of range, or time runs backwards.
        """
        number(self.name + " degC", celsius, self.low_c, self.high_c)
        if self._t_us < 0:
            self._own_c = celsius
        else:
            dt_s = (later(self.name, t_us, self._t_us) - self._t_us) * 1e-6
            if number(self.name + " tau_s", self.tau_s, 0.0, 1e3) == 0.0:
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
        return shown_c
