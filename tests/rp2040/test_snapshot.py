"""A fork of a snapshot starts where the snapshot stands, whatever ran before it, and says what went wrong in it."""

import os
import time
from pathlib import Path

import pytest

from sonofuse_hil.platforms.rp2040.snapshot import Snapshot, SnapshotError
from sonofuse_hil.rig import Rig
from tests.quick import quick_limits


def begin(folder: Path) -> Rig:
    rig = Rig(quick_limits(folder))  # what a snapshot holds need not be a chip
    rig.operator.hung = False
    return rig


def moment(rig: Rig) -> int:
    return rig.bench.now_us


def move(rig: Rig, us: int) -> tuple[int, int]:
    rig.bench.advance(rig.bench.now_us + us)
    return rig.bench.now_us, os.getpid()


def fail(rig: Rig) -> None:
    raise ValueError(f"at {rig.bench.now_us} µs")


def die(_rig: Rig) -> None:
    os._exit(3)


@pytest.fixture
def parked(tmp_path: Path):
    with Snapshot(lambda: begin(tmp_path)) as snapshot:
        yield snapshot


def test_every_fork_starts_at_the_same_moment(parked: Snapshot) -> None:
    assert [parked.run(move, 500)[0] for _ in range(3)] == [500] * 3
    assert parked.run(moment) == 0
    assert parked.run(move, 1)[1] != os.getpid()


def test_a_later_snapshot_goes_on_from_an_earlier_one(parked: Snapshot) -> None:
    later = parked.later(move, 1_000)
    latest = later.later(move, 1_000)
    assert [s.run(moment) for s in (parked, later, latest)] == [0, 1_000, 2_000]


def test_what_fails_in_a_fork_is_told_and_the_snapshot_goes_on(parked: Snapshot) -> None:
    with pytest.raises(SnapshotError, match="ValueError: at 0 µs"):
        parked.run(fail)
    with pytest.raises(SnapshotError, match="ValueError"):
        parked.later(fail)
    assert parked.run(moment) == 0


def test_a_beginning_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="FileNotFoundError"):
        Snapshot(lambda: begin(tmp_path / "missing"))


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with Snapshot(lambda: begin(tmp_path)) as snapshot:
        pids = [snapshot.run(move, 1)[1], snapshot.later(move, 1).run(move, 1)[1]]
        parked = snapshot._pid
    for pid in (parked, *pids):
        for _ in range(100):  # a process of a later snapshot ends by itself once its wire is closed
            if not Path(f"/proc/{pid}").exists():
                break
            time.sleep(0.05)
        assert not Path(f"/proc/{pid}").exists()
