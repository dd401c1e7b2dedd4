"""Decisive vectors: each threshold of a limit set at, one below and one above, and each counter where it saturates.

Derived from the words of the limit set alone, so that a new channel or limit gets its vectors by itself.
"""

from collections.abc import Iterator

import numpy as np

from sonofuse.layout import K

from .batches import Batch, Limits
from .episodes import DT_US, Calm, Episode

AROUND = (-1, 0, 1)
MANY_US = 1 << 29


def boundaries(limits: Limits) -> Batch:
    """All decisive vectors of a limit set as one batch of short episodes."""
    calm = Calm(limits)
    episodes = list(_monitor(calm))
    for channel in range(limits.channels):
        episodes += _conversions(calm, channel)
        for check in limits.enabled(channel):
            episodes += _check(calm, channel, check)
    starts = np.stack([episode.start for episode in episodes])
    for episode in episodes:  # sequence numbers and the clock wrap
        episode.inputs[:, K.I_NOW] %= 1 << 30
        episode.inputs[:, K.I_CHANNELS :: 2] %= 65536
    return Batch(limits.stored, starts, np.stack([episode.inputs for episode in episodes]))


def _monitor(calm: Calm) -> Iterator[Episode]:
    words = calm.limits.words
    deadline, settle, longest = (int(words[k]) for k in (K.H_DEADLINE_US, K.H_SETTLE_US, K.H_MAX_ON_US))
    size = 4 * int(words[K.H_WORDS])
    for on in (0, 1):
        for step in (0, deadline - 1, deadline, deadline + 1, (1 << 29), (1 << 30) - 1):
            for now in (0, 5_000_000, (1 << 30) - 1):
                late = Episode(calm, on)
                late.state(S_NOW=now)
                late.inputs[:, K.I_NOW] = (now + np.array([step, step + 1, step + 2])) % (1 << 30)
                for channel in range(calm.limits.channels):
                    late.convert(channel, calm.raws[channel])
                yield late
        for mode_us in (settle - DT_US - 1, settle - DT_US, settle - DT_US + 1, MANY_US - DT_US, MANY_US - 1, MANY_US):
            settling = Episode(calm, on)
            settling.state(S_MODE_US=max(mode_us, 0), S_ON_US=max(mode_us, 0))
            yield settling
            for first in (0, 1):
                toggled = Episode(calm, on)
                toggled.state(S_MODE_US=max(mode_us, 0), S_ON_US=5, S_ENERGY_HI=7, S_ENERGY_LO=9)
                toggled.inputs[:, K.I_ON] = (first, 1 - first, 1 - first)
                yield toggled
        for energy in (3, int(words[K.H_ENERGY]), K.INT_MAX):
            for around in AROUND:
                for allowed in (3, K.INT_MAX, 0):
                    spent = Episode(calm, on)
                    spent.state(S_ENERGY_HI=min(max(energy + around, 0), K.INT_MAX))
                    spent.input(I_ENERGY=allowed)
                    yield spent
        for around in AROUND:
            for set_us in (20_000, K.INT_MAX >> 1, 0):
                for limit in (longest, set_us + int(words[K.H_OVER_US])):
                    lasting = Episode(calm, on)
                    lasting.state(S_ON_US=min(max(limit - DT_US * on + around, 0), MANY_US))
                    lasting.input(I_SET_US=set_us)
                    yield lasting
        for age_us in (-1, 0, *(int(words[K.H_RECEIPT_US]) + around for around in AROUND), K.INT_MAX):
            waiting = Episode(calm, on)
            waiting.input(I_RECEIPT_US=age_us)
            yield waiting
    stored = int.from_bytes(calm.limits.stored[size : size + 4], "little")
    for bad in (0, 1):
        for wrong in (0, 1, 1 << 15, 1 << 16, 1 << 31, 0xFFFF, 0xFFFF0000, stored & 0xFFFF, stored & 0xFFFF0000):
            read = Episode(calm)
            before = _before_word(~stored & 0xFFFFFFFF ^ wrong, int(words[-1]) & 0xFFFFFFFF)
            read.state(S_CRC_POS=size - 4, S_CRC_HI=before >> 16, S_CRC_LO=before & 0xFFFF, S_CRC_BAD=bad)
            yield read
        for half in (0x0000, 0xFFFF, 0x1234):
            begun = Episode(calm)
            begun.state(S_CRC_HI=half, S_CRC_LO=0xFFFF - half, S_CRC_BAD=bad)
            yield begun
    fresh = Episode(calm)
    fresh.start[:] = 0
    yield fresh


