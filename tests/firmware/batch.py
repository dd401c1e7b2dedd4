"""Runs a driver on the real MicroPython VM, with the firmware's modules on its path."""

import os
import subprocess
from pathlib import Path

from sonofuse.layout import FIRMWARE
from tests.vm import program

HERE = Path(__file__).parent


def on_vm(driver: str, data: bytes, folder: Path = FIRMWARE, timeout_s: float = 120) -> bytes:
    """What `driver` (a file of this folder) writes when it is given `data`."""
    ran = subprocess.run(
        [program("micropython"), "-X", "heapsize=16M", str(HERE / driver)],
        input=data,
        capture_output=True,
        env=os.environ | {"MICROPYPATH": str(folder)},
        timeout=timeout_s,
        check=False,
    )
    assert ran.returncode == 0, (ran.stdout[-2000:] + ran.stderr).decode(errors="replace")
    return ran.stdout
