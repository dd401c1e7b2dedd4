"""AD8307 logarithmic detector behind a directional coupler: power to volts (source: AD8307 data sheet)."""

import math

from .check import known, number
from .noise import Noise


class Ad8307:
    """The detector: 25 mV per dB, 0 V at the intercept, a live zero without signal, saturation at +17 dBm.

    Args:
        coupling_db: of the coupler and attenuator before it; -50 dB turns 200 W (53 dBm) into +3 dBm.
        error_db: gain error; the data sheet allows 1 dB (26 % of power), calibrated 0.2 dB (5 %).
        live_zero_v: output without signal, about 0.25 V (from memory, not confirmed).
        noise_v: standard deviation per reading. seed: of the noise.
        tempco_db_per_k: error per kelvin that the electronics are above 25 degC (`warmth_k`); 0.005 for a relative, the
            AD8312 (its data sheet).
        tau_us: time constant of the output and the filter behind it; 0 for at once: the chip needs less than 1 us
            (from memory, not confirmed).
        All but the last three may be changed at any time, and `warmth_k` too: that is how it drifts.

    Fault: "dead": 0 V, below the live zero.
    """

    FAULTS = ("dead",)

    def __init__(
        self,
        coupling_db: float = -50.0,
        error_db: float = 0.0,
        live_zero_v: float = 0.25,
        noise_v: float = 0.0,
        seed: int = 1,
        tempco_db_per_k: float = 0.0,
        tau_us: float = 0.0,
    ) -> None:
        self.coupling_db = number("ad8307 coupling_db", coupling_db, -120.0, 0.0)
        self.error_db = number("ad8307 error_db", error_db, -60.0, 60.0)
        self.live_zero_v = number("ad8307 live_zero_v", live_zero_v, 0.0, 1.0)
        self.noise_v = number("ad8307 noise_v", noise_v, 0.0, 1.0)
        self.tempco_db_per_k = number("ad8307 tempco_db_per_k", tempco_db_per_k, -1.0, 1.0)
        self.tau_us = number("ad8307 tau_us", tau_us, 0.0, 1e6)
        self.warmth_k = 0.0
        self._from_v = self._to_v = 0.0
        self._since_us = -1
        self.slope_v_per_db = 0.025
        self.intercept_dbm = -84.0
        self.saturation_dbm = 17.0
        self._fault = ""
        self._noise = Noise(seed)

    @property
    def fault(self) -> str:
        """What is broken, "" = nothing."""
        return self._fault

    @fault.setter
    def fault(self, fault: str) -> None:
        self._fault = known("ad8307", fault, self.FAULTS)

    def volts(self, watts: float) -> float:
        """Output for the power on the line, W.

        Raises:
            ValueError: if the power is NaN, negative or above 100 kW.
        """
        number("ad8307 watts", watts, 0.0, 1e5)
        if self._fault == "dead":
            return 0.0
        volts = self.live_zero_v
        if watts > 0.0:
            dbm = 10.0 * math.log(watts * 1e3) / math.log(10.0) + self.coupling_db
            dbm = min(number("ad8307 dBm", dbm, -1e4, 1e4), self.saturation_dbm) + self.error_db
            dbm += self.tempco_db_per_k * number("ad8307 warmth_k", self.warmth_k, -100.0, 100.0)
            volts = max(volts, (dbm - self.intercept_dbm) * self.slope_v_per_db)
        if self.noise_v > 0.0:
            volts += self.noise_v * self._noise.normal()
        return volts

    def follow(self, t_us: int, watts: float) -> None:
        """The power on the line is this from a time on; the first is settled.

        Raises:
            ValueError: as `volts`.
        """
        to_v = self.volts(watts)
        self._from_v = to_v if self._since_us < 0 else self.shown_v(t_us)
        self._to_v, self._since_us = to_v, t_us

    def shown_v(self, t_us: int) -> float:
        """Output at a time, on its way to that of the power that `follow` was told last."""
        if self.tau_us == 0.0:
            return self._to_v
        decay = math.exp(-max(0, t_us - self._since_us) / self.tau_us)
        return self._to_v + (self._from_v - self._to_v) * decay