def _before_word(register: int, word: int) -> int:
    """The CRC register before a word, from the one after it: the shifts undone one by one."""
    for _ in range(32):
        register = ((register ^ 0xEDB88320) << 1 | 1) if register >> 31 else register << 1
    return register ^ word


def _conversions(calm: Calm, channel: int) -> Iterator[Episode]:
    row = calm.limits.rows[channel]
    raw = calm.raws[channel]
    for valid in (0, 1):
        for edge in calm.limits.edges[channel]:
            for count in sorted({0, max(int(row[K.R_DEBOUNCE + K.RANGE]) - 1, 0)}):
                range_edge = Episode(calm)
                range_edge.channel(channel, C_VALID=valid, C_SPAN_US=500)
                range_edge.start[K.S_CHANNELS + channel * K.CHANNEL_WORDS + K.C_COUNT + K.RANGE] = count
                range_edge.convert(channel, edge, raw, edge)
                yield range_edge
        for span_us in (
            0,
            1,
            127,
            128,
            129,
            (1 << 14) - 1,
            1 << 14,
            (1 << 14) + 1,
            (1 << 19) - 1,
            1 << 19,
            (1 << 19) + 1,
        ):
            for hot in (calm.values[channel], int(row[K.R_DOSE_BASE]) + 300):
                accumulated = Episode(calm, on=1)
                accumulated.inputs[:, K.I_NOW] += min(span_us, 2000) - DT_US
                span = max(span_us - 2000, 0)
                accumulated.channel(
                    channel, C_VALID=valid, C_VALUE=hot, C_SPAN_US=span, C_AGE_US=span, C_DOSE_LO=0x7FFF
                )
                accumulated.state(S_ENERGY_LO=0x7FFF)
                accumulated.convert(channel, raw)
                yield accumulated
    base = int(row[K.R_DOSE_BASE])
    last = base + 128 * int(calm.limits.words[K.H_DOSE_N])
    for peak in (
        base - 129,
        base - 128,
        base - 1,
        base,
        base + 127,
        base + 128,
        last - 129,
        last - 1,
        last,
        last + 128,
    ):
        for high in (0, K.INT_MAX - 1, K.INT_MAX):
            heated = Episode(calm)
            heated.channel(channel, C_VALUE=peak, C_SPAN_US=20_000, C_DOSE_HI=high)
            heated.state(S_ENERGY_HI=high)
            heated.convert(channel, raw)
            yield heated
    for same in (0, (1 << 20) - 1, 1 << 20):
        for first in (raw, -1, raw + 1):
            repeated = Episode(calm)
            repeated.channel(channel, C_SAME=same)
            repeated.convert(channel, first, first, raw)
            yield repeated
    window = int(row[K.R_RISE_N])
    for filled in range(max(window - 2, 0), window + 1):
        filling = Episode(calm)
        filling.channel(channel, C_RISE_FILL=filled, C_RISE_POS=max(window - 2, 0))
        filling.convert(channel, raw, raw, -1)
        yield filling


def _check(calm: Calm, channel: int, check: int) -> Iterator[Episode]:
    row = calm.limits.rows[channel]
    full = int(row[K.R_DEBOUNCE + check])
    modes = ((0, 0), (0, 1), (1, 0), (1, 1)) if check in (K.RISE_OFF, K.SET, K.IDLE, K.FOLLOW) else ((0, 1),)
    counts = (0,) if check in (K.STALE, K.STUCK, K.DOSE) else sorted({0, max(full - 2, 0), full - 1, full})
    for on, settled in modes:
        for count in counts:
            for episode in _around(calm, channel, check, on, settled):
                episode.start[K.S_CHANNELS + channel * K.CHANNEL_WORDS + K.C_COUNT + check] = count
                yield episode


