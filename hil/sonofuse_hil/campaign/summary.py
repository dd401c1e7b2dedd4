"""What a campaign showed, in figures with their bounds."""

# SciPy and Arrow carry no types:
# pyright: basic

from collections import Counter
from collections.abc import Sequence
from typing import Any

from scipy.stats import beta, chi2

from .declared import limits_of
from .kinds import KINDS, available
from .rows import PARTS, RANDOM, Asked, Row
from .verdict import FALSE_TRIP, NOT_COVERED, NOT_DETECTED, OUTCOMES, UNSAFE

CONFIDENCE = 0.95


def clopper_pearson(events: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided upper bound of a probability; 1 where nothing was tried."""
    return 1.0 if events >= trials else float(beta.ppf(confidence, events + 1, trials - events))


def poisson(events: int, hours: float, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided upper bound of a rate, 1/h; infinite where nothing was simulated."""
    return float(chi2.ppf(confidence, 2 * (events + 1))) / 2.0 / hours if hours > 0.0 else float("inf")


def record(asked: Asked, rows: Sequence[Row]) -> dict[str, Any]:
    """All figures as plain data; bounds come from the independent random part alone. Times in ms."""
    independent = [row for row in rows if row["part"] == RANDOM]
    struck = [row for row in independent if row["fault"]]
    broken = [row for row in struck if row["outcome"] != NOT_COVERED]
    missed = sum(row["outcome"] in (UNSAFE, NOT_DETECTED) for row in broken)
    normal = [row for row in independent if not row["fault"]]
    hours = sum(row["simulated_s"] for row in normal) / 3600.0
    false = sum(row["outcome"] == FALSE_TRIP for row in normal)
    return {
        "seed": asked.seed,
        "scenarios": len(rows),
        "parts": {part: sum(row["part"] == part for row in rows) for part in PARTS},
        "simulated_h": sum(row["simulated_s"] for row in rows) / 3600.0,
        "outcomes": {
            outcome: {p: sum(r["outcome"] == outcome and r["part"] == p for r in rows) for p in PARTS}
            for outcome in OUTCOMES
        },
        "confidence": CONFIDENCE,
        "not_covered": _not_covered(rows, struck),
        "misses": {"seen": missed, "of": len(broken), "bound": clopper_pearson(missed, len(broken))},
        "false_trips": {
            "seen": false,
            "hours": hours,
            "of": len(normal),
            "bound_per_h": poisson(false, hours) if normal else None,
        },
        "guarantees": {name: _times(name, rows) for name in _timed(rows)},
        "coverage": coverage(asked, rows),
    }


def _not_covered(rows: Sequence[Row], struck: Sequence[Row]) -> dict[str, Any]:
    """The rows with a burn that no signal of the board shows. `hottest_k`: how far beyond its limit the skin got."""
    burnt = [row for row in rows if row["outcome"] == NOT_COVERED]
    seen = sum(row["outcome"] == NOT_COVERED for row in struck)
    return {
        "rows": len(burnt),
        "seen": seen,
        "of": len(struck),
        "bound": clopper_pearson(seen, len(struck)),
        "hottest_k": max((-row["skin_k"] for row in burnt), default=None),
        "faults": sorted({" and ".join(sorted((row["fault"], row["second"]))) for row in burnt}),
    }


def coverage(asked: Asked, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """How often each fault that was asked for and that the board can show was drawn in each phase, and which causes it
    showed, with how many of each."""
    shown = available(limits_of(asked.limits, asked.board).board, asked.faults)
    found: dict[str, dict[str, Any]] = {
        name: {"phases": dict.fromkeys(KINDS[name].phases, 0), "causes": Counter()} for name in shown
    }
    for row in rows:
        for fault, phase in ((row["fault"], row["phase"]), (row["second"], row["second_phase"])):
            if fault:
                found[fault]["phases"][phase] += 1
                found[fault]["causes"][row["cause"].split(":")[0] or "no trip"] += 1
    return found


def lines(it: dict[str, Any]) -> list[str]:
    """The summary of a record, a line each."""
    misses, false = it["misses"], it["false_trips"]
    sure = f"at {CONFIDENCE:.0%} confidence fewer than"
    counted = {outcome: sum(parts.values()) for outcome, parts in it["outcomes"].items()}
    parts = ", ".join(f"{number} {part}" for part, number in it["parts"].items())
    found = [f"not covered by this board: {not_covered_text(it)}"] if it["not_covered"]["rows"] else []
    found += [
        f"{it['scenarios']} scenarios ({parts}): " + ", ".join(f"{number} {name}" for name, number in counted.items()),
        f"misses: {misses['seen']} of {misses['of']} independent scenarios with a fault; {sure} {misses['bound']:.3%}"
        " (Clopper-Pearson; for the declared distribution of scenarios, not of patients)",
    ]
    if false["bound_per_h"] is not None:
        found.append(
            f"false trips: {false['seen']} in {false['hours']:.3f} simulated hours of {false['of']} independent nominal"
            f" treatments; {sure} {false['bound_per_h']:.2f} per hour (Poisson)"
        )
    found += [
        f"{name}: permit low after {times['median_ms']:.3f} ms (median), {times['longest_ms']:.3f} ms (longest) of"
        f" {times['of']}; smallest margin to the bound {times['margin_ms']:.3f} ms"
        for name, times in it["guarantees"].items()
    ]
    cells = [number for each in it["coverage"].values() for number in each["phases"].values()]
    seen = {cause for each in it["coverage"].values() for cause in each["causes"]} - {"no trip"}
    found.append(f"coverage: {sum(map(bool, cells))} of {len(cells)} pairs of fault and phase, {len(seen)} causes")
    return found


def not_covered_text(it: dict[str, Any]) -> str:
    """What a board has not covered in a record, in words."""
    blind = it["not_covered"]
    scenarios = "1 scenario" if blind["rows"] == 1 else f"{blind['rows']} scenarios"
    return (
        f"{scenarios} in which {' or '.join(blind['faults'])} burnt skin that no signal shows, up to"
        f" {blind['hottest_k']:.1f} K beyond its limit; {blind['seen']} of {blind['of']} independent scenarios with a"
        f" fault, at {CONFIDENCE:.0%} confidence fewer than {blind['bound']:.3%}"
    )


def _timed(rows: Sequence[Row]) -> list[str]:
    """Guarantees with a reaction, G1 to G12."""
    return sorted({row["guarantee"] for row in rows if row["reaction_us"] is not None}, key=lambda name: int(name[1:]))


def _times(guarantee: str, rows: Sequence[Row]) -> dict[str, Any]:
    timed = [row for row in rows if row["guarantee"] == guarantee and row["reaction_us"] is not None]
    times = sorted(row["reaction_us"] / 1e3 for row in timed)
    closest = min(timed, key=lambda row: (row["margin_us"], row["number"]))
    return {
        "of": len(times),
        "median_ms": times[len(times) // 2],
        "p95_ms": times[min(len(times) - 1, round(0.95 * len(times)))],
        "longest_ms": times[-1],
        "margin_ms": closest["margin_us"] / 1e3,
        "margin_row": closest["number"],
        "margin_bound_ms": closest["bound_us"] / 1e3,
    }
