"""Refuses every limit set that the kernel could not run safely (docs/kernel.md, last section)."""

import hashlib
import struct
import zlib

include "layout.pxi"

cdef int TAIL_BYTES = 36  # CRC-32 and SHA-256
cdef int CHANNEL_CHECKS = (2 << FOLLOW) - (1 << RANGE)
cdef int WITHOUT_DEBOUNCE = (1 << STALE) | (1 << STUCK) | (1 << DOSE)


def validate(bytes limits not None) -> None:
    """Check a compiled limit set (words, CRC-32, SHA-256).

    Raises:
        ValueError: one line that says what is wrong with it.
    """
    size = len(limits) - TAIL_BYTES
    if size < 4 * (H_ROWS + ROW_WORDS) or size % 4:
        raise ValueError(f"limit set: {len(limits)} bytes are not a limit set; compile it again")
    words = struct.unpack_from(f"<{size // 4}i", limits)
    if words[H_MAGIC] != MAGIC:
        raise ValueError("limit set: magic differs, this is another kind of file")
    if words[H_VERSION] != VERSION:
        raise ValueError(f"limit set: version {words[H_VERSION]}, this checker reads {VERSION}; compile it again")
    if words[H_WORDS] * 4 != size:
        raise ValueError(f"limit set: {words[H_WORDS]} words announced, {size // 4} found; copy it again")
    if zlib.crc32(limits[:size]) != int.from_bytes(limits[size : size + 4], "little"):
        raise ValueError("limit set: CRC-32 differs; copy it again")
    if hashlib.sha256(limits[:size]).digest() != limits[size + 4 :]:
        raise ValueError("limit set: SHA-256 differs; copy it again")
    _header(words)
    for channel in range(words[H_CHANNELS]):
        start = H_ROWS + channel * ROW_WORDS
        _row(f"channel {channel}", words[start : start + ROW_WORDS], len(words), words[H_CHANNELS])


cdef _within(str name, value, low, high):
    if not low <= value <= high:
        raise ValueError(f"limit set: {name} is {value}, not within {low} to {high}; compile it again")


cdef _header(tuple words):
    cdef int count = len(words)
    for at, word in enumerate(words):
        _within(f"word {at}", word, -INT_MAX - 1, INT_MAX)
    _within("number of channels", words[H_CHANNELS], 1, min(30, (count - H_ROWS) // ROW_WORDS))
    _within("H_CRC_BYTES", words[H_CRC_BYTES], 4, 4 * count)
    if words[H_CRC_BYTES] % 4:
        raise ValueError(f"limit set: H_CRC_BYTES is {words[H_CRC_BYTES]}, not a multiple of 4; compile it again")
    _within("H_DEADLINE_US", words[H_DEADLINE_US], 1, 1 << 19)
    _within("H_SETTLE_US", words[H_SETTLE_US], 0, 1 << 29)
    _within("H_SPAN_US", words[H_SPAN_US], 0, 1 << 14)
    _within("H_TOKEN", words[H_TOKEN], 0, INT_MAX)
    _within("H_TOKEN_STEP", words[H_TOKEN_STEP], 0, INT_MAX)
    _within("H_MAX_ON_US", words[H_MAX_ON_US], 0, INT_MAX)
    _within("H_OVER_US", words[H_OVER_US], 0, INT_MAX)
    _within("H_ENERGY", words[H_ENERGY], 0, INT_MAX)
    _within("H_HOST", words[H_HOST], 0, 1)
    _within("H_RECEIPT_US", words[H_RECEIPT_US], 0, 1 << 29)
    _within("H_DOSE_N", words[H_DOSE_N], 0, count - H_ROWS)
    _within("H_DOSE", words[H_DOSE], H_ROWS, count - words[H_DOSE_N])
    for at in range(words[H_DOSE], words[H_DOSE] + words[H_DOSE_N]):
        _within(f"dose rate in word {at}", words[at], 0, INT_MAX)


cdef _row(str name, tuple row, int count, int channels):
    checks = row[R_CHECKS]
    if checks & ~CHANNEL_CHECKS:
        raise ValueError(f"limit set: {name}: R_CHECKS is {checks}, but only ids 1 to 13 belong to a channel")
    _within(f"{name}: R_RAW_MAX", row[R_RAW_MAX], 0, 65535)
    _within(f"{name}: R_RAW_MIN", row[R_RAW_MIN], 0, row[R_RAW_MAX])
    _within(f"{name}: R_TOKEN", row[R_TOKEN], 0, INT_MAX)
    _within(f"{name}: R_ENERGY", row[R_ENERGY], 0, 1)
    if row[R_KNOTS]:
        _within(f"{name}: R_KNOTS_N", row[R_KNOTS_N], 2, count - H_ROWS)
        _within(f"{name}: R_KNOTS", row[R_KNOTS], H_ROWS, count - row[R_KNOTS_N])
        _within(f"{name}: R_KNOTS_RAW0", row[R_KNOTS_RAW0], 0, row[R_RAW_MIN])
        _within(f"{name}: R_KNOTS_SHIFT", row[R_KNOTS_SHIFT], 0, 16)
        last = (row[R_RAW_MAX] - row[R_KNOTS_RAW0]) >> row[R_KNOTS_SHIFT]
        _within(f"{name}: the last knot used", last + 1, 1, row[R_KNOTS_N] - 1)
    _within(f"{name}: R_RISE_N", row[R_RISE_N], 0, RISE_MAX)
    if checks & (1 << PAIR):
        _within(f"{name}: R_PAIR", row[R_PAIR], 0, channels - 1)
    if checks & (1 << RATIO):
        _within(f"{name}: R_RATIO_TO", row[R_RATIO_TO], 0, channels - 1)
        _within(f"{name}: R_RATIO_FLOOR", row[R_RATIO_FLOOR], 0, INT_MAX)
    for check in range(RANGE, FOLLOW + 1):
        if checks & (1 << check) & ~WITHOUT_DEBOUNCE:
            _within(f"{name}: R_DEBOUNCE of check {check}", row[R_DEBOUNCE + check], 2, INT_MAX - 2)
        elif checks & (1 << check):
            _within(f"{name}: R_TRIP of check {check}", row[R_TRIP + check], 0, INT_MAX)
            _within(f"{name}: R_WARN of check {check}", row[R_WARN + check], 0, INT_MAX)