def _around(calm: Calm, channel: int, check: int, on: int, settled: int) -> Iterator[Episode]:
    row = calm.limits.rows[channel]
    if check in (K.RANGE, K.ABOVE, K.BELOW, K.IDLE, K.FOLLOW):  # their metric follows from the count alone
        for edge in calm.limits.edges[channel]:
            beside = Episode(calm, on, settled)
            beside.convert(channel, edge)
            yield beside
    else:
        for limit in sorted({int(row[K.R_TRIP + check]), int(row[K.R_WARN + check])}):
            for around in AROUND:
                yield from _reach(calm, channel, check, limit + around, on, settled)


def _reach(calm: Calm, channel: int, check: int, metric: int, on: int, settled: int) -> Iterator[Episode]:
    """Episodes in which the metric of a check is just that."""
    limits, row, raw, value = calm.limits, calm.limits.rows[channel], calm.raws[channel], calm.values[channel]
    episode = Episode(calm, on, settled)
    if check in (K.STALE, K.STUCK, K.DOSE):
        late = Episode(calm, on, settled)
        for each, before in ((episode, metric), (late, metric - 1)):
            if check == K.STALE:
                each.channel(channel, C_AGE_US=min(max(metric - DT_US, 0), 1 << 19))
            elif check == K.STUCK:
                each.channel(channel, C_SAME=min(max(before, 0), 1 << 20))
            else:
                each.channel(channel, C_DOSE_HI=min(max(before, 0), K.INT_MAX))
        late.convert(channel, raw)
        yield from (episode, late)
    elif check in (K.RISE, K.RISE_OFF):
        episode.channel(channel, C_RISE_FILL=int(row[K.R_RISE_N]), C_RISE_POS=0)
        ring = K.S_CHANNELS + channel * K.CHANNEL_WORDS + K.C_RISE
        for i, old in enumerate(_ring(int(row[K.R_RISE_N]), metric, value)):
            episode.start[ring + 1 + i] = old
        episode.convert(channel, raw)
        yield episode
    elif check == K.PAIR:
        for sign in (-1, 1):
            for valid in (0, 1):
                apart = Episode(calm, on, settled)
                apart.channel(int(row[K.R_PAIR]), C_VALUE=value + sign * metric, C_VALID=valid)
                apart.convert(channel, raw)
                yield apart
    elif check == K.RATIO:
        floor = int(row[K.R_RATIO_FLOOR])
        for other in (floor, floor + 1, 2 * floor + 10):
            for edge in limits.crossings(
                channel, np.maximum(limits.values[channel], 0) * 1024 // max(other, 1), metric
            ):
                for valid in (0, 1):
                    against = Episode(calm, on, settled)
                    against.channel(int(row[K.R_RATIO_TO]), C_VALUE=other, C_VALID=valid)
                    against.convert(channel, edge)
                    yield against
    else:
        assert check == K.SET, check
        for set_mw in (-1, 0, 1, 3001, 40_000):
            scaled = np.maximum(limits.values[channel], 0) * 1024 // max(set_mw, 1)
            for edge in {*limits.crossings(channel, scaled, metric), raw}:
                against = Episode(calm, on, settled)
                against.input(I_SET_MW=set_mw)
                against.convert(channel, edge)
                yield against


def _ring(window: int, metric: int, newest: int) -> list[int]:
    """The values before the newest, oldest first, that make RISE the metric (one less, if only even ones exist)."""
    if window < 2:
        return []
    older = [0] * (window - 1)
    if window == 3:
        older_by = metric // 2
    else:
        older_by, rest = divmod(metric, window - 1)
        if window > 3:
            older[window // 2 if window % 2 == 0 else (window + 1) // 2] = rest if window % 2 == 0 else rest // 2
    return [newest - older_by + extra for extra in older]
