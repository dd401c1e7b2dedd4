"""What a campaign showed, in figures with their bounds."""

# SciPy and Arrow carry no types:
# pyright: basic

from collections import Counter
from collections.abc import Sequence

from scipy.stats import beta, chi2

from .rows import RANDOM, Row
from .verdict import FALSE_TRIP, NOT_DETECTED, OUTCOMES, UNSAFE

CONFIDENCE = 0.95


def clopper_pearson(events: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided upper bound of a probability; 1 where nothing was tried."""
    return 1.0 if events >= trials else float(beta.ppf(confidence, events + 1, trials - events))


def poisson(events: int, hours: float, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided upper bound of a rate, 1/h; infinite where nothing was simulated."""
    return float(chi2.ppf(confidence, 2 * (events + 1))) / 2.0 / hours if hours > 0.0 else float("inf")


def lines(rows: Sequence[Row]) -> list[str]:
    """The summary, a line each. Bounds come from the independent random part alone."""
    counted = Counter(row["outcome"] for row in rows)
    independent = [row for row in rows if row["part"] == RANDOM]
    broken = [row for row in independent if row["fault"]]
    missed = sum(row["outcome"] in (UNSAFE, NOT_DETECTED) for row in broken)
    normal = [row for row in independent if not row["fault"]]
    hours = sum(row["simulated_s"] for row in normal) / 3600.0
    false = sum(row["outcome"] == FALSE_TRIP for row in normal)
    chance, rate = clopper_pearson(missed, len(broken)), poisson(false, hours)
    sure = f"at {CONFIDENCE:.0%} confidence fewer than"
    found = [
        f"{len(rows)} scenarios: " + ", ".join(f"{counted[name]} {name}" for name in OUTCOMES),
        f"misses: {missed} of {len(broken)} independent scenarios with a fault; {sure}"
        f" {chance:.3%} (Clopper-Pearson; for the declared distribution of scenarios, not"
        " of patients)",
        f"false trips: {false} in {hours:.3f} simulated hours of {len(normal)} independent nominal treatments; {sure}"
        f" {rate:.2f} per hour (Poisson)",
    ]
    for guarantee in sorted({row["guarantee"] for row in rows if row["reaction_us"] is not None}):
        timed = [row for row in rows if row["guarantee"] == guarantee and row["reaction_us"] is not None]
        times = sorted(row["reaction_us"] for row in timed)
        half, most = times[len(times) // 2] / 1e3, times[-1] / 1e3
        least = min(row["margin_us"] for row in timed) / 1e3
        found.append(
            f"{guarantee}: permit low after {half:.3f} ms (median), {most:.3f} ms (longest) of {len(times)};"
            f" smallest margin to the bound {least:.3f} ms"
        )
    seen = {(row["fault"], row["phase"]) for row in rows if row["fault"]}
    found.append(
        f"coverage: {len(seen)} pairs of fault and phase, {len({row['cause'] for row in rows if row['cause']})} causes"
    )
    return found
