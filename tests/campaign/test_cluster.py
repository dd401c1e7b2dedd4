"""The same campaign on a Dask cluster of two worker processes, one of which is killed in the middle."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from sonofuse_hil.campaign import commands
from sonofuse_hil.campaign.folder import WHOLE
from sonofuse_hil.campaign.running import Workers
from sonofuse_hil.cli import main

from .conftest import FAULTS

pytest.importorskip("distributed", reason="not run: sonofuse[cluster] is not installed")

WAIT_S = 240.0  # of a machine that is busy
MANY = ["campaign", "-n", "30", "--seed", "5", "--faults", FAULTS]


@contextmanager
def dask(folder: Path, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A scheduler or a worker of its own."""
    with (folder / "dask.log").open("ab") as log:
        command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:  # a worker whose scheduler is gone waits for it
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def until(true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.05)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """Its address."""
    file = tmp_path / "scheduler.json"
    with dask(tmp_path, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)):
        until(lambda: file.exists() and file.stat().st_size > 0)
        yield str(json.loads(file.read_text(encoding="utf-8"))["address"])


def test_a_worker_that_is_lost_changes_nothing(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*MANY, "--out", str(tmp_path / "alone")]) == 0
    capsys.readouterr()
    widths: list[int] = []
    real = commands._workers

    @contextmanager
    def noted(jobs: int, address: str) -> Iterator[Workers]:
        with real(jobs, address) as workers:
            widths.append(workers.width)
            yield workers

    monkeypatch.setattr(commands, "_workers", noted)
    out = tmp_path / "cluster"
    with ExitStack() as both:
        words = ("worker", scheduler, "--nthreads", "1", "--no-nanny")
        first, _second = (both.enter_context(dask(tmp_path, *words)) for _ in range(2))
        until(lambda: (tmp_path / "dask.log").read_text(encoding="utf-8").count("Registered to:") == 2)

        def lose() -> None:
            until(lambda: bool(list(out.glob("part-*.parquet"))))
            os.killpg(first.pid, signal.SIGKILL)

        losing = threading.Thread(target=lose)
        losing.start()
        assert main([*MANY, "--out", str(out), "--dask", scheduler]) == 0
        losing.join()
        assert first.wait(10) == -signal.SIGKILL
    assert widths == [4], "two workers took part"
    assert (out / WHOLE).read_bytes() == (tmp_path / "alone" / WHOLE).read_bytes()
    assert f"Dask at {scheduler}" in capsys.readouterr().out


def test_a_scheduler_without_workers_is_one_line(
    tmp_path: Path, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*MANY, "--out", str(tmp_path / "out"), "--dask", scheduler]) == 3
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "the scheduler has no workers" in told


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere", "ftp://127.0.0.1:9"])
def test_a_scheduler_that_cannot_be_reached_is_one_line(
    tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sonofuse_hil.campaign.cluster._PATIENCE_S", 1.0)
    assert main([*MANY, "--out", str(tmp_path / "out"), "--dask", address]) == 3
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and f"--dask {address}: no scheduler can be reached there" in told
