"""G7: whoever tries to start a damaged device; and bits that flip in its memory while RF is on."""

from collections.abc import Callable
from random import Random

import pytest

from sonofuse.layout import K
from sonofuse.limits import SHIPPED, compile_limits, load
from sonofuse_hil.guarantees import g07
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.rig import LATCH_BYTES, Rig, Sonication
from sonofuse_hil.run import Run

from .conftest import LimitsFiles

Measured = Callable[[Measurement], None]
RANDOM = Random(7)
BLOB = compile_limits(load(SHIPPED))
FLIPS = [(RANDOM.randrange(len(BLOB)), RANDOM.randrange(8)) for _ in range(6)]
WORDS = (len(BLOB) - 36) // 4
IN_MEMORY = [(word, RANDOM.randrange(32)) for word in RANDOM.sample(range(K.H_ROWS, WORDS + 1), 12)]
IN_HEADER = [(K.H_CRC_BYTES, 5), (K.H_CRC_BYTES, 0), (K.H_CRC_BYTES, 20), (K.H_WORDS, 3), (K.H_WORDS, 7)]
IN_HEADER += [(K.H_WORDS, 12), (K.H_WORDS, 20), (K.H_CHANNELS, 0), (K.H_CHANNELS, 2), (K.H_TOKEN, 4)]
IN_HEADER += [(K.H_DEADLINE_US, 18), (K.H_DOSE, 1), (K.H_DOSE_N, 2), (K.H_GAP_MS, 3)]
IN_HEADER += [(K.H_ENERGY, 29), (K.H_MAX_ON_US, 29)]


def never_high(measured: Measured, tried: tuple[Run, list[int]], example: str) -> None:
    run, states = tried
    assert set(states) == {4}, "not TRIPPED"
    measured(g07.never_high(run, example))


def test_a_sound_device_is_started_by_the_same_commands(limits_files: LimitsFiles) -> None:
    run, states = g07.start_anyway(limits_files.quick)
    assert run.bursts(0) and run.bursts(1) and 3 in states


def test_no_command_starts_a_device_with_a_damaged_limit_set(measured: Measured, limits_files: LimitsFiles) -> None:
    for at, bit in FLIPS:
        blob = bytearray(compile_limits(load(limits_files.quick)))
        blob[at] ^= 1 << bit
        never_high(measured, g07.start_anyway(limits_files.quick, blob=bytes(blob)), f"bit {bit} of byte {at} flipped")


@pytest.fixture(scope="module")
def treated(limits_files: LimitsFiles) -> bytes:
    """What the latch holds after one treatment: acknowledged, OPEN, CLOSED."""
    with Rig(limits_files.quick, (Sonication(60.0, 0.05),)) as rig:
        rig.run_plan(4_000_000)
        return bytes(rig.flash.data)


def test_a_damaged_latch_without_an_acknowledgement(
    measured: Measured, limits_files: LimitsFiles, treated: bytes
) -> None:
    newest = 2 * 256
    assert treated[newest + 8] == 2 and treated[newest + 256] == 0xFF
    images = {f"bit {bit} of byte {at}": (at, bytes([treated[newest + at] ^ 1 << bit])) for at, bit in
              [(RANDOM.randrange(256), RANDOM.randrange(8)) for _ in range(8)]}  # fmt: skip
    images |= {"zeros": (0, bytes(256)), "torn": (100, b"\0" * 156), "noise behind": (256, b"\x55")}
    for text, (at, damage) in images.items():
        image = treated[: newest + at] + damage + treated[newest + at + len(damage) :]
        never_high(measured, g07.start_anyway(limits_files.quick, flash=image, acknowledge=False), text)
    for byte in (0, 0xFF, 0x5A):
        image = bytes([byte]) * LATCH_BYTES
        never_high(measured, g07.start_anyway(limits_files.quick, flash=image, acknowledge=False), f"all {byte:02x}")
    assert g07.start_anyway(limits_files.quick, flash=treated, acknowledge=False)[0].bursts(0)  # undamaged: starts


@pytest.mark.parametrize(("word", "bit"), IN_MEMORY + IN_HEADER)
def test_a_bit_of_the_limit_set_flips_while_rf_is_on(
    measured: Measured, limits_files: LimitsFiles, word: int, bit: int
) -> None:
    for measurement in g07.flip_in_memory(limits_files.quick, word, bit):
        measured(measurement)
