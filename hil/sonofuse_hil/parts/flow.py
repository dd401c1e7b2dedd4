"""A turbine flow meter: a square wave whose phase is integrated exactly, in integers."""

from .check import NEVER_US, known, later, number

PULSE = 60_000_000_000  # one pulse, in units of (mL/min) x (pulses/L) x us


class Flow:
    """The meter.

    Args:
        pulses_per_litre: 2000 gives 66.7 Hz at 2 L/min.
        ml_min: flow at time 0, mL/min.

    Faults: "stuck_high", "stuck_low": the level of the output.
    """

    FAULTS = ("stuck_high", "stuck_low")

    def __init__(self, pulses_per_litre: int = 2000, ml_min: int = 2000) -> None:
        self.pulses_per_litre = int(number("flow pulses_per_litre", pulses_per_litre, 1, 1_000_000))
        self._rate = self._rate_of(ml_min)
        self._phase = 0
        self._pulses = 0
        self._now_us = 0
        self._fault = ""

    def _rate_of(self, ml_min: int) -> int:
        return int(number("flow ml_min", ml_min, 0, 100_000)) * self.pulses_per_litre

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
        return 1 if self._phase * 2 < PULSE else 0

    def pulses(self, t_us: int) -> int:
        """Rising edges that left the meter since time 0."""
        self._advance(t_us)
        return self._pulses

    def next_event_us(self) -> int:
        """Time of the next change of the level, or NEVER_US."""
        if self._rate == 0 or self._fault:
            return NEVER_US
        half = PULSE // 2
        missing = (half if self._phase < half else PULSE) - self._phase
        return self._now_us + (missing + self._rate - 1) // self._rate

    def _advance(self, t_us: int) -> None:
        phase = self._phase + self._rate * (later("flow", t_us, self._now_us) - self._now_us)
        if not self._fault:
            self._pulses += phase // PULSE
        self._phase = phase % PULSE
        self._now_us = t_us
