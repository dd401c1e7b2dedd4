"""Errors planted into a compiled limit set: the decoder finds each of them."""

import struct
import zlib
from hashlib import sha256

import pytest

from sonofuse.layout import K
from sonofuse.limits import SHIPPED, compile_limits, load

from .decoder import IDS, audit, unpack

DATA = compile_limits(load(SHIPPED))
WORDS = unpack(DATA)[0]
NAMES = [channel.name for channel in load(SHIPPED).channels]
ENABLED = [
    (c, name)
    for c in range(len(NAMES))
    for name, check in IDS.items()
    if WORDS[K.H_ROWS + c * K.ROW_WORDS + K.R_CHECKS] >> check & 1
]
LIMITED = [pair for pair in ENABLED if pair[1] not in ("range",)]
DEBOUNCED = [pair for pair in ENABLED if pair[1] not in ("stale", "stuck", "dose")]
LABELS = {"ids": lambda pair: f"{NAMES[pair[0]]}-{pair[1]}"}


def packed(words):
    body = struct.pack(f"<{len(words)}i", *words)
    return body + struct.pack("<I", zlib.crc32(body)) + sha256(body).digest()


def findings(changes):
    words = list(WORDS)
    for index, value in changes.items():
        words[index] = value
    return audit(packed(words), SHIPPED)


def row(c):
    return K.H_ROWS + c * K.ROW_WORDS


def test_nothing_is_found_without_an_error():
    assert audit(packed(WORDS), SHIPPED) == []


@pytest.mark.parametrize("pair", LIMITED, **LABELS)
def test_a_threshold_on_the_unsafe_side(pair):
    index = row(pair[0]) + K.R_TRIP + IDS[pair[1]]
    for more in (1, max(2, abs(WORDS[index]) // 1000)):
        assert any(f"{NAMES[pair[0]]} {pair[1]} trip" in found for found in findings({index: WORDS[index] + more}))


@pytest.mark.parametrize("pair", [pair for pair in LIMITED if pair[1] != "follow"], **LABELS)
def test_a_threshold_much_too_strict(pair):
    index = row(pair[0]) + K.R_TRIP + IDS[pair[1]]
    assert findings({index: WORDS[index] - max(3, abs(WORDS[index]) // 50)})


@pytest.mark.parametrize("pair", DEBOUNCED, **LABELS)
def test_a_doubled_debounce(pair):
    index = row(pair[0]) + K.R_DEBOUNCE + IDS[pair[1]]
    assert findings({index: 2 * WORDS[index]})


@pytest.mark.parametrize("pair", ENABLED, **LABELS)
def test_a_check_that_is_off(pair):
    index = row(pair[0]) + K.R_CHECKS
    assert findings({index: WORDS[index] & ~(1 << IDS[pair[1]])})


@pytest.mark.parametrize("first", range(len(NAMES) - 1))
def test_swapped_channels(first):
    a, b = row(first), row(first + 1)
    rows = WORDS[a : a + K.ROW_WORDS], WORDS[b : b + K.ROW_WORDS]
    swapped = dict(zip([*range(a, b), *range(b, b + K.ROW_WORDS)], [*rows[1], *rows[0]], strict=True))
    assert findings(swapped)


KNOTS = sorted({(WORDS[row(c) + K.R_KNOTS], WORDS[row(c) + K.R_KNOTS_N]) for c in range(len(NAMES))} - {(0, 0)})


@pytest.mark.parametrize("at", [start + n // part for start, n in KNOTS for part in (2, 4)])
def test_a_wrong_knot(at):
    for wrong in (WORDS[at] - 2, WORDS[at] + 2):
        assert any("knot" in found for found in findings({at: wrong}))


@pytest.mark.parametrize("field", [K.R_KNOTS, K.R_KNOTS_SHIFT, K.R_KNOTS_RAW0, K.R_KNOTS_N, K.R_RAW_MIN, K.R_RAW_MAX])
def test_a_wrong_table_reference(field):
    for c in range(8):
        for by in (-2, 2):
            assert findings({row(c) + field: WORDS[row(c) + field] + by}), (NAMES[c], by)


@pytest.mark.parametrize("index", [K.H_TOKEN, K.H_TOKEN_STEP, *(row(c) + K.R_TOKEN for c in range(12))])
def test_a_wrong_token(index):
    assert any("token" in found for found in findings({index: WORDS[index] + 2}))


def test_the_same_token_twice():
    assert any("distinct" in found for found in findings({row(1) + K.R_TOKEN: WORDS[row(0) + K.R_TOKEN]}))


@pytest.mark.parametrize("j", [0, 1, 30, 31, 100, 138])
def test_a_dose_rate_too_low(j):
    index = WORDS[K.H_DOSE] + j
    assert findings({index: WORDS[index] - max(2, WORDS[index] // 1000)})


@pytest.mark.parametrize("index", range(K.H_ROWS))
def test_every_header_word(index):
    assert findings({index: WORDS[index] + 2})
    assert findings({index: WORDS[index] - 2})


@pytest.mark.parametrize("c", range(12))
def test_every_word_of_a_row(c):
    missed = [field for field in range(K.ROW_WORDS) if not findings({row(c) + field: WORDS[row(c) + field] - 2})]
    assert missed == []


def test_damaged_envelopes():
    for at, word in ((-1, "SHA-256"), (-36, "CRC-32"), (100, "CRC-32")):
        damaged = bytearray(DATA)
        damaged[at] ^= 1
        assert any(word in found for found in audit(bytes(damaged), SHIPPED))


def test_a_cut_off_set():
    assert audit(packed(WORDS[:400]), SHIPPED) == ["too short"]
    assert audit(packed(WORDS[:-1]), SHIPPED)
