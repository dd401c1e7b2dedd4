"""The kernel a third time: slow, obvious, and written from docs/kernel.md alone.

It shares nothing with the two production kernels but the names of the words (sonofuse.layout), so that a mistake
would have to be made twice, in two styles, to stay unseen.
"""

import struct
import zlib
from collections.abc import Sequence

from sonofuse.layout import K

from .reference_channel import LOW, Channel, Row, Sum

CLOCK = 1 << 30  # the clock counts microseconds modulo this
LONGEST_MODE_US = 1 << 29
LONGEST_SPAN_US = 1 << 19
MOST_SAME = 1 << 20
EVERY_TICK = (K.STALE, K.STUCK, K.DOSE)  # looked at on every tick, without debounce


class Reference:
    """The reference kernel: the same limit set and inputs, the same state words and causes.

    Args:
        limits: a limit set as it is stored: the words, their CRC-32 and (unused here) their SHA-256.
    """

    def __init__(self, limits: bytes) -> None:
        size = 4 * struct.unpack_from("<i", limits, 4 * K.H_WORDS)[0]
        self.covered = limits[:size]
        self.stored_crc = int.from_bytes(limits[size : size + 4], "little")
        self.words: tuple[int, ...] = struct.unpack(f"<{size // 4}i", self.covered)
        rows = [K.H_ROWS + c * K.ROW_WORDS for c in range(self.words[K.H_CHANNELS])]
        self.channels = [Channel(Row(self.words[at : at + K.ROW_WORDS])) for at in rows]
        self.now = self.started = self.token = self.cause = self.ran = 0
        self.on = self.mode_us = self.on_us = 0
        self.energy = Sum()
        self.crc_pos = self.crc_hi = self.crc_lo = self.crc_bad = 0
        self.warn = 0
        self.settled = False

    def tick(self, inputs: Sequence[int]) -> int:
        """Look at every channel once; the cause (0 if every check passed)."""
        self.token = self.cause = self.ran = 0
        step = self.words[K.H_TOKEN_STEP]
        dt, late = self._advance_clock(inputs[K.I_NOW])
        self._switch(inputs[K.I_ON], dt)
        self._read_a_slice_of_the_limit_set()
        self._judge(K.DEADLINE, K.MONITOR, late, step)
        self._judge(K.LIMITS, K.MONITOR, self.crc_bad != 0, step)
        self.warn = 0
        for number, channel in enumerate(self.channels):
            self._look_at(number, channel, inputs, dt)
        self._judge(K.ENERGY, K.MONITOR, self.energy.high > min(inputs[K.I_ENERGY], self.words[K.H_ENERGY]), step)
        too_long = self.on_us > self.words[K.H_MAX_ON_US]
        longer_than_set = self.on == 1 and self.on_us > inputs[K.I_SET_US] + self.words[K.H_OVER_US]
        self._judge(K.DURATION, K.MONITOR, too_long or longer_than_set, step)
        fresh = 0 <= inputs[K.I_RECEIPT_US] <= self.words[K.H_RECEIPT_US]
        alone = self.on == 1 and self.words[K.H_HOST] == 1 and not fresh
        self._judge(K.RECEIPT, K.MONITOR, alone, step)
        self.token %= CLOCK
        self.ran %= CLOCK
        return self.cause

    def _judge(self, check: int, channel: int, failed: bool, step: int) -> None:
        self.ran += step * check
        if not failed:
            self.token += step * check
        elif self.cause == 0:
            self.cause = check * 256 + channel

    def _advance_clock(self, now: int) -> tuple[int, bool]:
        if self.started:
            dt = (now - self.now) % CLOCK
        else:
            dt = 0
            self.started = 1
            self.crc_hi = self.crc_lo = 0xFFFF
        self.now = now
        deadline = self.words[K.H_DEADLINE_US]
        return min(dt, deadline), dt > deadline

    def _switch(self, on: int, dt: int) -> None:
        if on != self.on:
            self.on = on
            self.mode_us = 0
            if on == 1:
                self.on_us = 0
                self.energy = Sum()
        else:
            self.mode_us = min(self.mode_us + dt, LONGEST_MODE_US)
        if self.on == 1:
            self.on_us = min(self.on_us + dt, LONGEST_MODE_US)
        self.settled = self.mode_us >= self.words[K.H_SETTLE_US]

    def _read_a_slice_of_the_limit_set(self) -> None:
        end = min(self.crc_pos + self.words[K.H_CRC_BYTES], len(self.covered))
        inverted = (self.crc_hi << 16 | self.crc_lo) ^ 0xFFFFFFFF  # zlib inverts before and after
        crc = zlib.crc32(self.covered[self.crc_pos : end], inverted)
        self.crc_pos = end
        self.crc_hi, self.crc_lo = divmod(crc ^ 0xFFFFFFFF, 1 << 16)
        if end == len(self.covered):
            if crc != self.stored_crc:
                self.crc_bad = 1
            self.crc_pos, self.crc_hi, self.crc_lo = 0, 0xFFFF, 0xFFFF

    def _look_at(self, number: int, channel: Channel, inputs: Sequence[int], dt: int) -> None:
        channel.age_us = min(channel.age_us + dt, LONGEST_SPAN_US)
        channel.span_us = min(channel.span_us + dt, LONGEST_SPAN_US)
        seq = inputs[K.I_CHANNELS + 2 * number]
        if seq != channel.seq:
            self._convert(channel, seq, inputs[K.I_CHANNELS + 2 * number + 1], inputs)
        if channel.warn != 0:
            self.warn += 1 << number
        row = channel.row
        for check in row.enabled:
            if check == K.STALE:
                failed = channel.age_us > row.trip[check]
            elif check == K.STUCK:
                failed = channel.same > row.trip[check]
            elif check == K.DOSE:
                failed = channel.dose.high > row.trip[check]
            else:
                failed = channel.counts[check] == row.full[check]
            if check == K.RANGE and not channel.valid:
                self.ran += row.token * check  # neither passed nor failed
            else:
                self._judge(check, number, failed, row.token)

    def _convert(self, channel: Channel, seq: int, raw: int, inputs: Sequence[int]) -> None:
        """A new conversion of one channel."""
        row = channel.row
        age_us, channel.age_us = channel.age_us, 0
        channel.seq = seq
        channel.same = min(channel.same + 1, MOST_SAME) if raw == channel.raw else 0
        channel.raw = raw
        implausible = raw < 0 or raw < row.raw_min or raw > row.raw_max
        channel.count(K.RANGE, implausible)
        if implausible:
            channel.warn = 1 << K.RANGE
            return
        value = self._linear(row, raw)
        peak = max(value, channel.value) if channel.valid else value
        if K.DOSE in row.enabled:
            self._add_dose(channel, peak)
        if row.is_energy:
            self.energy.add(max(peak, 0), min(channel.span_us, self.words[K.H_SPAN_US]))
        channel.value = value
        channel.valid = 1
        channel.span_us = 0
        channel.remember_for_rise()
        channel.warn = 0
        for check in row.enabled:
            if check == K.RANGE:
                continue
            metric = age_us if check == K.STALE else self._metric(check, channel, inputs)
            if check not in EVERY_TICK:
                channel.count(check, metric > row.trip[check])
            if metric > row.warn[check]:
                channel.warn += 1 << check

    def _linear(self, row: Row, raw: int) -> int:
        if row.knots_at == 0:
            return raw
        knot, part = divmod(raw - row.knots_raw0, 1 << row.knots_shift)
        left, right = self.words[row.knots_at + knot : row.knots_at + knot + 2]
        return left + (right - left) * part // (1 << row.knots_shift)

    def _add_dose(self, channel: Channel, peak: int) -> None:
        step = (peak - channel.row.dose_base) // 128
        if step >= self.words[K.H_DOSE_N]:
            channel.dose = Sum(K.INT_MAX, LOW)
        elif step >= 0:
            channel.dose.add(self.words[self.words[K.H_DOSE] + step], -(-channel.span_us // 128))

    @property
    def _idle(self) -> bool:
        return self.settled and self.on == 0

    def _metric(self, check: int, channel: Channel, inputs: Sequence[int]) -> int:
        """What a check compares with its limits, on a new conversion within range."""
        value = channel.value
        if check == K.STUCK:
            return channel.same
        if check == K.ABOVE:
            return value
        if check == K.BELOW:
            return -value
        if check == K.RISE or (check == K.RISE_OFF and self._idle):
            return channel.steepness()
        if check == K.PAIR:
            other = self.channels[channel.row.pair]
            return abs(value - other.value) if other.valid else 0
        if check == K.DOSE:
            return channel.dose.high
        if check == K.SET and self.on == 1:
            return max(value, 0) * 1024 // inputs[K.I_SET_MW] if inputs[K.I_SET_MW] > 0 else int(K.INT_MAX)
        if check == K.RATIO:
            other = self.channels[channel.row.ratio_to]
            if other.valid and other.value > channel.row.ratio_floor:
                return max(value, 0) * 1024 // other.value
        if check == K.IDLE and self._idle:
            return value
        return int(check == K.FOLLOW and self.settled and value != inputs[K.I_ON])

    def state_words(self) -> list[int]:
        """The state as the production kernels keep it."""
        words = [self.now, self.started, self.token, self.cause, self.on, self.mode_us, self.on_us]
        words += [self.energy.high, self.energy.low, self.crc_pos, self.crc_hi, self.crc_lo, self.crc_bad, self.warn]
        words += [self.ran, 0]
        for c in self.channels:
            words += [c.seq, c.raw, c.value, c.valid, c.age_us, c.span_us, c.same, c.dose.high, c.dose.low, c.warn]
            words += [c.rise_fill, c.rise_pos, 0, 0, 0, 0, *c.counts, *c.rise]
        return words

    def load(self, words: Sequence[int]) -> None:
        """Go on from a state, the inverse of `state_words`."""
        (self.now, self.started, self.token, self.cause, self.on, self.mode_us, self.on_us) = words[:7]
        self.energy = Sum(words[7], words[8])
        (self.crc_pos, self.crc_hi, self.crc_lo, self.crc_bad, self.warn, self.ran) = words[9:15]
        for number, c in enumerate(self.channels):
            at = K.S_CHANNELS + number * K.CHANNEL_WORDS
            (c.seq, c.raw, c.value, c.valid, c.age_us, c.span_us, c.same) = words[at : at + 7]
            c.dose = Sum(words[at + 7], words[at + 8])
            (c.warn, c.rise_fill, c.rise_pos) = words[at + 9 : at + 12]
            c.counts = list(words[at + K.C_COUNT : at + K.C_RISE])
            c.rise = list(words[at + K.C_RISE : at + K.CHANNEL_WORDS])
