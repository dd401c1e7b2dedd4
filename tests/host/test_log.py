"""`sonofuse log` as a person runs it, over a pty to the firmware on the real VM: trips in, their last second out."""

import csv
import json
import os
import pty
import select
import subprocess
import sys
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sonofuse_hil.operator import Sonication
from sonofuse_hil.rig import Rig
from tests.quick import quick_limits

SLICE_US = 2_000


class Line:
    """The device's UART on a pty; `pump` lets device and line go on for a moment."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.port = os.ttyname(self._theirs)
        rig.bench.on_received = self._write

    def _write(self, _t_us: int, data: bytes) -> None:
        with suppress(BlockingIOError):  # nobody reads: what a line without a listener carries is lost
            os.write(self._ours, data)

    def pump(self) -> None:
        if select.select([self._ours], [], [], 0)[0]:
            self._rig.bench.send(os.read(self._ours, 4096))
        self._rig.run_for(SLICE_US)

    def close(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)


@contextmanager
def tripped(folder: Path, trips: int) -> Iterator[Line]:
    """A device with so many trips behind it, by the supply supervisor at 40 W, and nobody at its console any more."""
    with Rig(quick_limits(folder), (Sonication(40.0, 2.0),)) as rig:
        for number in range(trips):
            if number:
                rig.bench.force("supply", None)
                rig.operator.acknowledge(True)
                rig.run_for(150_000)
                rig.operator.tripped_us = None
            rig.after_rf(500_000, "stop", "", lambda: rig.bench.force("supply", 0.0), number)
            assert rig.run_while(lambda: rig.operator.tripped_us is None, 9_000_000)
            rig.run_for(300_000)
        line = Line(rig)
        try:
            yield line
        finally:
            line.close()


def log(line: Line, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "sonofuse.cli", "log", "--port", line.port, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            line.pump()
        assert process.stdout is not None and process.stderr is not None
        return process.returncode, process.stdout.read(), process.stderr.read()


def test_state_manifest_and_trips(tmp_path: Path) -> None:
    with tripped(tmp_path, 2) as line:
        code, out, err = log(line, "--board", "rev_a", "--json", "--csv", str(tmp_path / "csv"))
        assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["state"] == "TRIPPED" and "supply below" in told["cause"]
    assert told["manifest"]["files"] > 15
    assert [trip["sequence"] for trip in told["trips"]] == [2, 1]
    for trip in told["trips"]:
        assert trip["set_w"] == 40.0
        assert trip["on_s"] == pytest.approx(0.5, abs=0.03)
        assert trip["last"]["forward"] == pytest.approx(40.0, rel=0.05)
    with (tmp_path / "csv" / "trip_2.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["before_trip_ms"]) == 0 and len(rows) > 60
    powers = [float(row["forward"]) for row in rows]
    rose = next(i for i, power in enumerate(powers) if power > 30)
    assert (len(rows) - rose) * 10 == pytest.approx(500, abs=30), "RF came on half a second before the trip"


def test_a_person_can_read_it(tmp_path: Path) -> None:
    with tripped(tmp_path, 1) as line:
        code, out, _ = log(line, "--board", "rev_a")
    assert code == 0
    assert "state     TRIPPED, supply below" in out
    assert "40 W set, RF for 0.5" in out


@pytest.mark.parametrize(
    ("port", "said"),
    [("/dev/does_not_exist", "no such port"), ("/dev/null", "/dev/null: cannot be opened")],
)
def test_a_wrong_port_is_one_line(port: str, said: str) -> None:
    command = [sys.executable, "-m", "sonofuse.cli", "log", "--port", port]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 3 and said in ran.stderr and ran.stderr.count("\n") == 1


def test_a_silent_port_and_one_in_use(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "sonofuse.cli", "log", "--port", os.ttyname(theirs)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 3 and "no monitor there (nothing in 1.5 s" in ran.stderr
    import fcntl

    fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 3 and "in use by another program" in ran.stderr
    os.close(ours)
    os.close(theirs)
