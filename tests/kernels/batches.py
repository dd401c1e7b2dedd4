"""Input sequences for kernels: episodes with a start state each, and what thresholds they have to touch."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonofuse.layout import K

from .limitsets import Pick

Words = npt.NDArray[np.int32]
CLOCK = 1 << 30


@dataclass(frozen=True)
class Batch:
    """Episodes of equal length over one limit set.

    Attributes:
        limits: the stored limit set.
        starts: a state before each episode, shape (episodes, state words).
        inputs: the inputs, shape (episodes, ticks, input words).
    """

    limits: bytes
    starts: Words
    inputs: Words

    @property
    def ticks(self) -> int:
        return self.inputs.shape[0] * self.inputs.shape[1]


class Limits:
    """What a generator wants to know of a limit set: its words, and the counts next to each threshold."""

    def __init__(self, stored: bytes) -> None:
        self.stored = stored
        count = int(np.frombuffer(stored, "<i4", K.H_WORDS + 1)[K.H_WORDS])
        self.words = np.frombuffer(stored, "<i4", count).astype(np.int64)
        self.channels = int(self.words[K.H_CHANNELS])
        self.state_words = K.S_CHANNELS + K.CHANNEL_WORDS * self.channels
        self.input_words = K.I_CHANNELS + 2 * self.channels
        self.rows = [self.words[K.H_ROWS + c * K.ROW_WORDS :][: K.ROW_WORDS] for c in range(self.channels)]
        self.values = [self._values(row) for row in self.rows]
        self.edges = [self._edges(row, values) for row, values in zip(self.rows, self.values, strict=True)]

    def enabled(self, channel: int) -> list[int]:
        return [check for check in range(1, 16) if int(self.rows[channel][K.R_CHECKS]) >> check & 1]

    def _values(self, row: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The value of every plausible count, from the row's lowest to its highest."""
        raws = np.arange(row[K.R_RAW_MIN], row[K.R_RAW_MAX] + 1)
        if row[K.R_KNOTS] == 0:
            return raws
        above = raws - row[K.R_KNOTS_RAW0]
        shift = row[K.R_KNOTS_SHIFT]
        left = self.words[row[K.R_KNOTS] + (above >> shift)]
        right = self.words[row[K.R_KNOTS] + (above >> shift) + 1]
        return left + ((right - left) * (above & ((1 << shift) - 1)) >> shift)

    def crossings(self, channel: int, metric: npt.NDArray[np.int64], limit: int) -> list[int]:
        """Counts beside every place where a metric of the value crosses a limit, and those exactly at it."""
        steps = np.flatnonzero(np.diff((metric > limit).astype(np.int8)))
        exact = np.flatnonzero(metric == limit)
        beside = np.concatenate([steps - 1, steps, steps + 1, steps + 2, exact[:1], exact[-1:]])
        beside = np.unique(beside[(beside >= 0) & (beside < len(metric))])[:24]
        return [int(raw) for raw in beside + self.rows[channel][K.R_RAW_MIN]]

    def _edges(self, row: npt.NDArray[np.int64], values: npt.NDArray[np.int64]) -> list[int]:
        channel = next(c for c, other in enumerate(self.rows) if other is row)
        low, high = int(row[K.R_RAW_MIN]), int(row[K.R_RAW_MAX])
        found = {-1, 0, 65535, low - 1, low, low + 1, high - 1, high, high + 1}
        for offset in (K.R_TRIP, K.R_WARN):
            for check, metric in ((K.ABOVE, values), (K.BELOW, -values), (K.IDLE, values)):
                found.update(self.crossings(channel, metric, int(row[offset + check])))
        base = int(row[K.R_DOSE_BASE])
        for limit in (base - 1, base + 127, base + 128 * int(self.words[K.H_DOSE_N]) - 1, 0):
            found.update(self.crossings(channel, values, limit))
        for other in self.rows:
            if other[K.R_RATIO_TO] == channel:
                found.update(self.crossings(channel, values, int(other[K.R_RATIO_FLOOR])))
        return sorted(raw for raw in found if -1 <= raw <= 65535)


