"""A constant that a firmware file writes again, for speed, is that of its origin."""

import re

import pytest

from sonofuse.layout import FIRMWARE, constants
from sonofuse_firmware import checks, states

AGAIN = re.compile(r"^(\w+) = const\((.+?)\)  # (?:of )?(\w+)\.(\w+)$", re.MULTILINE)
FOUND = [
    (path.name, *found)
    for path in sorted(FIRMWARE.glob("*.py"))
    for found in AGAIN.findall(path.read_text(encoding="utf-8"))
]


def test_there_are_some() -> None:
    assert len(FOUND) > 40
    assert {file for file, *_ in FOUND} >= {"monitor.py", "frames.py", "receipts.py", "sensors.py", "blackbox.py"}


@pytest.mark.parametrize(("file", "name", "value", "origin", "there"), FOUND, ids=[f"{f[0]}-{f[1]}" for f in FOUND])
def test_it_is_that_of_its_origin(file: str, name: str, value: str, origin: str, there: str) -> None:
    if origin == "states":
        assert int(value) == getattr(states, there)
    else:
        assert int(value, 0) == constants((FIRMWARE / f"{origin}.py").read_text(encoding="utf-8"))[there]
    assert name.lstrip("_") in (there, there.lstrip("_"), "TYPE"), f"{file}: {name} stands for {origin}.{there}"


def test_causes_of_the_monitor_are_declared() -> None:
    numbers = {number for number, *_ in checks.CHECKS}
    source = (FIRMWARE / "monitor.py").read_text(encoding="utf-8")
    causes = {int(number) for number in re.findall(r"const\((\d+) << 8 \| 255\)", source)}
    assert causes <= numbers and len(causes) == 5
