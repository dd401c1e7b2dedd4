"""A constant that a firmware file, or what stands in for the chip's modules, writes again is that of its origin."""

import re
from pathlib import Path

import pytest

from sonofuse.layout import FIRMWARE, constants
from sonofuse_firmware import checks, states
from sonofuse_hil.platforms.vm import _ops

SHIMS = Path(_ops.__file__).parent
AGAIN = re.compile(r"^(\w+) = const\((.+?)\)  # (?:of )?(\w+)\.(\w+)$", re.MULTILINE)
FOUND = [
    (path.name, *found)
    for path in sorted([*FIRMWARE.glob("*.py"), *SHIMS.glob("*.py")])
    for found in AGAIN.findall(path.read_text(encoding="utf-8"))
]


def test_there_are_some() -> None:
    assert len(FOUND) > 40
    files = {"monitor.py", "frames.py", "receipts.py", "sensors.py", "blackbox.py", "_wire.py", "chip.py", "time.py"}
    assert {file for file, *_ in FOUND} >= files


@pytest.mark.parametrize(("file", "name", "value", "origin", "there"), FOUND, ids=[f"{f[0]}-{f[1]}" for f in FOUND])
def test_it_is_that_of_its_origin(file: str, name: str, value: str, origin: str, there: str) -> None:
    if origin == "states":
        assert int(value) == getattr(states, there)
    elif origin == "_ops":
        assert int(value) == getattr(_ops, there)
    else:
        folder = SHIMS if origin == "_wire" else FIRMWARE
        assert int(value, 0) == constants((folder / f"{origin}.py").read_text(encoding="utf-8"))[there]
    assert name.lstrip("_") in (there, there.lstrip("_"), "TYPE"), f"{file}: {name} stands for {origin}.{there}"


def test_causes_of_the_monitor_are_declared() -> None:
    numbers = {number for number, *_ in checks.CHECKS}
    source = (FIRMWARE / "monitor.py").read_text(encoding="utf-8")
    causes = {int(number) for number in re.findall(r"const\((\d+) << 8 \| 255\)", source)}
    assert causes <= numbers and len(causes) == 5
