"""kill -9 at fifty random moments: what is on the disk is readable, whole, and no more than 100 ms old."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from sonofuse.live.recording import Recording

from .made import files
from .writer import TOLD

LOST_NS = 100_000_000
TRIALS = 50


@pytest.fixture(scope="module")
def writers() -> Iterator[IO[str]]:
    """Write a line to it, and a recorder begins (writer.py)."""
    command = [sys.executable, "-m", "tests.live.recording.writer"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        yield process.stdin


def _killed(writers: IO[str], folder: Path, after_s: float) -> tuple[list[int], list[int]]:
    """Let a recorder run for a while from its first record on, kill it; the times of what it put, and of trips that
    it saw kept."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    writers.write(f"{folder / 'recordings'} {pipe}\n")
    writers.flush()
    told = b""
    with pipe.open("rb", buffering=0) as stream:
        while len(told) < 2 * TOLD.size:
            told += stream.read(4096)
        _, process = TOLD.unpack_from(told)
        end_s = time.monotonic() + after_s
        while (left_s := end_s - time.monotonic()) > 0:  # read on: a full pipe would hold up who writes
            if select.select([stream], [], [], left_s)[0]:
                told += stream.read(65536)
        os.kill(process, signal.SIGKILL)
        while more := stream.read(65536):
            told += more
    whole = len(told) - len(told) % TOLD.size
    items = list(TOLD.iter_unpack(told[:whole]))
    return [t for kind, t in items if kind == b"R"], [t for kind, t in items if kind == b"T"]


@pytest.mark.parametrize("trial", range(TRIALS))
def test_killed(tmp_path: Path, writers: IO[str], trial: int) -> None:
    put, kept = _killed(writers, tmp_path, random.Random(trial).uniform(0.0, 0.15))
    found = files(tmp_path / "recordings")
    times: list[int] = []
    trips: list[int] = []
    if found and found[0].stat().st_size:
        recording = Recording(found[0])  # raises if it is not readable or the chain is not whole
        records = list(recording.records())
        assert not recording.ended
        times = [record.t_ns for record in records]
        trips = [record.t_ns for record in records if record.topic == "event"]
    assert times[: len(put)] == put[: len(times)], "what is there is what was put, in order, from the first on"
    assert len(times) <= len(put) + 1, "no more than was put: the last one may not have been told"
    assert set(kept) <= set(trips), "a trip that was seen kept is there"
    newest_ns = times[-1] if times else put[0]
    assert put[-1] - newest_ns <= LOST_NS, f"{(put[-1] - newest_ns) / 1e6:.1f} ms of records are lost"
