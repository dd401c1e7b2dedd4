"""`make check` can fail: each type checker, run through our configuration, finds the errors planted for it.

What is wrong with a planted file takes our types (host) or MicroPython's stubs (firmware), and the strict rules.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.check
ROOT = Path(__file__).parents[1]
HOST = """
from sonofuse.board import load_board

right: int = load_board("rev_a").pins["permit"]
planted_type: str = load_board("rev_a").pins["permit"]
"""
FIRMWARE = """
from machine import ADC
from states import after

right: int | None = after(ADC(26).read_u16(), "arm")
planted_type: str = ADC(26).read_u16()
"""
STRICT = """

def typed(count: int) -> int:
    return 2 * count


def planted_untyped(count) -> int:
    return 2
"""


@pytest.mark.parametrize(
    ("command", "folder", "text", "errors"),
    [
        (["mypy", "--no-incremental"], ROOT, HOST, ("assignment", "no-untyped-def")),
        (
            ["pyright", "--pythonpath", sys.executable],
            ROOT,
            HOST,
            ("reportAssignmentType", "reportMissingParameterType"),
        ),
        (
            ["pyright", "--pythonpath", sys.executable],
            ROOT / "firmware",
            FIRMWARE,
            ("reportAssignmentType", "reportMissingParameterType"),
        ),
    ],
    ids=["mypy", "pyright", "pyright on firmware"],
)
def test_planted_errors_are_found_and_nothing_else(
    tmp_path: Path, command: list[str], folder: Path, text: str, errors: tuple[str, ...]
) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(text + STRICT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", *command, str(planted)], cwd=folder, capture_output=True, text=True, timeout=120
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    for error in errors:
        assert error in said
    lines = {number for number, line in enumerate((text + STRICT).splitlines(), 1) if "planted" in line}
    assert {int(number) for number in re.findall(r"planted\.py:(\d+):.*error", said)} == lines, said
