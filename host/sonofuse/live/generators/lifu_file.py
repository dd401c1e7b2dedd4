"""Reads an OpenLIFU file: which solution to load, and what its voltage means in watts (docs/generators.md)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonofuse.limits.problems import Findings
from sonofuse.limits.table import Table
from sonofuse.live.generators.instrument import InstrumentError
from sonofuse.toml_text import read_toml

DEMO = Path(__file__).parent / "openlifu_demo" / "demo.toml"
NEEDED = ("pulse", "sequence", "delays", "apodizations", "voltage")  # by LIFUInterface.set_solution


@dataclass(frozen=True)
class LifuFile:
    """An OpenLIFU system as its file declares it."""

    name: str
    solution: dict[str, Any]
    watts_per_volt2: float
    lowest_v: float
    highest_v: float
    tolerance: float
    transmitter: str  # its hardware id, "" for any

    def with_voltage(self, volts: float) -> dict[str, Any]:
        """The solution at another voltage."""
        return {**self.solution, "voltage": volts}


def load(path: Path) -> LifuFile:
    """Read an OpenLIFU file.

    Raises:
        InstrumentError: with every problem: file, line, key, value, what would be accepted.
    """
    findings = Findings(str(path))
    data = read_toml(path, findings, "an OpenLIFU file")
    file = None if data is None else _read(Table(data, (), findings), path.parent)
    if findings.problems or file is None:
        raise InstrumentError("\n".join(str(problem) for problem in findings.problems))
    return file


def _read(root: Table, folder: Path) -> LifuFile | None:
    top = root.table("openlifu", "a table [openlifu]")
    root.done()
    if top is None:
        return None
    name = top.text("name", "the system in words")
    top.text("source", "how and when the power was measured")
    solution = _solution(top, folder)
    watts_per_volt2 = top.ratio("watts_per_volt2", 0)
    span = top.pair("range", "voltage", least=5.0)  # HVController.set_voltage takes 5 to 100 V
    tolerance = top.quantity("tolerance", "share")
    transmitter = top.text("transmitter", "its hardware id") if "transmitter" in top.data else ""
    top.done()
    if span is not None and not span[0] < span[1] <= 100:
        top.note("range", "does not rise, or is above 100 V", 'for example ["5 V", "40 V"]')
    if name is None or solution is None or watts_per_volt2 is None or span is None or tolerance is None:
        return None
    return LifuFile(name, solution, watts_per_volt2, *span, tolerance, transmitter or "")


def _solution(top: Table, folder: Path) -> dict[str, Any] | None:
    accepted = "the path of a solution that openlifu wrote as JSON, beside this file"
    named = top.text("solution", accepted)
    if named is None:
        return None
    try:
        solution = json.loads((folder / named).read_text(encoding="utf-8"))
    except OSError as error:
        top.note("solution", f"cannot be read ({error.strerror})", accepted)
        return None
    except ValueError as error:
        top.note("solution", f"is not JSON ({error})", accepted)
        return None
    found: dict[str, Any] = solution if _is(solution, dict) else {}
    missing = [key for key in NEEDED if key not in found]
    if missing:
        top.note("solution", f"lacks {', '.join(missing)}", accepted)
        return None
    return found


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind)
