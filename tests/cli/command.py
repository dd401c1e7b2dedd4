"""Runs the command line as a person does: as its own process, in a folder of its own."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 60


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The one JSON object on stdout."""
        return json.loads(self.out)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a command whose temporary files go to a folder of its own."""
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    return os.environ | {"TMPDIR": str(temporary), "OPENBLAS_NUM_THREADS": "1"} | more


def left_over(folder: Path) -> list[str]:
    """What a command left in its folder for temporary files."""
    return sorted(path.name for path in (folder / "temporary").iterdir())


def start(folder: Path, *arguments: str, **more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "sonofuse.cli", *arguments],
        cwd=folder,
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def sonofuse(folder: Path, *arguments: str, **more: str) -> Ended:
    """Run `sonofuse` with these arguments in a folder; whatever happens, it prints no traceback and leaves nothing."""
    with start(folder, *arguments, **more) as process:
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert "Traceback" not in out + err, out + err
    assert left_over(folder) == []
    return Ended(process.returncode, out, err)


def wait_for_a_vm(process: "subprocess.Popen[str]", folder: Path) -> None:
    """Until a firmware has written its log: the run is in its middle."""
    for _ in range(TIMEOUT_S * 50):
        if list((folder / "temporary").glob("sonofuse-*/**/vm.log")):
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError("no firmware was started")
