"""docs/alarms.md says what firmware/alarms.py declares."""

import re
from pathlib import Path

from sonofuse_firmware.alarms import ALARMS, BURSTS, KINDS, PRIORITIES, SILENCE_MS
from sonofuse_firmware.checks import CHECKS

PAGE = (Path(__file__).parents[3] / "docs" / "alarms.md").read_text(encoding="utf-8")


def rows(section: str) -> list[list[str]]:
    """The cells of the first table of a section, without its head."""
    part = PAGE.split(f"## {section}\n")[1]
    lines = re.search(r"(?:^\|.*\n)+", part, re.MULTILINE)
    assert lines is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()[2:]]


def test_causes() -> None:
    names = {check: name for check, name, *_ in CHECKS}
    assert [row[:3] for row in rows("Causes")] == [
        [names[check], KINDS[kind], PRIORITIES[priority]] for check, kind, priority in ALARMS
    ]


def test_bursts() -> None:
    found = {row[0]: row[1:] for row in rows("Bursts")}
    assert len(found) == len(BURSTS)
    for kind, priority, spans in BURSTS:
        count, length, gaps, rest_s = found[f"{KINDS[kind]} {PRIORITIES[priority]}"]
        assert int(count) == len(spans) // 2 and set(spans[::2]) == {int(length)}
        said = [int(gap) for gap in re.findall(r"\d+", gaps)]
        assert said in (list(spans[1:-1:2]), list(dict.fromkeys(spans[1:-1:2])))
        assert float(rest_s) * 1_000 == spans[-1]


def test_silence() -> None:
    assert f"for {SILENCE_MS // 1_000} s" in PAGE
