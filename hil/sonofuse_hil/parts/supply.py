"""A supply and the window comparator that watches it (TPS3700, docs/wiring.md)."""

from .check import number


class Supply:
    """The rail, and whether its supervisor calls it good; the least of a ripple counts below, its crest above.

    Args:
        nominal_v: of the rail. error: its relative tolerance.
        ripple_v: half of it from crest to crest.
        low_v, high_v: where the supervisor changes its mind: 4.47 V and 5.45 V (docs/wiring.md).
        threshold_error: relative error of both. tempco_per_k: more of it per kelvin above 25 degC (`warmth_k`).
        delay_us: from the rail to the supervisor's output.
        All may be changed at any time, and `volts`, which begins as nominal with its error: that is how it drifts.

    Raises:
        ValueError: if an argument is NaN or out of range.
    """

    def __init__(
        self,
        nominal_v: float = 5.0,
        error: float = 0.0,
        ripple_v: float = 0.0,
        low_v: float = 4.47,
        high_v: float = 5.45,
        threshold_error: float = 0.0,
        tempco_per_k: float = 0.0,
        delay_us: int = 0,
    ) -> None:
        self.nominal_v = number("supply nominal_v", nominal_v, 0.1, 100.0)
        self.error = number("supply error", error, -1.0, 1.0)
        self.ripple_v = number("supply ripple_v", ripple_v, 0.0, 10.0)
        self.low_v = number("supply low_v", low_v, 0.0, 100.0)
        self.high_v = number("supply high_v", high_v, low_v, 100.0)
        self.threshold_error = number("supply threshold_error", threshold_error, -0.5, 0.5)
        self.tempco_per_k = number("supply tempco_per_k", tempco_per_k, -1e-2, 1e-2)
        self.delay_us = int(number("supply delay_us", delay_us, 0, 1_000_000))
        self.warmth_k = 0.0
        self.volts = self.usual_v

    @property
    def usual_v(self) -> float:
        """The rail as nobody has changed it."""
        return self.nominal_v * (1.0 + self.error)

    def good(self) -> bool:
        """Whether the rail lies between both thresholds, ripple and all.

        Raises:
            ValueError: if a property is NaN or out of range.
        """
        volts = number("supply volts", self.volts, 0.0, 100.0)
        off = number("supply thresholds", 1.0 + self.threshold_error + self.tempco_per_k * self.warmth_k, 0.5, 1.5)
        return self.low_v * off < volts - self.ripple_v and volts + self.ripple_v < self.high_v * off
