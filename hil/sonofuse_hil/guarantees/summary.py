"""Many measurements of a campaign as one table: a row per figure with its worst case and its verdict."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from ..measurement import Measurement

_COLUMNS = ("guarantee", "what", "examples", "worst case", "bound", "unit", "tier", "verdict")


@dataclass(frozen=True)
class Row:
    """All measurements of one figure in one tier. `worst` is the one nearest to, or furthest beyond, its own bound."""

    guarantee: str
    name: str
    examples: int
    worst: Measurement
    passed: bool


def summarise(measurements: Iterable[Measurement]) -> list[Row]:
    """Group by guarantee, name, unit and tier; tiers and units are never mixed in a figure."""
    groups: dict[tuple[str, str, str, str], list[Measurement]] = {}
    for m in measurements:
        groups.setdefault((m.guarantee, m.name, m.unit, m.tier), []).append(m)
    rows = [
        Row(name[0], name[1], len(group), max(group, key=_excess), all(m.passed for m in group))
        for name, group in groups.items()
    ]
    return sorted(rows, key=lambda row: (int(row.guarantee[1:]), row.name, row.worst.tier))


def table(rows: list[Row]) -> str:
    """The rows for a person, numbers aligned to the right."""
    lines = [_COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_COLUMNS))]
    right = {2, 3, 4}
    return "\n".join(
        "  ".join(
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def as_json(rows: list[Row]) -> str:
    """The rows for a program, in a fixed order. A value that is not a number is written as null."""
    records = [
        {
            "guarantee": row.guarantee,
            "name": row.name,
            "examples": row.examples,
            "passed": row.passed,
            "worst": {k: None if v != v else v for k, v in asdict(row.worst).items()},
        }
        for row in rows
    ]
    return json.dumps(records, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _excess(m: Measurement) -> float:
    return math.inf if math.isnan(m.value) else m.value - m.limit


def _cells(row: Row) -> tuple[str, ...]:
    worst = row.worst
    verdict = "passed" if row.passed else "FAILED"
    return (
        row.guarantee, row.name, str(row.examples), f"{worst.value:.6g}", f"{worst.limit:.6g}", worst.unit, worst.tier,
        verdict,
    )  # fmt: skip
