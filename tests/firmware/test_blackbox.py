"""What a device keeps of its last trips: written by the firmware on the real VM, read by the host."""

import math
import os
import subprocess
from pathlib import Path

import pytest

from sonofuse import trips
from sonofuse.board import load_board
from sonofuse.layout import FIRMWARE
from sonofuse.trips import B, Trip
from tests.vm import program

DRIVER = Path(__file__).parent / "blackbox_driver.py"
CHANNELS = 12
ROWS = (B.BLOCK - B.HEAD_BYTES) // (2 * CHANNELS)


def written(count: int, ticks: int, fail_after: int = -1) -> tuple[list[Trip], list[str]]:
    """So many trips, each after so many ticks; what the host reads from the flash, and what the driver said."""
    ran = subprocess.run(
        [program("micropython"), str(DRIVER), str(count), str(ticks), str(fail_after)],
        env=os.environ | {"MICROPYPATH": str(FIRMWARE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout[-500:] + ran.stderr
    lines = ran.stdout.splitlines()
    blocks = [bytes.fromhex(line.split()[1]) for line in lines if line.startswith("block")]
    return trips.newest_first(blocks), lines


def counts(number: int) -> tuple[int, ...]:
    return tuple(
        0xFFFF if number % 7 == 3 and channel == 0 else (number + 1000 * channel) & 0xFFFF
        for channel in range(CHANNELS)
    )


@pytest.mark.parametrize("ticks", [0, 1, 11, 500, ROWS * B.EVERY_MS, ROWS * B.EVERY_MS + 777])
def test_a_trip_keeps_the_second_before_it(ticks: int) -> None:
    (trip,), _ = written(1, ticks)
    assert (trip.sequence, trip.cause, trip.now_us, trip.set_mw, trip.on_us) == (1, 1028, ticks, 40_000, 7)
    expected = [counts(number) for number in range(0, ticks, B.EVERY_MS)][-ROWS:]
    assert list(trip.rows) == expected
    assert len(trip.rows) <= ROWS and ROWS * trip.every_ms > 1_000


def test_the_newest_trips_are_kept_through_boots() -> None:
    found, lines = written(7, 30)
    assert [trip.sequence for trip in found] == [7, 6], "one block is erased for the next trip"
    assert [trip.cause for trip in found] == [1034, 1033]
    assert lines.count(f"steps {B.PAGES + 1}") == 7


def test_power_that_fails_at_any_operation_costs_at_most_that_trip() -> None:
    _, lines = written(4, 30)
    operations = int(next(line for line in lines if line.startswith("operations")).split()[1])
    known = 0
    for fail_after in range(operations):
        found, _ = written(4, 30, fail_after)
        newest = found[0].sequence if found else 0
        assert newest >= known, "a trip that was whole is gone"
        assert all(trip.rows == tuple(counts(30 * (trip.sequence - 1) + n) for n in (0, 10, 20)) for trip in found)
        known = newest
    assert known >= 3


def test_counts_in_units() -> None:
    board = load_board("rev_a")
    row = (8314, 0xFFFF, 8214, 8214, 43722, 36072, 44746, 68, 1, 1, 0, 1)
    (line,) = trips.values(Trip(1, 0, 0, 0, 0, 10, (row,)), board)
    assert line["skin_a"] == pytest.approx(23.4, abs=0.2)
    assert math.isnan(line["skin_b"])
    assert line["forward"] == pytest.approx(40.0, rel=0.05)
    assert line["flow"] == pytest.approx(2.04, abs=0.05)
    assert (line["stop_loop"], line["permit_readback"]) == (1.0, 0.0)
    with pytest.raises(ValueError, match="3 channels"):
        trips.values(Trip(1, 0, 0, 0, 0, 10, ((1, 2, 3),)), board)


def test_what_is_no_block_is_refused() -> None:
    with pytest.raises(ValueError, match="no block"):
        trips.read_block(b"\xff" * 100)
    assert trips.read_block(b"\xff" * B.BLOCK) is None
