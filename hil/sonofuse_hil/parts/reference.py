"""A voltage reference with a tolerance and a drift."""

from .check import number


class Reference:
    """A shunt reference.

    Args:
        nominal_v: 2.048 V for the second reference of board Rev A, 3.0 V for its ADC_VREF.
        error: relative tolerance, 0.0015 at most on Rev A; may be changed at any time.
    """

    def __init__(self, nominal_v: float = 2.048, error: float = 0.0) -> None:
        self.nominal_v = number("reference nominal_v", nominal_v, 0.1, 10.0)
        self.error = number("reference error", error, -1.0, 1.0)
        self._since_us = 0
        self._per_s = 0.0

    def drift(self, t_us: int, per_s: float) -> None:
        """Let the relative error grow by so much per second from a time on."""
        self.error = self._error_at(t_us)
        self._since_us = t_us
        self._per_s = number("reference drift", per_s, -1.0, 1.0)

    def volts(self, t_us: int) -> float:
        """The voltage at a time.

        Raises:
            ValueError: if the error is NaN or beyond 100 %.
        """
        return self.nominal_v * (1.0 + number("reference error", self._error_at(t_us), -1.0, 1.0))

    def _error_at(self, t_us: int) -> float:
        return self.error + self._per_s * (t_us - self._since_us) * 1e-6
