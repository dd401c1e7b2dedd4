"""G8: a normal treatment does not trip. False trips per simulated hour, with an upper bound from independent draws."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import ranges
from ..bench import Tolerances
from ..measurement import Measurement
from ..operator import Sonication
from ..plant.transducer import EFFICIENCY
from ..ranges import Range
from ..rig import Rig
from ..run import Run
from .g01 import tripped_after

_HOUR_US = 3600e6


@dataclass(frozen=True)
class Treatment:
    """A plan, and the bench on which it is carried out."""

    plan: tuple[Sonication, ...]
    tolerances: Tolerances
    seed: int


def population(number: int, seed: int, longest_s: float = 4.0) -> list[Treatment]:
    """Independent draws of normal treatments: one or two sonications of 20 to 60 W acoustic, of 0.3 s to `longest_s`;
    detectors within 0.1 dB, generator within 1 %, sensors within 0.2 K, flow 1.7 to 2.5 L/min, all evenly spread and
    chosen by this project (D, not a survey of devices)."""
    rng = np.random.default_rng(seed)

    def even(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    def over(each: Range) -> float:
        return even(each.low, each.high)

    return [
        Treatment(
            tuple(
                Sonication(over(ranges.ACOUSTIC_W) / EFFICIENCY, even(0.3, longest_s))
                for _ in range(int(rng.integers(1, 3)))
            ),
            Tolerances(
                skin_a_offset_c=over(ranges.OFFSET_K),
                skin_b_offset_c=over(ranges.OFFSET_K),
                transducer_offset_c=over(ranges.OFFSET_K),
                water_offset_c=over(ranges.OFFSET_K),
                forward_error_db=over(ranges.DETECTOR_DB),
                reflected_error_db=over(ranges.DETECTOR_DB),
                generator_error=over(ranges.GENERATOR),
                reference_error=over(ranges.REFERENCE),
                lag_s=over(ranges.LAG_S),
                flow_ml_min=int(rng.integers(round(ranges.FLOW_ML_MIN.low), round(ranges.FLOW_ML_MIN.high) + 1)),
            ),
            int(rng.integers(1, 10_000_000)),
        )
        for _ in range(number)
    ]


def perform(treatment: Treatment, limits: Path) -> Run:
    """Carry out one treatment from power-up to its end."""
    longest_us = 5_000_000 + sum(round(s.duration_s * 1e6) + 1_000_000 for s in treatment.plan)
    with Rig(limits, treatment.plan, tolerances=treatment.tolerances, seed=treatment.seed) as rig:
        return rig.run_plan(longest_us, after_us=100_000)


def completed(run: Run, treatment: Treatment) -> Measurement:
    """Sonications that did not end normally."""
    missing = len(treatment.plan) - run.done
    return Measurement("G8", "sonications not completed", float(missing), "", 0.0, run.tier, f"{treatment}")


def false_trips(runs: Sequence[Run], most_per_hour: float, confidence: float = 0.95) -> Measurement:
    """Upper bound of false trips per simulated hour, for independent runs; NaN, which fails, for none."""
    hours = sum(run.end_us for run in runs) / _HOUR_US
    trips = sum(not run.rf_us or tripped_after(run, run.rf_us[0]) for run in runs)
    value = rate_upper(trips, hours, confidence) if runs else math.nan
    tier = runs[0].tier if runs else ""
    example = f"{trips} trips in {len(runs)} treatments, {hours:.4f} h"
    return Measurement("G8", f"false trips, {confidence:.0%} upper bound", value, "1/h", most_per_hour, tier, example)


def rate_upper(events: int, hours: float, confidence: float = 0.95) -> float:
    """Exact one-sided upper bound of a Poisson rate: the rate at which so few events have probability 1 - confidence.

    No event in h hours gives 3.0/h at 95 %.

    Raises:
        ValueError: if hours is not positive.
    """
    if not hours > 0.0:
        raise ValueError(f"rate bound: {hours} hours were simulated; run for a while first")
    low, high = 0.0, 10.0 * (events + 5)
    for _ in range(100):
        middle = (low + high) / 2
        term = total = math.exp(-middle)
        for k in range(1, events + 1):
            term *= middle / k
            total += term
        low, high = (middle, high) if total > 1.0 - confidence else (low, middle)
    return high / hours
