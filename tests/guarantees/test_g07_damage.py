"""G7: whatever is damaged, missing or of another version, the permit never rises."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse.layout import FIRMWARE, K
from sonofuse.limits import compile_limits, load
from sonofuse_hil.device import FILES
from sonofuse_hil.guarantees import g07
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.rig import Rig, Sonication
from sonofuse_hil.strategies import examples
from tests.vm import program

CONFIGURATION = 38
CHECKS_NOBODY_IMPORTS = "checks.py"  # read by the host and the documentation alone


class Blob(bytes):
    """A limit set that a failing example does not print."""

    def __repr__(self) -> str:
        return "<limit set>"


@pytest.fixture(scope="module")
def blob(limits_files) -> Blob:
    return Blob(compile_limits(load(limits_files.quick)))


def driver(what: str, blob: bytes, folder: Path) -> list[list[int]]:
    """Run g07_driver.py on the VM with the real firmware files; its rows of numbers."""
    for name in FILES:
        shutil.copyfile(FIRMWARE / name, folder / name)
    (folder / "limits.bin").write_bytes(blob)
    shutil.copyfile(Path(__file__).with_name("g07_driver.py"), folder / "g07_driver.py")
    ran = subprocess.run([program("micropython"), "g07_driver.py", what], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return [[int(word) for word in line.split()[1:]] for line in ran.stdout.splitlines()]


def test_every_flipped_bit_and_every_cut_of_a_limit_set_is_refused(blob, tmp_path, measured):
    flips, wrong, cuts, wrong_cuts, sound = driver("limits", blob, tmp_path)[0]
    assert flips == 8 * len(blob) and cuts == len(blob) and sound == 1
    text = f"all {flips} flips, all {cuts} lengths"
    measured(Measurement("G7", "damaged limit sets accepted", wrong + wrong_cuts, "", 0, "software", text))


def test_every_flipped_bit_and_every_cut_of_a_latch_record_trips(blob, tmp_path, measured):
    for kind, sound, flips, wrong, cuts in driver("latches", blob, tmp_path):
        assert sound == kind and flips == 2048
        text = f"kind {kind}: all {flips} flips, all lengths, all zero"
        measured(Measurement("G7", "damaged latch records that boot as CLOSED", wrong + cuts, "", 0, "software", text))


@settings(max_examples=examples(12))
@given(data=st.data())
def test_a_flipped_bit_in_the_file_keeps_the_device_tripped(data, blob, limits_files, measured):
    bit = data.draw(st.integers(0, 8 * len(blob) - 1))
    damaged = bytearray(blob)
    damaged[bit // 8] ^= 1 << bit % 8
    run = g07.boot(limits_files.quick, blob=bytes(damaged))
    assert run.state == 4 and run.cause >> 8 == CONFIGURATION
    measured(g07.never_high(run, f"bit {bit}"))


@pytest.mark.parametrize(
    ("word", "value"),
    [(K.H_VERSION, 2), (K.H_MAGIC, 0), (K.H_BOARD, 12345), (K.H_CHANNELS, 11), (K.H_HOST, 1), (K.H_ROWS + K.R_KNOTS, 1 << 20)],
    ids=["version", "magic", "board", "channels", "host required", "knots outside"],
)
def test_a_sound_file_of_another_kind_is_refused(word, value, blob, limits_files, measured):
    run = g07.boot(limits_files.quick, blob=g07.reseal(blob, word, value))
    assert run.state == 4 and run.cause >> 8 == CONFIGURATION
    measured(g07.never_high(run, f"word {word} = {value}"))


@pytest.mark.parametrize("name", [*(n for n in FILES if n != CHECKS_NOBODY_IMPORTS), "board.py", "limits.bin"])
def test_a_missing_file_leaves_the_permit_low(name, limits_files, measured):
    run = g07.boot(limits_files.quick, without=name)
    assert not run.rf_us
    measured(g07.never_high(run, f"without {name}"))


@pytest.mark.parametrize(
    "data", [b"\0" * 8192, b"\xa5" * 8192, b"\xff" * 8191 + b"\0"], ids=["zeros", "noise", "one bit"]
)
def test_a_latch_full_of_anything_boots_tripped(data, limits_files, measured):
    with Rig(limits_files.quick, (), name="G7", flash=data) as rig:
        rig.run_for(1_000_000)
        run = rig.result()
    assert run.seen[0].state == 4
    measured(g07.never_high(run, "latch overwritten"))


@settings(max_examples=examples(10))
@given(data=st.data())
def test_a_bit_that_flips_in_memory_while_on_trips(data, blob, limits_files, measured):
    words = struct.unpack_from("<i", blob, 4 * K.H_WORDS)[0]
    word = data.draw(st.integers(K.H_ROWS, words - 1))
    bit = data.draw(st.integers(0, 30))
    after_us = data.draw(st.integers(200_000, 1_200_000))

    def flip(name: str, source: str) -> str:
        if name != "monitor.py":
            return source
        tick = "        now = ticks_us()\n        elapsed"
        assert source.count(tick) == 1
        planted = f"        if self._words[{K.S_ON_US}] > {after_us} and not self._flipped: self._flip()\n"
        method = "    _flipped = False\n    def _flip(self):\n        self._flipped = True\n"
        method += f"        self._limits[{word}] ^= 1 << {bit}\n"
        source = source.replace(tick, planted + tick).replace("self._state_words", "self._words")
        return source.replace("    def trip(self", method + "\n    def trip(self")

    with Rig(limits_files.quick, (Sonication(50.0, 5.0),), name="G7", transform=flip) as rig:
        rig.after_rf(after_us + 2_000, "flip", f"word {word} bit {bit} after {after_us} us", lambda: None)
        run = rig.run_plan(12_000_000)
    measured(g07.ram_reaction(run, blob))