def generate(limits: Limits, pick: Pick, ticks: int, start: Words | None = None) -> Batch:
    """One episode of segments, each with its own timing, commands and behaviour of every channel."""
    rows: list[Words] = []
    state = np.zeros(limits.state_words, np.int32) if start is None else start
    last = np.zeros(limits.input_words, np.int64)
    last[K.I_NOW] = state[K.S_NOW] if state[K.S_STARTED] else CLOCK - pick(0, 60_000)
    for channel in range(limits.channels):
        at = K.I_CHANNELS + 2 * channel
        last[at] = state[K.S_CHANNELS + K.CHANNEL_WORDS * channel] if state[K.S_STARTED] else 65536 - pick(0, 30)
        last[at + 1] = max(int(limits.rows[channel][K.R_RAW_MIN]), 0)
    while sum(map(len, rows)) < ticks:
        segment = _segment(limits, pick, last)
        rows.append(segment)
        last = segment[-1].astype(np.int64)
    return Batch(limits.stored, state[np.newaxis], np.concatenate(rows)[np.newaxis, :ticks])


def _segment(limits: Limits, pick: Pick, last: npt.NDArray[np.int64]) -> Words:
    length = pick(1, 60)
    noise = np.random.default_rng(pick(0, 1 << 30))
    words = np.empty((length, limits.input_words), np.int64)
    words[:] = last
    words[:, K.I_NOW] = (last[K.I_NOW] + np.cumsum(_steps_us(limits, pick, noise, length))) % CLOCK
    words[:, K.I_ON] = (0, 1, last[K.I_ON], noise.integers(0, 2, length))[pick(0, 3)]
    words[:, K.I_SET_MW] = (pick(1, 100_000), last[K.I_SET_MW], -pick(0, 1) * pick(1, 9), K.INT_MAX, 1)[pick(0, 4)]
    words[:, K.I_SET_US] = (pick(0, 60_000), last[K.I_SET_US], K.INT_MAX >> 1)[pick(0, 2)]
    words[:, K.I_ENERGY] = (pick(0, 200), last[K.I_ENERGY], K.INT_MAX, 0)[pick(0, 3)]
    longest = int(limits.words[K.H_RECEIPT_US])
    words[:, K.I_RECEIPT_US] = (0, last[K.I_RECEIPT_US], longest, longest + 1, -1, K.INT_MAX)[pick(0, 5)]
    for channel in range(limits.channels):
        at = K.I_CHANNELS + 2 * channel
        new = (
            np.ones(length, np.int64),
            np.zeros(length, np.int64),
            (np.arange(length) % pick(2, 7) == 0).astype(np.int64),
            noise.integers(0, 2, length),
            noise.integers(0, 65536, length),
        )[(0, 0, 0, 1, 2, 2, 3, 4)[pick(0, 7)]]
        words[:, at] = (last[at] + np.cumsum(new)) % 65536
        words[:, at + 1] = np.clip(_raws(limits, pick, noise, channel, length, int(last[at + 1])), -1, 65535)
    return words.astype(np.int32)


def _steps_us(limits: Limits, pick: Pick, noise: np.random.Generator, length: int) -> npt.NDArray[np.int64]:
    tick, deadline = int(limits.words[K.H_TICK_US]), int(limits.words[K.H_DEADLINE_US])
    steps = np.full(length, tick, np.int64)
    match pick(0, 9):
        case 0:
            steps = noise.integers(0, deadline + 1, length)
        case 1:
            steps[:] = deadline
        case 2:
            steps[pick(0, length - 1)] = deadline + pick(0, 2)
        case 3:
            steps[pick(0, length - 1)] = -pick(1, 5000)  # a clock that runs backwards
        case 4:
            steps[pick(0, length - 1)] = pick(deadline, CLOCK - 1)
        case 5:
            steps[pick(0, length - 1)] = 0
        case _:
            pass
    return steps


