"""Hypothesis strategies: treatments, patients, sensors, faults and their timing, whole scenarios (docs/verify.md).

`examples(n)` scales a test's number of examples with the profile: 100 examples there are 100 % of n.
"""

from ..bench import Tolerances
from ..ranges import Range
from .benches import examples, moments, seeds, tolerances
from .breaking import certain_us, faults_of, parameters, shown
from .excursions import (
    CHECKS,
    CONVERTER_FAULTS,
    NOT_PROVOKED,
    THERMISTOR_FAULTS,
    THERMOMETERS,
    excursions,
    failures,
    provoked,
    stops,
    within,
)
from .scenarios import expected, scenarios
from .treatments import anatomies, armable_w, longest_s, placements, plans

__all__ = [
    "CHECKS",
    "CONVERTER_FAULTS",
    "NOT_PROVOKED",
    "THERMISTOR_FAULTS",
    "THERMOMETERS",
    "Range",
    "Tolerances",
    "anatomies",
    "armable_w",
    "certain_us",
    "examples",
    "excursions",
    "expected",
    "failures",
    "faults_of",
    "longest_s",
    "moments",
    "parameters",
    "placements",
    "plans",
    "provoked",
    "scenarios",
    "seeds",
    "shown",
    "stops",
    "tolerances",
    "within",
]
