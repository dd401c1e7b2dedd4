"""A turbine flow meter: a square wave whose phase is integrated exactly, in integers."""

from .check import NEVER_US, known, later, number
from .noise import Noise

PULSE = 60_000_000_000  # one pulse, in units of (mL/min) x (pulses/L) x us
_HALF = PULSE // 2


class Flow:
    """The meter.

    Args:
        pulses_per_litre: 2000 gives 66.7 Hz at 2 L/min.
        ml_min: flow at time 0, mL/min.
        error: relative error of the pulses per litre, up to 0.1 for a cheap Hall turbine, 0.01 for a calibrated one
            (sellers of YF-S201 and FS200A).
        noise: standard deviation of the length of each half pulse, relative: magnets and bearing. seed: of the noise.

    Faults: "stuck_high", "stuck_low": the level of the output.
    """

    FAULTS = ("stuck_high", "stuck_low")

    def __init__(
        self,
        pulses_per_litre: int = 2000,
        ml_min: int = 2000,
        error: float = 0.0,
        noise: float = 0.0,
        seed: int = 1,
    ) -> None:
        nominal = number("flow pulses_per_litre", pulses_per_litre, 1, 1_000_000)
        self.pulses_per_litre = max(1, int(nominal * (1.0 + number("flow error", error, -0.9, 10.0)) + 0.5))
        self.noise = number("flow noise", noise, 0.0, 0.15)
        self._noise = Noise(seed)
        self._rate = self._rate_of(ml_min)
        self._level = 1
        self._left = self._half()  # of this half pulse
        self._pulses = 0
        self._now_us = 0
        self._fault = ""

    def _rate_of(self, ml_min: int) -> int:
        return int(number("flow ml_min", ml_min, 0, 100_000)) * self.pulses_per_litre

    def _half(self) -> int:
        """The length of the next half pulse."""
        if self.noise == 0.0:
            return _HALF
        return int(_HALF * (1.0 + self.noise * self._noise.normal()))

    def set_flow(self, t_us: int, ml_min: int) -> None:
        """Change the flow, mL/min (whole numbers).

        Raises:
            ValueError: if it is NaN, negative or above 100 L/min.
        """
        rate = self._rate_of(ml_min)
        self._advance(t_us)
        self._rate = rate

    @property
    def fault(self) -> str:
        """What is broken, "" = nothing."""
        return self._fault

    def set_fault(self, t_us: int, fault: str) -> None:
        """Break the part, or mend it with ""."""
        self._advance(t_us)
        self._fault = known("flow", fault, self.FAULTS)

    def level(self, t_us: int) -> int:
        """Level of the output: 1 in the first half of each pulse while the wheel turns from phase 0."""
        self._advance(t_us)
        if self._fault:
            return 1 if self._fault == "stuck_high" else 0
        return self._level

    def pulses(self, t_us: int) -> int:
        """Rising edges that left the meter since time 0."""
        self._advance(t_us)
        return self._pulses

    def next_event_us(self) -> int:
        """Time of the next change of the level, or NEVER_US."""
        if self._rate == 0 or self._fault:
            return NEVER_US
        return self._now_us + (self._left + self._rate - 1) // self._rate

    def _advance(self, t_us: int) -> None:
        self._left -= self._rate * (later("flow", t_us, self._now_us) - self._now_us)
        while self._left <= 0:
            self._level = 1 - self._level
            if self._level and not self._fault:
                self._pulses += 1
            self._left += self._half()
        self._now_us = t_us
