"""A calm monitor, on which a decisive vector changes a few words."""

import numpy as np

from sonofuse.layout import K

from .batches import Limits, Words

DT_US = 1000
TICKS = 3


class Episode:
    """A calm state and three calm ticks, on which a vector changes a few words."""

    def __init__(self, calm: "Calm", on: int = 0, settled: int = 1) -> None:
        self.start: Words = calm.start.copy()
        self.inputs: Words = calm.inputs.copy()
        self.start[K.S_ON] = on
        self.inputs[:, K.I_ON] = on
        self.start[K.S_MODE_US] = max(int(calm.limits.words[K.H_SETTLE_US]) - DT_US - (1 - settled), 0)

    def channel(self, number: int, **words: int) -> None:
        for name, value in words.items():
            self.start[K.S_CHANNELS + number * K.CHANNEL_WORDS + getattr(K, name)] = value

    def state(self, **words: int) -> None:
        for name, value in words.items():
            self.start[getattr(K, name)] = value

    def input(self, **words: int) -> None:
        for name, value in words.items():
            self.inputs[:, getattr(K, name)] = value

    def convert(self, number: int, *raws: int) -> None:
        """New conversions, from the first tick on; the last count is repeated."""
        at = K.I_CHANNELS + 2 * number
        for tick in range(TICKS):
            self.inputs[tick, at] += tick + 1
            self.inputs[tick, at + 1] = raws[min(tick, len(raws) - 1)]


class Calm:
    """Every channel valid, within its limits and not converting."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.raws = [self._calm_raw(channel) for channel in range(limits.channels)]
        self.values = [int(limits.values[c][raw - int(limits.rows[c][K.R_RAW_MIN])]) for c, raw in enumerate(self.raws)]
        start = np.zeros(limits.state_words, np.int32)
        inputs = np.zeros((TICKS, limits.input_words), np.int32)
        start[K.S_STARTED], start[K.S_NOW] = 1, 5_000_000
        start[K.S_CRC_HI] = start[K.S_CRC_LO] = 0xFFFF
        inputs[:, K.I_NOW] = 5_000_000 + DT_US * np.arange(1, TICKS + 1)
        inputs[:, K.I_SET_MW], inputs[:, K.I_SET_US], inputs[:, K.I_ENERGY] = 40_000, 20_000_000, K.INT_MAX
        for channel, (raw, value) in enumerate(zip(self.raws, self.values, strict=True)):
            words = start[K.S_CHANNELS + channel * K.CHANNEL_WORDS :]
            words[K.C_SEQ], words[K.C_RAW], words[K.C_VALUE], words[K.C_VALID] = 65535, raw, value, 1
            window = int(limits.rows[channel][K.R_RISE_N])
            words[K.C_RISE : K.C_RISE + window], words[K.C_RISE_FILL] = value, window
            inputs[:, K.I_CHANNELS + 2 * channel], inputs[:, K.I_CHANNELS + 2 * channel + 1] = 65535, raw
        self.start, self.inputs = start, inputs

    def _calm_raw(self, channel: int) -> int:
        row, values = self.limits.rows[channel], self.limits.values[channel]
        good = np.ones(len(values), bool)
        for check, metric in ((K.ABOVE, values), (K.BELOW, -values), (K.IDLE, values)):
            if check in self.limits.enabled(channel):
                good &= metric <= row[K.R_TRIP + check]
        candidates = np.flatnonzero(good) if good.any() else np.arange(len(values))
        return int(candidates[len(candidates) // 2] + row[K.R_RAW_MIN])
