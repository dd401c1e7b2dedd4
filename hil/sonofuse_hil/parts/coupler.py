"""A directional coupler: what leaks from one direction into the other bounds every reading of reflected power."""

import math

from .check import number


def vswr(forward_w: float, reflected_w: float) -> float:
    """Standing-wave ratio (1 + g) / (1 - g), g the square root of reflected over forward power.

    Raises:
        ValueError: if forward is not positive, or reflected is not from 0 to just below forward.
    """
    number("coupler forward_w", forward_w, 1e-30, 1e6)
    gamma = math.sqrt(number("coupler reflected_w", reflected_w, 0.0, forward_w * 0.999999) / forward_w)
    return (1.0 + gamma) / (1.0 - gamma)


class Coupler:
    """The coupler; a reflection is the fraction of forward power that comes back, 0 ... 1.

    Args:
        directivity_db: 20 dB makes a perfect load read VSWR 1.22 (domain sheet D).
        phase_rad: between the leak and the wave it adds to; 0 is the worst case.
        error_db: of its coupling, in both directions; it may be changed at any time, which is how it drifts.
        tempco_db_per_k: error per kelvin that it is above 25 degC (`warmth_k`, which may be changed at any time).
    """

    def __init__(
        self,
        directivity_db: float = 20.0,
        phase_rad: float = 0.0,
        error_db: float = 0.0,
        tempco_db_per_k: float = 0.0,
    ) -> None:
        self._leak = 10.0 ** (-number("coupler directivity_db", directivity_db, 0.0, 100.0) / 20.0)
        self._cos = math.cos(number("coupler phase_rad", phase_rad, -7.0, 7.0))
        self.error_db = number("coupler error_db", error_db, -60.0, 60.0)
        self.tempco_db_per_k = number("coupler tempco_db_per_k", tempco_db_per_k, -1.0, 1.0)
        self.warmth_k = 0.0

    def forward_w(self, watts: float, reflection: float) -> float:
        """Forward power that the coupler shows, W.

        Raises:
            ValueError: if the power is NaN or negative, or the reflection not from 0 to 1.
        """
        return self._shown(watts, 1.0, self._leak * math.sqrt(number("coupler reflection", reflection, 0.0, 1.0)))

    def reflected_w(self, watts: float, reflection: float) -> float:
        """Reflected power that the coupler shows, W.

        Raises:
            ValueError: if the power is NaN or negative, or the reflection not from 0 to 1.
        """
        return self._shown(watts, math.sqrt(number("coupler reflection", reflection, 0.0, 1.0)), self._leak)

    def _shown(self, watts: float, wave: float, leak: float) -> float:
        number("coupler watts", watts, 0.0, 1e5)
        error_db = self.error_db + self.tempco_db_per_k * self.warmth_k
        if error_db != 0.0:
            watts *= 10.0 ** (number("coupler error_db", error_db, -60.0, 60.0) / 10.0)
        return watts * (wave * wave + leak * leak + 2.0 * wave * leak * self._cos)
