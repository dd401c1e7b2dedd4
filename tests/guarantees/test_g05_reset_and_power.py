"""G5: power is cut inside every flash operation, and power or RUN at any moment, in every state."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sonofuse_hil.guarantees import g05, g09
from sonofuse_hil.guarantees.g05 import Interruption
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.strategies import examples

from .conftest import LimitsFiles

Measured = Callable[[Measurement], None]
FRACTIONS = (0.0, 0.03, 0.5, 1.0)  # 1.0 leaves out half of the last byte
PAGES = 32


@pytest.fixture(scope="module")
def fillings(limits_files: LimitsFiles) -> list[bytes]:
    return g05.fillings(limits_files.quick, 17)


def interrupted(measured: Measured, limits: Path, where: Interruption, flash: bytes | None = None) -> g05.Outcome:
    outcome = g05.interrupt(limits, where, flash)
    assert outcome is not None, f"{where}: the run ended before"
    for measurement in g05.measure(outcome, str(where)):
        measured(measurement)
    measured(g09.lost_with_power(outcome, str(where)))
    return outcome


@pytest.mark.parametrize("script", g05.SCRIPTS)
def test_power_fails_inside_every_flash_operation(measured: Measured, limits_files: LimitsFiles, script: str) -> None:
    count = g05.operations(limits_files.quick, script)
    assert count == {"finish": 3, "trip": 4}[script]  # acknowledged; OPEN, CLOSED; OPEN, TRIP, acknowledged
    for number in range(count):
        for fraction in FRACTIONS:
            interrupted(measured, limits_files.quick, Interruption(script, number, fraction))
    assert g05.interrupt(limits_files.quick, Interruption(script, count, 0.5)) is None


@settings(max_examples=examples(40), phases=(Phase.explicit, Phase.generate))
@given(
    script=st.sampled_from(g05.SCRIPTS),
    at_us=st.integers(1, 2_000_000) | st.integers(1_440_000, 1_640_000),
    how=st.sampled_from(("power", "run")),
)
def test_power_fails_or_run_is_pulled_at_any_moment(
    measured: Measured, limits_files: LimitsFiles, script: str, at_us: int, how: str
) -> None:
    interrupted(measured, limits_files.quick, Interruption(script, at_us=at_us, how=how))


def test_a_finished_treatment_stays_finished(limits_files: LimitsFiles) -> None:
    """The oracle can say no: after CLOSED a device boots into BOOT, and from there into SAFE."""
    outcome = g05.interrupt(limits_files.quick, Interruption("finish", at_us=1_800_000))
    assert outcome is not None and not outcome.open and outcome.booted is not None and outcome.booted.state == 0


def test_the_latch_goes_round_its_sectors(fillings: list[bytes]) -> None:
    """Two pages a treatment, one after the other, and the sector that was left is blank again at once."""
    used = [[page for page in range(PAGES) if data[256 * page :][:256] != b"\xff" * 256] for data in fillings]
    assert [pages[-1] for pages in used] == [2 * treatment % PAGES for treatment in range(len(fillings))]
    assert [pages[0] for pages in used] == [0] * 8 + [16] * 8 + [0] * 2


@pytest.mark.parametrize("filled", (6, 7, 15))
@pytest.mark.parametrize("script", g05.SCRIPTS)
def test_power_fails_where_the_latch_changes_its_sector(
    measured: Measured, limits_files: LimitsFiles, fillings: list[bytes], script: str, filled: int
) -> None:
    count = g05.operations(limits_files.quick, script, fillings[filled])
    for number in range(count):
        for fraction in (0.0, 0.5, 0.9):
            interrupted(measured, limits_files.quick, Interruption(script, number, fraction), fillings[filled])


def test_the_change_of_a_sector_is_among_the_cuts(limits_files: LimitsFiles, fillings: list[bytes]) -> None:
    assert g05.operations(limits_files.quick, "finish", fillings[6]) == 2
    assert g05.operations(limits_files.quick, "finish", fillings[7]) == 3  # the third is the erase
