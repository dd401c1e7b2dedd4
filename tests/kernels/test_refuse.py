"""What would let a kernel index outside its limit set is refused, by the firmware and by the checker alike."""

import sys
from array import array
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from zlib import crc32

import pytest

from sonofuse.layout import FIRMWARE, K
from sonofuse.twin import kernel_twin, plain_twin
from sonofuse_core.limit_set import validate
from tests.kernels.limitsets import every_check, seal, shipped

Damage = Callable[["array[int]"], None]
SKIN, SECOND, FORWARD, REFLECTED = (K.H_ROWS + number * K.ROW_WORDS for number in range(4))


@pytest.fixture
def limitset(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setitem(sys.modules, "kernel", kernel_twin())
    monkeypatch.syspath_prepend(str(FIRMWARE))
    monkeypatch.delitem(sys.modules, "limitset", raising=False)
    return import_module("limitset")


def words_of(limits: bytes) -> "array[int]":
    return array("i", limits[:-36])


def for_board(limits: bytes, board: str = "rev_a") -> bytes:
    words = words_of(limits)
    words[K.H_BOARD] = crc32(board.encode()) & K.INT_MAX
    return seal(words.tobytes())


def put(at: int, value: int) -> Damage:
    def damage(words: "array[int]") -> None:
        words[at] = value

    return damage


WORDS = len(words_of(every_check()))
CHANNELS: int = words_of(every_check())[K.H_CHANNELS]
REFUSED: dict[str, Damage] = {
    "magic": put(K.H_MAGIC, 1),
    "version": put(K.H_VERSION, 99),
    "words": put(K.H_WORDS, WORDS - 1),
    "word beyond 31 bits": put(SKIN + K.R_TRIP + K.ABOVE, -(1 << 30) - 1),
    "no channel": put(K.H_CHANNELS, 0),
    "more channels than rows": put(K.H_CHANNELS, 29),
    "CRC slice odd": put(K.H_CRC_BYTES, 6),
    "CRC slice none": put(K.H_CRC_BYTES, 0),
    "deadline": put(K.H_DEADLINE_US, (1 << 19) + 1),
    "settle": put(K.H_SETTLE_US, -1),
    "span": put(K.H_SPAN_US, (1 << 14) + 1),
    "token": put(K.H_TOKEN, -1),
    "token step": put(K.H_TOKEN_STEP, -1),
    "longest on": put(K.H_MAX_ON_US, -1),
    "over": put(K.H_OVER_US, -1),
    "host": put(K.H_HOST, 2),
    "receipt": put(K.H_RECEIPT_US, -1),
    "energy": put(K.H_ENERGY, -1),
    "dose table before the rows": put(K.H_DOSE, K.H_ROWS - 1),
    "dose table beyond the end": put(K.H_DOSE, WORDS - 199),
    "dose table longer than the set": put(K.H_DOSE_N, WORDS),
    "dose rate negative": put(WORDS - 1, -1),
    "check of the monitor": put(SKIN + K.R_CHECKS, 1 << K.DEADLINE | 2),
    "raw below 0": put(SKIN + K.R_RAW_MIN, -1),
    "raw bounds crossed": put(SKIN + K.R_RAW_MIN, 60_001),
    "raw above 16 bits": put(SKIN + K.R_RAW_MAX, 65_536),
    "channel token": put(SKIN + K.R_TOKEN, -1),
    "energy flag": put(SKIN + K.R_ENERGY, 2),
    "knots outside": put(SECOND + K.R_KNOTS, WORDS - 60),
    "knots in the header": put(SECOND + K.R_KNOTS, 1),
    "one knot": put(SECOND + K.R_KNOTS_N, 1),
    "knots too short": put(SECOND + K.R_KNOTS_N, 60),
    "knots begin above the raw minimum": put(SECOND + K.R_KNOTS_RAW0, 1025),
    "knots shift": put(SECOND + K.R_KNOTS_SHIFT, 17),
    "raw beyond the last knot": put(SECOND + K.R_RAW_MAX, 62_464),
    "rise window": put(SKIN + K.R_RISE_N, K.RISE_MAX + 1),
    "pair outside": put(SKIN + K.R_PAIR, CHANNELS),
    "pair negative": put(SKIN + K.R_PAIR, -1),
    "ratio outside": put(REFLECTED + K.R_RATIO_TO, CHANNELS),
    "ratio floor": put(REFLECTED + K.R_RATIO_FLOOR, -1),
    "no debounce": put(FORWARD + K.R_DEBOUNCE + K.SET, 1),
    "stale trip": put(SKIN + K.R_TRIP + K.STALE, -1),
    "dose warn": put(SKIN + K.R_WARN + K.DOSE, -1),
}


@pytest.mark.parametrize("damage", REFUSED.values(), ids=REFUSED.keys())
def test_refused_by_both(damage: Damage, limitset: ModuleType) -> None:
    words = words_of(for_board(every_check()))
    damage(words)
    limits = seal(words.tobytes())
    with pytest.raises(ValueError, match=r"^limit set: [^\n]+$"):
        validate(limits)
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        limitset.check(limits, "rev_a", CHANNELS)


@pytest.mark.parametrize("byte", [5, 4 * WORDS, 4 * WORDS + 4, 4 * WORDS + 35])
def test_one_flipped_bit_is_refused_by_both(byte: int, limitset: ModuleType) -> None:
    limits = bytearray(for_board(every_check()))
    limits[byte] ^= 0x10
    with pytest.raises(ValueError):
        validate(bytes(limits))
    with pytest.raises(ValueError):
        limitset.check(bytes(limits), "rev_a", CHANNELS)


@pytest.mark.parametrize("size", [0, 36, 37, 384, 385])
def test_a_short_file_is_refused_by_both(size: int, limitset: ModuleType) -> None:
    short = every_check()[:size]
    with pytest.raises(ValueError, match=f"{size} bytes"):
        validate(short)
    with pytest.raises(ValueError, match=f"{size} bytes"):
        limitset.check(short, "rev_a", CHANNELS)


def test_the_firmware_loads_its_own_limit_set_only(limitset: ModuleType, tmp_path: Path) -> None:
    limits = shipped()
    path = tmp_path / "limits.bin"
    path.write_bytes(limits)
    loaded = limitset.load(str(path), "rev_a", 12)
    assert loaded.tobytes() == limits
    assert limitset.digest(loaded) == limits[-32:]
    with pytest.raises(ValueError, match="another board than rev_b"):
        limitset.load(str(path), "rev_b", CHANNELS)
    with pytest.raises(ValueError, match="12 channels, the board rev_a has 99"):
        limitset.load(str(path), "rev_a", 99)
    with pytest.raises(ValueError, match="cannot be read"):
        limitset.load(str(tmp_path / "none.bin"), "rev_a", 12)


def test_the_firmware_wants_the_token_of_its_checks_and_no_channel_without_range(limitset: ModuleType) -> None:
    row = K.H_ROWS + 2 * K.ROW_WORDS
    for word, change, says in (
        (K.H_TOKEN, 1, "token is not that"),
        (row + K.R_CHECKS, 1 << K.RANGE, "channel 2: RANGE"),
    ):
        words = words_of(shipped())
        words[word] ^= change
        with pytest.raises(ValueError, match=says):
            limitset.check(seal(words.tobytes()), "rev_a", 12)


def test_what_has_no_plain_form_is_refused() -> None:
    with pytest.raises(ValueError, match=r"line 2: ptr8 "):
        plain_twin("def f(a):\n    return ptr8(a)[0]\n")
