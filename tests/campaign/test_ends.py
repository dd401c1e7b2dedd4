"""However a campaign ends early, what was finished is kept, one line says so, and the same command makes it whole."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from sonofuse_hil.campaign.folder import WHOLE, read
from sonofuse_hil.cli import main
from tests.cli.command import TIMEOUT_S, left_over, sonofuse, start
from tests.live.recording.test_disks import mounted

from .conftest import N

MANY = [*N, "--out", "out"]


@pytest.fixture(scope="module")
def whole(once: Path) -> bytes:
    """What a campaign that nothing interrupts gives."""
    return (once / WHOLE).read_bytes()


def until_a_part(process: "subprocess.Popen[str]", folder: Path) -> None:
    """Until the first part is there, and more is under way."""
    end_s = time.monotonic() + TIMEOUT_S
    while not list(folder.glob("out/part-*.parquet")):
        assert process.poll() is None and time.monotonic() < end_s
        time.sleep(0.02)


@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_ctrl_c_keeps_what_is_done_and_the_same_command_continues(tmp_path: Path, whole: bytes, jobs: str) -> None:
    with start(tmp_path, "hil", *MANY, "--jobs", jobs) as process:
        until_a_part(process, tmp_path)
        family = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, out) == (130, "")
    kept = sum(len(read(part)) for part in tmp_path.glob("out/part-*.parquet"))
    assert err == f"sonofuse: stopped by Ctrl-C: {kept} of 12 scenarios are kept; the same command continues\n"
    _, alive = psutil.wait_procs(family, timeout=10)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == [] and left_over(tmp_path) == []
    assert sonofuse(tmp_path, "hil", *MANY, "--jobs", jobs).code == 0
    assert (tmp_path / "out" / WHOLE).read_bytes() == whole


def test_kill_9_costs_what_was_under_way_alone(tmp_path: Path, whole: bytes) -> None:
    with start(tmp_path, "hil", *MANY, "--jobs", "2") as process:
        until_a_part(process, tmp_path)
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate(timeout=TIMEOUT_S)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == [], "workers follow their parent"
    parts = {path.name: path.read_bytes() for path in tmp_path.glob("out/part-*.parquet")}
    for leftover in left_over(tmp_path):
        shutil.rmtree(tmp_path / "temporary" / leftover)
    assert sonofuse(tmp_path, "hil", *MANY).code == 0
    assert (tmp_path / "out" / WHOLE).read_bytes() == whole
    assert parts and all((tmp_path / "out" / name).read_bytes() == data for name, data in parts.items())


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1])
def test_a_worker_that_is_killed_is_one_line(tmp_path: Path, whole: bytes, number: int) -> None:
    """One of them has done its block, and waits for the next one with the lock of the queue: the other one must not
    wait for that lock then."""
    with start(tmp_path, "hil", *MANY, "--jobs", "2") as process:
        until_a_part(process, tmp_path)
        workers = [one for one in psutil.Process(process.pid).children() if "spawn_main" in " ".join(one.cmdline())]
        workers[number].kill()
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, out) == (3, "")
    assert err.count("\n") == 1 and "a process of the campaign was killed; what was finished is kept" in err
    for leftover in left_over(tmp_path):
        shutil.rmtree(tmp_path / "temporary" / leftover)
    assert sonofuse(tmp_path, "hil", *MANY).code == 0
    assert (tmp_path / "out" / WHOLE).read_bytes() == whole


def test_a_full_disk_is_one_line_and_nothing_is_lost(tmp_path: Path, whole: bytes) -> None:
    disk = mounted(tmp_path / "out", "size=16k")
    try:
        ended = sonofuse(tmp_path, "hil", *MANY)
        assert ended.code == 3 and ended.out == "" and ended.err.count("\n") == 1
        assert "cannot be written (No space left on device); what was finished before is kept" in ended.err
        kept = sorted(disk.glob("part-*.parquet"))
        assert kept and not (disk / WHOLE).exists() and len(list(disk.iterdir())) == len(kept) + 1
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        assert sonofuse(tmp_path, "hil", *MANY).code == 0
        assert (disk / WHOLE).read_bytes() == whole
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("damage", [b"PAR1 and no more", b"", "half"])
def test_a_damaged_part_is_named(
    once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: bytes | str
) -> None:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    part = tmp_path / "part-00000000.parquet"
    data = part.read_bytes()
    part.write_bytes(data[: len(data) // 2] if isinstance(damage, str) else damage)
    assert main([*N, "--out", str(tmp_path)]) == 3
    told = capsys.readouterr().err
    assert "part-00000000.parquet: damaged" in told and told.count("\n") == 1
    part.unlink()
    assert main([*N, "--out", str(tmp_path)]) == 0
    assert (tmp_path / WHOLE).read_bytes() == (once / WHOLE).read_bytes()


def test_the_rows_of_another_part_are_named(once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    shutil.copy(tmp_path / "part-00000000.parquet", tmp_path / "part-00000010.parquet")
    assert main([*N, "--out", str(tmp_path)]) == 3
    assert "part-00000010.parquet: has not the rows 10 to 11; delete it" in capsys.readouterr().err


def test_what_a_campaign_lacks_is_one_line(tmp_path: Path) -> None:
    program = "import sys; sys.modules['distributed'] = None\nfrom sonofuse_hil.cli import main\n"
    program += "sys.exit(main(['campaign', '-n', '1', '--dask', 'tcp://127.0.0.1:9', '--out', 'out']))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 3 and 'pip install "sonofuse[cluster]"' in ran.stderr and ran.stderr.count("\n") == 1
