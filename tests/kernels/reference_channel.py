"""What the reference kernel remembers: sums, and a channel with its row of the limit set."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sonofuse.layout import K

LOW = 0x7FFF  # what the low word of a dose or an energy holds
CHANNEL_CHECKS = range(1, 16)


@dataclass
class Sum:
    """A dose or an energy: a high word that saturates, and a low word of 15 bits."""

    high: int = 0
    low: int = 0

    def add(self, rate: int, units: int) -> None:
        low = (rate & LOW) * units + self.low
        carry_and_high = (rate >> 15) * units + (low >> 15)
        self.low = low & LOW
        self.high = min(self.high + carry_and_high, K.INT_MAX)


class Row:
    """What the limit set says about one channel."""

    def __init__(self, words: Sequence[int]) -> None:
        self.token = words[K.R_TOKEN]
        self.enabled = [check for check in CHANNEL_CHECKS if words[K.R_CHECKS] >> check & 1]
        self.raw_min = words[K.R_RAW_MIN]
        self.raw_max = words[K.R_RAW_MAX]
        self.knots_at = words[K.R_KNOTS]
        self.knots_shift = words[K.R_KNOTS_SHIFT]
        self.knots_raw0 = words[K.R_KNOTS_RAW0]
        self.window = words[K.R_RISE_N]
        self.pair = words[K.R_PAIR]
        self.ratio_to = words[K.R_RATIO_TO]
        self.ratio_floor = words[K.R_RATIO_FLOOR]
        self.dose_base = words[K.R_DOSE_BASE]
        self.is_energy = words[K.R_ENERGY] == 1
        self.trip = {check: words[K.R_TRIP + check] for check in CHANNEL_CHECKS}
        self.warn = {check: words[K.R_WARN + check] for check in CHANNEL_CHECKS}
        self.full = {check: words[K.R_DEBOUNCE + check] for check in CHANNEL_CHECKS}  # 2N


@dataclass
class Channel:
    """What the kernel remembers about one channel."""

    row: Row
    seq: int = 0
    raw: int = 0
    value: int = 0
    valid: int = 0
    age_us: int = 0
    span_us: int = 0
    same: int = 0
    dose: Sum = field(default_factory=Sum)
    warn: int = 0
    rise_fill: int = 0
    rise_pos: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * 16)  # by check id
    rise: list[int] = field(default_factory=lambda: [0] * K.RISE_MAX)

    def count(self, check: int, bad: bool) -> None:
        """A leaky count: two up for a bad conversion, one down for a good one."""
        if bad:
            self.counts[check] = min(self.counts[check] + 2, self.row.full[check])
        else:
            self.counts[check] = max(self.counts[check] - 1, 0)

    def remember_for_rise(self) -> None:
        window = self.row.window
        if window != 0:
            self.rise[self.rise_pos] = self.value
            self.rise_pos = (self.rise_pos + 1) % window
            self.rise_fill = min(self.rise_fill + 1, window)

    def steepness(self) -> int:
        """The window's slope times a constant: what RISE compares."""
        window = self.row.window
        if self.rise_fill < window:
            return 0
        oldest_first = self.rise[self.rise_pos : window] + self.rise[: self.rise_pos]
        total = 0
        for i, value in enumerate(oldest_first):
            total += (2 * i - (window - 1)) * (value - oldest_first[0])
        return total
