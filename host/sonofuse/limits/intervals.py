"""Interval arithmetic over a compiled limit set: no intermediate of docs/kernel.md leaves 31 signed bits."""

from collections.abc import Sequence
from dataclasses import dataclass

from sonofuse.layout import K

LOWEST, HIGHEST = -K.INT_MAX - 1, K.INT_MAX
SPAN_MAX = 1 << 19  # of C_SPAN_US
DOSE_UNITS = SPAN_MAX >> 7


class RangeError(ValueError):
    """An intermediate that does not fit."""


@dataclass(frozen=True)
class Interval:
    """All integers from lo to hi; each result is checked."""

    lo: int
    hi: int

    def __post_init__(self) -> None:
        if self.lo < LOWEST or self.hi > HIGHEST:
            raise RangeError(f"[{self.lo}, {self.hi}] leaves 31 signed bits")

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.lo + other.lo, self.hi + other.hi)

    def __sub__(self, other: "Interval") -> "Interval":
        return Interval(self.lo - other.hi, self.hi - other.lo)

    def __mul__(self, other: "Interval") -> "Interval":
        corners = [a * b for a in (self.lo, self.hi) for b in (other.lo, other.hi)]
        return Interval(min(corners), max(corners))

    def __rshift__(self, bits: int) -> "Interval":
        return Interval(self.lo >> bits, self.hi >> bits)

    def __or__(self, other: "Interval") -> "Interval":
        return Interval(min(self.lo, other.lo), max(self.hi, other.hi))

    def positive(self) -> "Interval":
        """max(x, 0)."""
        return Interval(max(self.lo, 0), max(self.hi, 0))


def exactly(value: int) -> Interval:
    """The interval that holds one integer."""
    return Interval(value, value)


def _at(words: Sequence[int], index: int) -> int:
    return words[index]


def value_of(words: Sequence[int], row: int) -> Interval:
    """The value of a channel over all raw counts within its range.

    Raises:
        RangeError: if an intermediate of the interpolation does not fit, or a knot lies outside the table.
    """
    raw = Interval(_at(words, row + K.R_RAW_MIN), _at(words, row + K.R_RAW_MAX))
    knots, shift = _at(words, row + K.R_KNOTS), _at(words, row + K.R_KNOTS_SHIFT)
    if knots == 0:
        return raw
    index = (raw - exactly(_at(words, row + K.R_KNOTS_RAW0))) >> shift
    if index.lo < 0 or index.hi + 1 >= _at(words, row + K.R_KNOTS_N):
        raise RangeError(f"knots {index.lo} to {index.hi + 1} are not all in the table")
    result: Interval | None = None
    for k in range(index.lo, index.hi + 1):
        y, z = exactly(_at(words, knots + k)), exactly(_at(words, knots + k + 1))
        part = y + (((z - y) * Interval(0, (1 << shift) - 1)) >> shift)
        result = part if result is None else result | part
    assert result is not None
    return result


def _accumulate(rate: Interval, units: int) -> None:
    n, carry = Interval(0, units), Interval(0, 0x7FFF)
    low = Interval(0, 0x7FFF) * n + carry
    _ = (rate >> 15) * n + (low >> 15)


def prove(words: Sequence[int]) -> list[tuple[int, str]]:
    """The rows (index, what does not fit) whose arithmetic can leave 31 signed bits; an empty list is the proof."""
    failures: list[tuple[int, str]] = []
    values: dict[int, Interval] = {}
    rows = {c: K.H_ROWS + c * K.ROW_WORDS for c in range(_at(words, K.H_CHANNELS))}
    for c, row in rows.items():
        try:
            values[c] = value_of(words, row)
        except RangeError as error:
            failures.append((c, f"value: {error}"))
    for c, value in values.items():
        row = rows[c]
        enabled = {number for number in range(K.RANGE, K.FOLLOW + 1) if _at(words, row + K.R_CHECKS) >> number & 1}
        where = "value"
        try:
            where = "below"
            _ = exactly(0) - value
            if enabled & {K.RISE, K.RISE_OFF}:
                where, total = "rise", exactly(0)
                for weight in range(1 - _at(words, row + K.R_RISE_N), _at(words, row + K.R_RISE_N), 2):
                    total = total + exactly(weight) * (value - value)
            if K.PAIR in enabled:
                where = "pair"
                _ = value - values.get(_at(words, row + K.R_PAIR), value)
            if enabled & {K.SET, K.RATIO}:
                where = "set or ratio"
                _ = value.positive() * exactly(1024)
            if K.DOSE in enabled:
                where = "dose"
                _ = value - exactly(_at(words, row + K.R_DOSE_BASE))
                start = _at(words, K.H_DOSE)
                _accumulate(Interval(0, max(words[start : start + _at(words, K.H_DOSE_N)])), DOSE_UNITS)
            if _at(words, row + K.R_ENERGY):
                where = "energy"
                _accumulate(value.positive(), _at(words, K.H_SPAN_US))
        except RangeError as error:
            failures.append((c, f"{where}: {error}"))
    return failures
