"""The CEM43 rate table: R = 0.5 at and above 43 degC, 0.25 below, nothing below 39 degC (Sapareto-Dewey rule)."""

import math

from sonofuse.layout import K

START_MC = 39_000  # the rule of this project: nothing is counted below
STEP_MC = 128
UNITS_PER_MINUTE = 1 << 20  # of C_DOSE_HI; C_DOSE_LO counts 2**-35 min
SPAN_S = 128e-6


def rate(celsius: float) -> float:
    """CEM43 minutes per minute at a temperature of 39 degC or more."""
    return float((0.5 if celsius >= 43 else 0.25) ** (43 - celsius))


def table() -> tuple[int, ...]:
    """Units of 2**-35 min per 128 µs and step of 128 m°C at its upper edge, rounded up, as long as 31 bits hold it."""
    entries: list[int] = []
    while True:
        edge = (START_MC + (len(entries) + 1) * STEP_MC) / 1000
        units = math.ceil(SPAN_S / 60 * rate(edge) * (UNITS_PER_MINUTE << 15))
        if units > K.INT_MAX:
            return tuple(entries)
        entries.append(units)
