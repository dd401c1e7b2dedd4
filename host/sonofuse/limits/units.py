"""Quantities as people write them ("41 degC", "3 K/s", "21 ms"), turned into one base unit per dimension."""

import math
import re
from collections.abc import Mapping
from typing import Any

from sonofuse.limits.problems import did_you_mean

# dimension -> (an example, unit -> factor to the base unit, which is the one with factor 1)
DIMENSIONS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "temperature": ("41 degC", {"degC": 1.0, "°C": 1.0}),
    "difference": ("0.5 K", {"K": 1.0, "mK": 1e-3}),
    "rate": ("3 K/s", {"K/s": 1.0, "mK/s": 1e-3}),
    "time": ("21 ms", {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60.0}),
    "power": ("120 W", {"W": 1.0, "mW": 1e-3, "kW": 1e3}),
    "energy": ("3000 J", {"J": 1.0, "kJ": 1e3}),
    "flow": ("1.0 L/min", {"L/min": 1.0, "mL/min": 1e-3}),
    "voltage": ("2048 mV", {"V": 1.0, "mV": 1e-3}),
    "dose": ("2 CEM43 min", {"CEM43 min": 1.0}),
    "level": ("20 dB", {"dB": 1.0}),
    "share": ("2 %", {"%": 1e-2}),
    "samples": ("2 samples", {"samples": 1.0, "sample": 1.0}),
    "length": ("2 mm", {"mm": 1.0, "cm": 10.0}),
    "counts": ("2 counts", {"counts": 1.0, "count": 1.0}),
}
NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL)


class UnitError(ValueError):
    """A quantity that cannot be read: what is wrong, and what would be accepted."""

    def __init__(self, wrong: str, accepted: str) -> None:
        super().__init__(f"{wrong}; {accepted}")
        self.wrong = wrong
        self.accepted = accepted


def example(*dimensions: str) -> str:
    """`write for example "41 degC"`."""
    return "write for example " + " or ".join(f'"{DIMENSIONS[name][0]}"' for name in dimensions)


def quantity(value: Any, *dimensions: str) -> tuple[float, str]:
    """The value in the base unit, and which of the dimensions it has.

    Raises:
        UnitError: if it is not text, not a finite number, or has none of these dimensions.
    """
    if not isinstance(value, str):
        raise UnitError("a quantity is text with a unit", example(*dimensions))
    match = NUMBER.fullmatch(value.strip())
    if match is None:
        raise UnitError("does not begin with a finite decimal number", example(*dimensions))
    number, unit = float(match[1]), match[2].strip()
    if not math.isfinite(number):
        raise UnitError("is not finite", example(*dimensions))
    for name in dimensions:
        units = DIMENSIONS[name][1]
        if unit in units:
            return number * units[unit], name
    if not unit:
        raise UnitError("has no unit", example(*dimensions))
    known = [known for name in dimensions for known in DIMENSIONS[name][1]]
    raise UnitError(f"the unit {unit!r} does not fit here", f"{example(*dimensions)} ({did_you_mean(unit, known)})")
