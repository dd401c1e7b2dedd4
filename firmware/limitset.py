"""Reads the compiled limit set at boot and refuses every one that the kernel could not run safely.

The kernel indexes without bounds checks: what is refused here is what it relies on (docs/kernel.md, last section).
"""

import binascii
import hashlib
from array import array

import kernel as k

_TAIL_BYTES = 36  # CRC-32 and SHA-256
_CHANNEL_CHECKS = (2 << k.FOLLOW) - (1 << k.RANGE)
_DEBOUNCED = _CHANNEL_CHECKS & ~(1 << k.STALE | 1 << k.STUCK | 1 << k.DOSE)


def load(path: str, board: str, channels: int) -> "Words":
    """The limit set in file `path` for board `board` with so many channels, as the array('i') that kernel.tick takes.

    Raises:
        ValueError: one line that says what is wrong with the file.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        raise ValueError("limit set %s: cannot be read; flash it again" % path)
    try:
        return check(data, board, channels)
    except ValueError as error:
        raise ValueError("limit set %s: %s" % (path, error))


def digest(limits: "Words") -> bytes:
    """The SHA-256 (32 bytes) of a limit set that `load` returned."""
    return bytes(memoryview(limits)[-8:])


def check(data: bytes, board: str, channels: int) -> "Words":
    """The words of the limit set `data` (bytes) as array('i'), its CRC and SHA-256 behind them.

    Raises:
        ValueError: one line that says what is wrong.
    """
    size = len(data) - _TAIL_BYTES
    if size < 4 * (k.H_ROWS + k.ROW_WORDS) or size % 4:
        raise ValueError("%d bytes are not a limit set; compile it again" % len(data))
    limits = array("i", data)
    if limits[k.H_MAGIC] != k.MAGIC:
        raise ValueError("not a limit set (magic differs)")
    if limits[k.H_VERSION] != k.VERSION:
        raise ValueError("version %d, this firmware reads %d; compile it again" % (limits[k.H_VERSION], k.VERSION))
    words = limits[k.H_WORDS]
    if 4 * words != size:
        raise ValueError("%d words announced, %d found; copy it again" % (words, size // 4))
    body = memoryview(data)[:size]
    if binascii.crc32(body) != int.from_bytes(data[size : size + 4], "little"):
        raise ValueError("CRC-32 differs; copy it again")
    if hashlib.sha256(body).digest() != bytes(data[size + 4 :]):
        raise ValueError("SHA-256 differs; copy it again")
    if limits[k.H_BOARD] != binascii.crc32(board.encode()) & k.INT_MAX:
        raise ValueError("compiled for another board than %s" % board)
    _header(limits, words)
    if limits[k.H_CHANNELS] != channels:
        raise ValueError("%d channels, the board %s has %d" % (limits[k.H_CHANNELS], board, channels))
    for channel in range(channels):
        try:
            _row(limits, k.H_ROWS + channel * k.ROW_WORDS, words)
        except ValueError as error:
            raise ValueError("channel %d: %s" % (channel, error))
    _permit(limits)
    return limits


def _permit(limits: "Words") -> None:
    """The token stands for exactly the enabled checks, and no channel goes without RANGE and STALE."""
    needed = 1 << k.RANGE | 1 << k.STALE
    token = limits[k.H_TOKEN_STEP] * (k.DEADLINE + k.LIMITS + k.ENERGY + k.DURATION + k.RECEIPT)
    for channel in range(limits[k.H_CHANNELS]):
        row = k.H_ROWS + channel * k.ROW_WORDS
        checks = limits[row + k.R_CHECKS]
        if checks & needed != needed:
            raise ValueError("channel %d: RANGE and STALE must be enabled; compile it again" % channel)
        for check in range(k.RANGE, k.FOLLOW + 1):
            if checks & 1 << check:
                token += limits[row + k.R_TOKEN] * check
    if token & k.INT_MAX != limits[k.H_TOKEN]:
        raise ValueError("its token is not that of its checks; compile it again")


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError("%s is %d, not within %d to %d" % (name, value, low, high))


def _header(limits: "Words", words: int) -> None:
    for at in range(words):
        _within("word %d" % at, limits[at], -k.INT_MAX - 1, k.INT_MAX)
    _within("H_CHANNELS", limits[k.H_CHANNELS], 1, min(30, (words - k.H_ROWS) // k.ROW_WORDS))
    _within("H_CRC_BYTES", limits[k.H_CRC_BYTES], 4, 4 * words)
    if limits[k.H_CRC_BYTES] % 4:
        raise ValueError("H_CRC_BYTES is not a multiple of 4")
    _within("H_DEADLINE_US", limits[k.H_DEADLINE_US], 1, 1 << 19)
    _within("H_SETTLE_US", limits[k.H_SETTLE_US], 0, 1 << 29)
    _within("H_SPAN_US", limits[k.H_SPAN_US], 0, 1 << 14)
    _within("H_TOKEN", limits[k.H_TOKEN], 0, k.INT_MAX)
    _within("H_TOKEN_STEP", limits[k.H_TOKEN_STEP], 0, k.INT_MAX)
    _within("H_MAX_ON_US", limits[k.H_MAX_ON_US], 0, k.INT_MAX)
    _within("H_OVER_US", limits[k.H_OVER_US], 0, k.INT_MAX)
    _within("H_ENERGY", limits[k.H_ENERGY], 0, k.INT_MAX)
    _within("H_HOST", limits[k.H_HOST], 0, 1)
    _within("H_RECEIPT_US", limits[k.H_RECEIPT_US], 0, 1 << 29)
    _within("H_DOSE_N", limits[k.H_DOSE_N], 0, words - k.H_ROWS)
    _within("H_DOSE", limits[k.H_DOSE], k.H_ROWS, words - limits[k.H_DOSE_N])
    for at in range(limits[k.H_DOSE], limits[k.H_DOSE] + limits[k.H_DOSE_N]):
        _within("dose rate in word %d" % at, limits[at], 0, k.INT_MAX)


def _row(limits: "Words", row: int, words: int) -> None:
    checks = limits[row + k.R_CHECKS]
    if checks & ~_CHANNEL_CHECKS:
        raise ValueError("R_CHECKS is %d: only ids 1 to 13 belong to a channel" % checks)
    raw_max = limits[row + k.R_RAW_MAX]
    _within("R_RAW_MAX", raw_max, 0, 65535)
    _within("R_RAW_MIN", limits[row + k.R_RAW_MIN], 0, raw_max)
    _within("R_TOKEN", limits[row + k.R_TOKEN], 0, k.INT_MAX)
    _within("R_ENERGY", limits[row + k.R_ENERGY], 0, 1)
    if limits[row + k.R_KNOTS]:
        _within("R_KNOTS_N", limits[row + k.R_KNOTS_N], 2, words - k.H_ROWS)
        _within("R_KNOTS", limits[row + k.R_KNOTS], k.H_ROWS, words - limits[row + k.R_KNOTS_N])
        _within("R_KNOTS_RAW0", limits[row + k.R_KNOTS_RAW0], 0, limits[row + k.R_RAW_MIN])
        _within("R_KNOTS_SHIFT", limits[row + k.R_KNOTS_SHIFT], 0, 16)
        last = (raw_max - limits[row + k.R_KNOTS_RAW0]) >> limits[row + k.R_KNOTS_SHIFT]
        _within("last knot used", last + 1, 1, limits[row + k.R_KNOTS_N] - 1)
    _within("R_RISE_N", limits[row + k.R_RISE_N], 0, k.RISE_MAX)
    if checks & 1 << k.PAIR:
        _within("R_PAIR", limits[row + k.R_PAIR], 0, limits[k.H_CHANNELS] - 1)
    if checks & 1 << k.RATIO:
        _within("R_RATIO_TO", limits[row + k.R_RATIO_TO], 0, limits[k.H_CHANNELS] - 1)
        _within("R_RATIO_FLOOR", limits[row + k.R_RATIO_FLOOR], 0, k.INT_MAX)
    for check in range(k.RANGE, k.FOLLOW + 1):
        if checks & _DEBOUNCED & 1 << check:
            _within("R_DEBOUNCE of check %d" % check, limits[row + k.R_DEBOUNCE + check], 2, k.INT_MAX - 2)
        elif checks & 1 << check:
            _within("R_TRIP of check %d" % check, limits[row + k.R_TRIP + check], 0, k.INT_MAX)
            _within("R_WARN of check %d" % check, limits[row + k.R_WARN + check], 0, k.INT_MAX)