def _raws(
    limits: Limits, pick: Pick, noise: np.random.Generator, channel: int, length: int, last: int
) -> npt.NDArray[np.int64]:
    row = limits.rows[channel]
    low, high = int(row[K.R_RAW_MIN]), int(row[K.R_RAW_MAX])
    edges = np.array(limits.edges[channel])
    edge = int(edges[pick(0, len(edges) - 1)])
    inside = pick(low, high)
    match pick(0, 8):
        case 0:
            return np.full(length, last)
        case 1:
            return np.full(length, inside)
        case 2:
            return inside + np.arange(length) * pick(-40, 40)
        case 3:
            return np.where(np.arange(length) < pick(0, length), last, edge)
        case 4:
            return np.asarray(edges[noise.integers(0, len(edges), length)])
        case 5:
            return noise.integers(edge - 3, edge + 4, length)
        case 6:
            return np.where(noise.integers(0, 3, length) == 0, -1, inside)
        case 7:
            return noise.integers(low, high + 1, length)
        case _:
            return np.where(noise.integers(0, 2, length) == 0, edge, inside)


def preset(limits: Limits, pick: Pick) -> Words:
    """A state somewhere in the middle, often with counters close to where they saturate."""

    def near(*places: int) -> int:
        return min(max(places[pick(0, len(places) - 1)] + pick(-2, 2), 0), int(K.INT_MAX))

    state = np.zeros(limits.state_words, np.int32)
    state[K.S_NOW] = pick(0, CLOCK - 1)
    state[K.S_STARTED] = 1
    state[K.S_ON] = pick(0, 1)
    state[K.S_MODE_US] = min(near(0, int(limits.words[K.H_SETTLE_US]), 1 << 29), 1 << 29)
    state[K.S_ON_US] = min(near(0, int(limits.words[K.H_MAX_ON_US]), 1 << 29), 1 << 29)
    state[K.S_ENERGY_HI] = near(0, int(limits.words[K.H_ENERGY]), K.INT_MAX)
    state[K.S_ENERGY_LO] = pick(0, 1) * 0x7FFF
    state[K.S_CRC_HI] = state[K.S_CRC_LO] = 0xFFFF
    state[K.S_CRC_BAD] = int(pick(0, 9) == 0)
    for channel, row in enumerate(limits.rows):
        words = state[K.S_CHANNELS + channel * K.CHANNEL_WORDS :]
        words[K.C_SEQ] = near(0, 65533)
        words[K.C_RAW] = pick(int(row[K.R_RAW_MIN]), int(row[K.R_RAW_MAX]))
        words[K.C_VALUE] = limits.values[channel][words[K.C_RAW] - row[K.R_RAW_MIN]]
        words[K.C_VALID] = pick(0, 3) > 0
        words[K.C_AGE_US] = min(near(0, int(row[K.R_TRIP + K.STALE]), 1 << 19), 1 << 19)
        words[K.C_SPAN_US] = min(near(0, int(limits.words[K.H_SPAN_US]), 1 << 19), 1 << 19)
        words[K.C_SAME] = min(near(0, int(row[K.R_TRIP + K.STUCK]), 1 << 20), 1 << 20)
        words[K.C_DOSE_HI] = near(0, int(row[K.R_TRIP + K.DOSE]), K.INT_MAX)
        words[K.C_DOSE_LO] = pick(0, 1) * 0x7FFF
        window = int(row[K.R_RISE_N])
        if window:
            words[K.C_RISE_FILL], words[K.C_RISE_POS] = window * pick(0, 1), pick(0, window - 1)
            words[K.C_RISE : K.C_RISE + window] = words[K.C_VALUE] + pick(-500, 500)
        for check in {K.RANGE, *limits.enabled(channel)} - {K.STALE, K.STUCK, K.DOSE}:
            words[K.C_COUNT + check] = pick(0, int(row[K.R_DEBOUNCE + check]))
    return state
