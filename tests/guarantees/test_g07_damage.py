"""G7: whatever is damaged, missing or of another version, the permit never rises."""

import pytest

from sonofuse.layout import K
from sonofuse.limits import compile_limits, load
from sonofuse_hil.device import FILES
from sonofuse_hil.guarantees import g07
from sonofuse_hil.rig import Rig

CONFIGURATION = 38
# Without one of these nothing is left that could say why.
RUNS_BEFORE_THE_CHECK = (
    "main.py", "start.py", "selftest.py", "manifest.py", "board.py", "permit.py", "permit_program.py", "link.py",
    "states.py", "chip.py", "rows.py", "frames.py", "answers.py", "alarm.py", "alarms.py",
)  # fmt: skip


class Blob(bytes):
    """A limit set that a failing example does not print."""

    def __repr__(self) -> str:
        return "<limit set>"


@pytest.fixture(scope="module")
def blob(limits_files) -> Blob:
    return Blob(compile_limits(load(limits_files.quick)))


@pytest.mark.parametrize(
    ("word", "value"),
    [
        (K.H_VERSION, 2),
        (K.H_MAGIC, 0),
        (K.H_BOARD, 12345),
        (K.H_CHANNELS, 11),
        (K.H_HOST, 2),
        (K.H_ROWS + K.R_CHECKS, 0),
        (K.H_ROWS + K.R_KNOTS, 1 << 20),
    ],
    ids=["version", "magic", "board", "channels", "host unknown", "no checks", "knots outside"],
)
def test_a_sound_file_of_another_kind_is_refused(word, value, blob, limits_files, measured):
    run = g07.boot(limits_files.quick, blob=g07.reseal(blob, word, value))
    assert run.state == 4 and run.cause >> 8 == CONFIGURATION
    measured(g07.never_high(run, f"word {word} = {value}"))


INSTALLED = [*FILES, "board.py", "limits.bin", "manifest.txt", "latch.txt", "latch.0", "latch.1"]


@pytest.mark.parametrize("name", INSTALLED)
def test_a_missing_file_leaves_the_permit_low(name, limits_files, measured):
    run = g07.boot(limits_files.quick, damage=lambda folder: (folder / name).unlink())
    assert not run.rf_us
    assert name in RUNS_BEFORE_THE_CHECK or run.cause >> 8 == CONFIGURATION
    measured(g07.never_high(run, f"without {name}"))


@pytest.mark.parametrize("name", [n for n in INSTALLED if n not in ("latch.0", "latch.1")])
def test_a_file_that_still_works_but_differs_is_refused(name, limits_files, measured):
    def end_otherwise(folder):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data + b"# an afterthought\n")

    run = g07.boot(limits_files.quick, damage=end_otherwise)
    assert run.state == 4 and run.cause >> 8 == CONFIGURATION
    measured(g07.never_high(run, f"{name} differs"))


@pytest.mark.parametrize("name", ["random.py", "latch.mpy", "boot.py"])
def test_a_file_too_many_is_refused(name, limits_files, measured):
    run = g07.boot(limits_files.quick, damage=lambda folder: (folder / name).write_bytes(b""))
    assert run.state == 4 and run.cause >> 8 == CONFIGURATION
    measured(g07.never_high(run, f"{name} beside the firmware"))


@pytest.mark.parametrize(
    "data", [b"\0" * 8192, b"\xa5" * 8192, b"\xff" * 8191 + b"\0"], ids=["zeros", "noise", "one bit"]
)
def test_a_latch_full_of_anything_boots_tripped(data, limits_files, measured):
    with Rig(limits_files.quick, (), name="G7", flash=data) as rig:
        rig.run_for(1_000_000)
        run = rig.result()
    assert run.seen[0].state == 4
    measured(g07.never_high(run, "latch overwritten"))
