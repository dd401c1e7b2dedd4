"""From the power at the coupler to what a generator is set to, and back."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

# unit -> decibels of power for one of it at one ohm, and whether it is a voltage. A sine of 1 Vpp has 1/8 W at 1 ohm.
UNITS: Mapping[str, tuple[float, bool]] = {
    "W": (0.0, False),
    "dBm": (-30.0, False),
    "Vpp": (10 * math.log10(1 / 8), True),
    "Vrms": (0.0, True),
}


class RangeError(ValueError):
    """A power that the generator cannot be set to."""


@dataclass(frozen=True)
class Calibration:
    """What a generator is set to for a power.

    `points` are pairs of decibels: of the generator's own power and of the power at the coupler, dB above 1 W, both
    rising; between them the line is straight. One point stands for an amplifier whose gain is the same everywhere.
    `lowest` and `highest` bound the level, in `unit`.
    """

    unit: str
    load_ohm: float
    points: tuple[tuple[float, float], ...]
    lowest: float
    highest: float

    def level(self, watts: float) -> float:
        """The level for a power, in `unit`.

        Raises:
            RangeError: if the power is not positive and finite, beyond the points or beyond the range.
        """
        if not (math.isfinite(watts) and watts > 0):
            raise RangeError(f"{watts:g} W is no set point")
        level = from_decibels(self.unit, self.load_ohm, self._along(10 * math.log10(watts), there=1, here=0))
        if not self.lowest <= level <= self.highest:
            raise RangeError(
                f"{watts:g} W needs {level:.4g} {self.unit}, which is not from {self.lowest:g} to {self.highest:g}"
            )
        return level

    def watts(self, level: float) -> float:
        """The power for a level, W; 0 below the calibrated points.

        Raises:
            RangeError: if the level is not finite, or no power can come from it, or it is above the points.
        """
        if not math.isfinite(level) or (self.unit != "dBm" and level < 0):
            raise RangeError(f"{level:g} {self.unit} is no level")
        if self.unit != "dBm" and level == 0:
            return 0.0
        own = to_decibels(self.unit, self.load_ohm, level)
        if len(self.points) > 1 and own < self.points[0][0] - _ROUNDING_DB:
            return 0.0
        return float(10 ** (self._along(own, there=0, here=1) / 10))

    def _along(self, value: float, *, there: int, here: int) -> float:
        """The line through the points at `value` on the axis `there`, read on the axis `here`."""
        if len(self.points) == 1:
            return value + self.points[0][here] - self.points[0][there]
        xs = [point[there] for point in self.points]
        if not xs[0] - _ROUNDING_DB <= value <= xs[-1] + _ROUNDING_DB:
            low, high = (10 ** (point[1] / 10) for point in (self.points[0], self.points[-1]))
            raise RangeError(f"the calibration is from {low:.4g} to {high:.4g} W only")
        left = self.points[min(max(bisect_right(xs, value) - 1, 0), len(xs) - 2)]
        right = self.points[self.points.index(left) + 1]
        share = (value - left[there]) / (right[there] - left[there])
        return left[here] + share * (right[here] - left[here])


_ROUNDING_DB = 0.01  # a generator's answer is rounded to a few digits; 0.01 dB is 0.2 % of the power


def to_decibels(unit: str, load_ohm: float, level: float) -> float:
    """A level as power in dB above 1 W; -inf for a level of zero."""
    offset, voltage = UNITS[unit]
    if unit == "dBm":
        return level + offset
    if level <= 0:
        return -math.inf
    return 20 * math.log10(level) + offset - 10 * math.log10(load_ohm) if voltage else 10 * math.log10(level)


def from_decibels(unit: str, load_ohm: float, decibels: float) -> float:
    """The level for a power in dB above 1 W."""
    offset, voltage = UNITS[unit]
    if unit == "dBm":
        return decibels - offset
    if voltage:
        return float(10 ** ((decibels - offset + 10 * math.log10(load_ohm)) / 20))
    return float(10 ** (decibels / 10))


def rising(points: tuple[tuple[float, float], ...]) -> bool:
    """Whether both columns rise from point to point."""
    return all(left[0] < right[0] and left[1] < right[1] for left, right in pairwise(points))
