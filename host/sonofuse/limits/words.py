"""A limits file as the words of docs/kernel.md, and their bytes."""

import hashlib
import math
import struct
import zlib

from sonofuse.layout import K
from sonofuse.limits import dose, thresholds
from sonofuse.limits.declared import IDS
from sonofuse.limits.model import Channel, LimitsFile
from sonofuse.limits.thresholds import US, beyond, beyond_quotient, linear_of, share_under
from sonofuse.limits.tokens import tokens

CRC_BYTES = 16  # a pass takes 0.3 s; every byte costs 0.4 µs of a tick on the emulated chip
SPAN_US = 1 << 14  # the longest that the energy accumulator can take
ENERGY_UNIT_J = (1 << 15) * 1e-9
RATIO_SLACK = 0.05  # of 1/1024: more than one energy unit for any sonication of 1 J and more


def board_word(name: str) -> int:
    """H_BOARD: the CRC-32 of a board's name, low 30 bits."""
    return zlib.crc32(name.encode()) & int(K.INT_MAX)


def energy_channel(limits: LimitsFile) -> Channel:
    """The channel whose power is accumulated."""
    return next(channel for channel in limits.channels if channel.energy)


def words(limits: LimitsFile) -> list[int]:
    """All words of the limit set, header to last table; the limits must be valid."""
    count = len(limits.channels)
    tables = K.H_ROWS + count * K.ROW_WORDS
    out = [0] * tables
    ids = [[IDS[check.name] for check in channel.checks] for channel in limits.channels]
    names = [channel.name for channel in limits.channels]
    constants, step, total = tokens(list(zip(names, ids, strict=True)))
    placed: dict[tuple[int, ...], int] = {}
    for c, channel in enumerate(limits.channels):
        row = _row(limits, channel, c, ids[c])
        row[K.R_TOKEN] = constants[c]
        linear = linear_of(limits, channel)
        if linear.knots:
            if linear.knots not in placed:
                placed[linear.knots] = len(out)
                out.extend(linear.knots)
            row[K.R_KNOTS], row[K.R_KNOTS_N] = placed[linear.knots], len(linear.knots)
            row[K.R_KNOTS_SHIFT], row[K.R_KNOTS_RAW0] = linear.shift, linear.raw_min
        start = K.H_ROWS + c * K.ROW_WORDS
        out[start : start + K.ROW_WORDS] = row
    out[K.H_DOSE], out[K.H_DOSE_N] = len(out), len(dose.table())
    out.extend(dose.table())
    out[K.H_MAGIC], out[K.H_VERSION], out[K.H_CHANNELS], out[K.H_WORDS] = K.MAGIC, K.VERSION, count, len(out)
    out[K.H_TOKEN], out[K.H_TOKEN_STEP] = total, step
    _globals(limits, out)
    return out


def _globals(limits: LimitsFile, out: list[int]) -> None:
    metered = energy_channel(limits)
    share = share_under(limits, metered)
    absolute = metered.check("above")
    out[K.H_TICK_US] = math.floor(limits.tick_s * US + 1e-3)
    out[K.H_DEADLINE_US] = beyond(limits.deadline_s * US)
    out[K.H_SETTLE_US] = math.ceil(limits.settle_s * US - 1e-3)
    out[K.H_CRC_BYTES] = CRC_BYTES
    out[K.H_MAX_ON_US] = beyond(limits.max_on_s * US)
    out[K.H_OVER_US] = beyond(limits.over_run_s * US)
    out[K.H_ENERGY] = beyond_quotient(limits.energy_j * share / ENERGY_UNIT_J)
    out[K.H_ENERGY_RATIO] = math.floor(limits.energy_ratio * share * thresholds.Q10 - RATIO_SLACK)
    out[K.H_SPAN_US] = SPAN_US
    out[K.H_GAP_MS] = math.ceil(limits.cooling_gap_s * 1000 - 1e-6)
    out[K.H_HOST] = int(limits.host_required)
    out[K.H_RECEIPT_US] = math.floor(limits.receipt_s * US + 1e-3)
    out[K.H_SET_MAX_MW] = 0 if absolute is None else thresholds.set_max_mw(limits, metered, absolute)
    out[K.H_BOARD] = board_word(limits.board.name)


def _row(limits: LimitsFile, channel: Channel, index: int, ids: list[int]) -> list[int]:
    row = [0] * K.ROW_WORDS
    for table in (K.R_TRIP, K.R_WARN):
        row[table : table + 16] = [K.INT_MAX] * 16
    linear = linear_of(limits, channel)
    row[K.R_CHECKS] = sum(1 << number for number in ids)
    row[K.R_RAW_MIN], row[K.R_RAW_MAX] = linear.raw_min, linear.raw_max
    row[K.R_RISE_N] = channel.rise_window
    row[K.R_PAIR] = row[K.R_RATIO_TO] = index  # an unused reference is to the channel itself
    row[K.R_ENERGY] = int(channel.energy)
    for check, number in zip(channel.checks, ids, strict=True):
        compiled = thresholds.threshold(limits, channel, check)
        row[K.R_TRIP + number], row[K.R_WARN + number] = compiled.trip, compiled.warn
        row[K.R_DEBOUNCE + number] = 2 * check.samples
        if number == K.PAIR:
            row[K.R_PAIR] = limits.board.index(check.partner or channel.name)
        elif number == K.RATIO:
            row[K.R_RATIO_TO] = limits.board.index(check.partner or channel.name)
            row[K.R_RATIO_FLOOR] = thresholds.ratio_floor(limits, check)
        elif number == K.DOSE:
            row[K.R_DOSE_BASE] = thresholds.dose_base(limits, channel)
    return row


def pack(values: list[int]) -> bytes:
    """Words as the bytes of a limit set, with CRC-32 and SHA-256 of the words behind them."""
    body = struct.pack(f"<{len(values)}i", *values)
    return body + struct.pack("<I", zlib.crc32(body)) + hashlib.sha256(body).digest()
