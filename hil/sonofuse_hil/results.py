"""What a full run has measured, as one file that is kept beside the code: keyed by the firmware that was measured."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from sonofuse.layout import FIRMWARE
from sonofuse.limits import SHIPPED

from .guarantees.summary import Row
from .markdown import table
from .measurement import EMULATED, SOFTWARE, TIERS

_COLUMNS = ("guarantee", "what", "unit", "bound", SOFTWARE, EMULATED)
_TIMES = ("what", "n", "min", "median", "p99", "max", "unit", "bound")


@dataclass(frozen=True)
class Distribution:
    """A figure that was measured many times: its spread, and the bound of its maximum (infinite: none)."""

    name: str
    count: int
    minimum: float
    median: float
    p99: float
    maximum: float
    unit: str
    limit: float
    tier: str

    @property
    def passed(self) -> bool:
        return self.count > 0 and self.maximum <= self.limit


def distribution(name: str, samples: Sequence[float], unit: str, tier: str, limit: float = math.inf) -> Distribution:
    """The spread of some samples; the 99th percentile is the smallest that at least 99 % do not exceed.

    Raises:
        ValueError: if there is no sample, or one is NaN.
    """
    if not samples or any(math.isnan(sample) for sample in samples):
        raise ValueError(f"{name}: no samples, or one that is not a number")
    ordered = sorted(samples)
    p99 = ordered[math.ceil(0.99 * len(ordered)) - 1]
    median = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return Distribution(name, len(ordered), ordered[0], median, p99, ordered[-1], unit, limit, tier)


def firmware_digest() -> str:
    """SHA-256 of everything that decides what a device does: firmware, boards and the shipped limits."""
    digest = hashlib.sha256()
    for path in [*sorted(FIRMWARE.glob("*.py")), *sorted((FIRMWARE / "boards").glob("*.py")), SHIPPED]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def write(path: Path, rows: Sequence[Row], times: Sequence[Distribution], ran: Mapping[str, str]) -> None:
    """Keep what was measured; `ran` says what ran it (image, versions, command)."""
    document = {
        "firmware_sha256": firmware_digest(),
        "ran": dict(ran),
        "guarantees": [
            {"name": row.name, "examples": row.examples, "passed": row.passed, "worst": _finite(asdict(row.worst))}
            for row in rows
        ],
        "times": [_finite(asdict(time)) for time in sorted(times, key=lambda time: time.name)],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """What `write` has kept."""
    return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))


def page(document: Mapping[str, Any]) -> str:
    """The tables for a reader, in Markdown: every figure with its tier, what ran it and how to repeat it."""
    ran = document["ran"]
    return "\n".join(
        [
            "# What was measured",
            "",
            "Generated from results.json, which `make results` writes; a test says when it is older than the firmware.",
            "",
            *(f"- **{tier}**: {TIERS[tier]}." for tier in (SOFTWARE, EMULATED)),
            *(f"- {name}: {text}" for name, text in ran.items()),
            f"- firmware, boards and limits: SHA-256 `{document['firmware_sha256']}`",
            "",
            "## Guarantees, worst case in each tier",
            "Each cell is the case nearest to its own bound; *n* is the number of cases. Negative: before the latest "
            "moment at which the channel was beyond its limit for certain. not run: no trial of it in that tier.",
            "",
            *table(_COLUMNS, _side_by_side(document["guarantees"])),
            "",
            "## Times on the emulated chip",
            f"{TIERS[EMULATED]}. USB is not enumerated; 125 MHz; board Rev A with 12 channels.",
            "",
            *table(_TIMES, [_time(time) for time in document["times"]]),
            "",
        ]
    )


def _side_by_side(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """One line per figure, whatever tiers it was seen in."""
    cells: dict[tuple[str, str, str], dict[str, str]] = {}
    bounds: dict[tuple[str, str, str], str] = {}
    for row in rows:
        worst = row["worst"]
        key = (worst["guarantee"], row["name"], worst["unit"])
        verdict = "" if row["passed"] else " **FAILED**"
        cells.setdefault(key, {})[worst["tier"]] = f"{_number(worst['value'])} (n = {row['examples']}){verdict}"
        bound = _number(worst["limit"])
        bounds[key] = bound if bounds.get(key, bound) == bound else f"{bounds[key]}; {bound}"
    return [
        (*key[:2], key[2], bounds[key], cells[key].get(SOFTWARE, "not run"), cells[key].get(EMULATED, "not run"))
        for key in sorted(cells, key=lambda key: (int(key[0][1:]), key[1]))
    ]


def _time(time: Mapping[str, Any]) -> tuple[str, ...]:
    figures = (_number(time[key]) for key in ("minimum", "median", "p99", "maximum"))
    return (time["name"], str(time["count"]), *figures, time["unit"], _number(time["limit"]))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


def _finite(record: Mapping[str, Any]) -> dict[str, Any]:
    """Without infinities and NaN, which JSON does not know: null."""
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in record.items()}
