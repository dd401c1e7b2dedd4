"""A sensor's curve as piecewise-linear knots, with the worst error that they make."""

import math
from dataclasses import dataclass
from functools import lru_cache

from sonofuse.limits.kinds import Kind


@dataclass(frozen=True)
class Linear:
    """The plausible raw counts and the knots over them; `under` and `over` bound the error in kernel units.

    A reading is at least the exact value less `under` and at most the exact value plus `over`; `step` is the largest
    difference between two neighbouring codes of the converter.
    """

    raw_min: int
    raw_max: int
    shift: int
    knots: tuple[int, ...]
    under: float
    over: float
    step: float

    @property
    def span(self) -> tuple[int, int]:
        """The lowest and the highest value within the range, in kernel units."""
        low, high = sorted((self.value(self.raw_min), self.value(self.raw_max)))
        return low, high

    def value(self, raw: int) -> int:
        """The value that the kernels compute for a count within the range."""
        if not self.knots:
            return raw
        k, f = divmod(raw - self.raw_min, 1 << self.shift)
        return self.knots[k] + (((self.knots[k + 1] - self.knots[k]) * f) >> self.shift)


@lru_cache(maxsize=256)
def linearise(kind: Kind, low: float, high: float) -> Linear:
    """Knots over the plausible range, which is rounded inwards; knots are rounded up.

    A curve may rise or fall with the count: where it falls, the lowest count belongs to the upper bound.

    Raises:
        ValueError: if no count of the converter lies within the range.
    """
    first, last = sorted((kind.raw_of_range(low), kind.raw_of_range(high)))
    raw_min = max(0, math.ceil(first - 1e-9))
    raw_max = math.floor(last + 1e-9)
    if kind.shift >= 0:  # a converter cuts off: what lies just above the bound still shows the step that holds it
        raw_max -= kind.resolution
    raw_max = min(kind.raw_top, raw_max)
    if raw_min >= raw_max:
        raise ValueError("the range holds no count of the converter")
    if kind.shift < 0:
        return Linear(raw_min, raw_max, 0, (), 0.0, 0.0, 0.0)
    size = 1 << kind.shift
    count = ((raw_max - raw_min) >> kind.shift) + 2
    knots = tuple(math.ceil(kind.exact(raw_min + k * size) - 1e-9) for k in range(count))
    bare = Linear(raw_min, raw_max, kind.shift, knots, 0.0, 0.0, 0.0)
    errors = [bare.value(raw) - kind.exact(raw) for raw in range(raw_min, raw_max + 1)]
    ends = (raw_min, max(raw_min, raw_max - kind.resolution))
    step = max(abs(kind.exact(raw + kind.resolution) - kind.exact(raw)) for raw in ends)  # curves are steepest there
    counted = kind.quantum * step
    under, over = max(0.0, -min(errors)) + counted, max(0.0, max(errors)) + counted
    return Linear(raw_min, raw_max, kind.shift, knots, under, over, step)


@lru_cache(maxsize=256)
def relative_error(kind: Kind, low: float, high: float, floor: float) -> tuple[float, float]:
    """The worst under- and over-reading as a share of the value, for values from `floor` (kernel units) up."""
    linear = linearise(kind, low, high)
    under = over = 0.0
    for raw in range(linear.raw_min, linear.raw_max + 1):
        exact = kind.exact(raw)
        if exact >= floor:
            error = linear.value(raw) / exact - 1
            under, over = max(under, -error), max(over, error)
    return under, over
