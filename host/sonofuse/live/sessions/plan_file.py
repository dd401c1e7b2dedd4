"""Reads a plan file: TOML with the sonications of a treatment in order, and what is tightened for the patient."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonofuse.console import BAD_INPUT, CommandError
from sonofuse.limits.problems import Findings
from sonofuse.limits.table import Table
from sonofuse.toml_text import read_toml

from .facts import Step
from .regions import region_problem
from .tightening import CAPS

_MOST_STEPS = 100
_DIMENSIONS = {"set_w": "power", "set_s": "time", "energy_j": "energy", "region_energy_j": "energy"}


@dataclass(frozen=True)
class PlanFile:
    """What a plan file asks for: `caps` by field of Tightened, and `limits`, the bytes of a limits file."""

    steps: tuple[Step, ...]
    caps: dict[str, float]
    limits: bytes | None

    @property
    def tightens(self) -> bool:
        """Whether anything is tightened."""
        return bool(self.caps) or self.limits is not None


def read_plan(path: Path) -> PlanFile:
    """The plan in a file.

    Raises:
        CommandError: with a line for every problem: file, line, key, value, what would be accepted.
    """
    findings = Findings(str(path))
    data = read_toml(path, findings, "a plan file")
    plan = None if data is None else _read(Table(data, (), findings), path)
    if findings.problems or plan is None:
        lines = sorted(findings.problems, key=lambda problem: (problem.line, problem.key))
        raise CommandError(BAD_INPUT, "\n".join(map(str, lines)))
    return plan


def _read(top: Table, path: Path) -> PlanFile:
    accepted = "one or more tables [[sonication]]"
    value: Any = top.take("sonication", accepted)
    entries: list[Any] = list(value) if isinstance(value, list) else []  # pyright: ignore[reportUnknownArgumentType]
    if value is not None and not (entries and all(isinstance(entry, dict) for entry in entries)):
        top.note("sonication", "must be a list of tables", accepted)
        entries = []
    if len(entries) > _MOST_STEPS:
        top.note("sonication", f"{len(entries)} sonications are too many", f"at most {_MOST_STEPS}")
        entries = []
    steps = [_step(Table(entry, ("sonication", str(n)), top.findings)) for n, entry in enumerate(entries, 1)]
    tightened = top.table("tightened", "a table [tightened]", required=False)
    caps, limits = ({}, None) if tightened is None else _tightened(tightened, path)
    top.done()
    return PlanFile(tuple(step for step in steps if step is not None), caps, limits)


def _positive(table: Table, key: str, dimension: str, required: bool = True) -> float | None:
    amount = table.quantity(key, dimension, required=required)
    if amount is not None and amount <= 0:
        table.note(key, "must be more than zero", "more than 0")
        return None
    return amount


def _step(table: Table) -> Step | None:
    region = table.text("region", 'a bone and its side, such as "ilium_left"')
    if region is not None and (wrong := region_problem(region)):
        table.note("region", "is no region", wrong)
    power_w, duration_s = _positive(table, "power", "power"), _positive(table, "duration", "time")
    dose_min = table.quantity("dose", "dose", required=False) or 0.0
    table.done()
    if not table.sound or region is None or power_w is None or duration_s is None:
        return None
    return Step(region, power_w, duration_s, dose_min)


def _tightened(table: Table, path: Path) -> tuple[dict[str, float], bytes | None]:
    caps = {field: _positive(table, key, _DIMENSIONS[field], required=False) for field, (key, _) in CAPS.items()}
    accepted = "the path of a limits file as seen from this file"
    name = table.text("limits", accepted) if "limits" in table.data else None
    table.known.append("limits")
    limits = None
    if name is not None:
        try:
            limits = (path.parent / name).read_bytes()
        except OSError as error:
            table.note("limits", f"cannot be read ({error.strerror})", accepted)
    table.done()
    if table.sound and limits is None and not any(caps.values()):
        table.findings.add(
            table.path, None, "tightens nothing", "one or more of limits, power, duration, energy, region_energy"
        )
    return {field: amount for field, amount in caps.items() if amount is not None}, limits
