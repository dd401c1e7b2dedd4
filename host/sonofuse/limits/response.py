"""How long a sensor with lag hides a hazard from its check."""

import math

from sonofuse.limits.model import Channel, Check, LimitsFile
from sonofuse.limits.thresholds import threshold

LONGEST_S = 60.0


def hidden_s(limits: LimitsFile, channel: Channel, check: Check, heating_k_s: float | None) -> float | None:
    """Seconds from the true event to the first reading that is beyond; None if the check never sees this heating.

    For a steady heating a first-order sensor lags behind by its time constant. For a rate of rise, it is the time from
    the onset until the fit over the window, sampled at the longest period in the worst phase, exceeds its threshold.
    """
    if check.name not in ("rise", "rise_off") or heating_k_s is None:
        return channel.sensor.lag_s
    trip = threshold(limits, channel, check).trip
    period_s, lag_s, window = channel.sensor.longest_s, channel.sensor.lag_s, channel.rise_window
    values = [0.0] * window
    for n in range(1, math.ceil(LONGEST_S / period_s)):
        t = n * period_s
        behind = lag_s * -math.expm1(-t / lag_s) if lag_s else 0.0
        values = [*values[1:], 1000 * heating_k_s * (t - behind)]
        if sum((2 * i - window + 1) * value for i, value in enumerate(values)) > trip:
            return t
    return None
