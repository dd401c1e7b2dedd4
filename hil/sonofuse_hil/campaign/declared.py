"""The declared distribution of scenarios: which plans, tissue, parts and faults a campaign draws, and from where.

A scenario is a pure function of a point in the unit cube, one coordinate for each figure below, in this order. All
figures are evenly spread but for durations, whose logarithm is. The ranges: ranges.py beside this folder; what stands
here is this project's choice (D) too. The faults: kinds.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from sonofuse.board import load_board
from sonofuse.limits import LimitsFile, load

from .. import ranges
from ..bench import Tolerances
from ..faults import Value, get
from ..faults.register import BOOT, Choice
from ..guarantees.oracle import Oracle
from ..operator import Sonication
from ..plant.tissue import STANDARD, Anatomy
from ..plant.transducer import EFFICIENCY
from ..ranges import Range
from ..scenario_model import Event, Expectation, Scenario
from .kinds import BEFORE, GAP, KINDS, LATE, MIDDLE, MOST_PARAMETERS, ONSET, PAIRS, available, touches, words
from .kinds import weights as weights_of

_T = TypeVar("_T")

VERSION = 3  # of this declaration and its search: a folder of another one is not continued
SONICATIONS = 4
_NUMBERS = (1, 1, 2, 2, 3, 4)  # sonications of a treatment: one is drawn
ANATOMIES = 24
_PATIENTS = 2  # the stream of chance that they come from
NOMINAL_SHARE = 0.3  # of the scenarios, in which nothing is broken
TWO_SHARE = 0.25  # of the others: two faults
_PAIR_SHARE = 0.2  # of those: the double faults of the catalogue
_TOGETHER = 0.6  # of those: the second one strikes in the same phase as the first, if it can
GAPS_S = (0.6, 1.0, 2.0)  # shortened: the water has cooled the skin for 200 s when the simulation begins
_NEW_SHARE = 0.1  # of the devices have never treated, and want that acknowledged
_PHASE_SHARE = {ONSET: 0.01, MIDDLE: 0.5, LATE: 0.95}  # of a sonication's duration
_IN_GAP_S = 0.3  # after the planned end
_ANY_US = 22_000  # a moment is later by up to this: any phase against ticks and conversions
_UNTIL_RF_US = 1_500_000  # after power-up
_LONGEST_S = 15.0  # of a sonication that lasts until a slow fault has to be seen
_SLACK_S = 0.4  # and this much longer

# New or not, number of sonications, power and duration of each, gap, patient, 10 tolerances, broken or not, one or two
# faults, a declared pair or not; for each of two: which, which sonication, when (twice), and its parameters.
DIMENSIONS = 1 + 1 + 2 * SONICATIONS + 1 + 1 + 10 + 3 + 2 * (4 + MOST_PARAMETERS)


@dataclass(frozen=True)
class Strike:
    """A fault that is drawn: which, with what, in which phase."""

    fault: str
    phase: str
    values: dict[str, Value]
    event: Event


@dataclass(frozen=True)
class Drawn:
    """A scenario with what the oracle and the table need to know: its faults, none, one or two. `new`: a device that
    has never treated."""

    scenario: Scenario
    strikes: tuple[Strike, ...]
    new: bool


class _Coordinates:
    def __init__(self, point: Sequence[float]) -> None:
        self._rest = iter(point)

    def next(self) -> float:
        return next(self._rest)

    def even(self, low: float, high: float, *second: float) -> float:
        """In one range, or in two of which each is as likely as it is wide."""
        at = self.next()
        if not second:
            return low + (high - low) * at
        at *= high - low + second[1] - second[0]
        return low + at if at < high - low else second[0] + at - (high - low)

    def over(self, each: Range) -> float:
        return self.even(each.low, each.high)

    def one(self, choices: Sequence[_T], weights: Sequence[float] | None = None) -> _T:
        at = self.next()
        if weights is None:
            return at_share(choices, at)
        at *= sum(weights)
        for choice, weight in zip(choices, weights, strict=True):
            at -= weight
            if at < 0.0:
                return choice
        return choices[-1]


@cache
def anatomy_of(number: int) -> Anatomy:
    """One of ANATOMIES patients. Not one for each scenario, because the solution of each takes a quarter of a second,
    and equal ones share it.

    """
    rng = np.random.default_rng([_PATIENTS, number])
    at = _Coordinates([float(value) for value in rng.random(9)])
    skin, fat, muscle, bone, marrow = STANDARD.layers
    return Anatomy(
        layers=(
            replace(skin, thickness_mm=at.over(ranges.SKIN_MM)),
            replace(fat, thickness_mm=at.over(ranges.FAT_MM)),
            replace(muscle, thickness_mm=at.over(ranges.MUSCLE_MM)),
            replace(bone, thickness_mm=at.over(ranges.BONE_MM)),
            marrow,
        ),
        bone_absorption=at.over(ranges.BONE_ABSORPTION),
        shear_share=at.over(ranges.SHEAR_SHARE),
        beam_radius_mm=at.over(ranges.BEAM_RADIUS_MM),
        probes_mm=(at.over(ranges.PROBE_MM), at.over(ranges.PROBE_MM)),
    )


@lru_cache(maxsize=4)
def limits_of(limits: Path, board: Path | None) -> LimitsFile:
    """A limits file, read once."""
    return load(limits, None if board is None else load_board(board))


def impossible(oracle: Oracle) -> str:
    """Why a drawn plan cannot be armed with some limits, "" if each can."""
    most_w, longest_s = ranges.ACOUSTIC_W.high / EFFICIENCY, _LONGEST_S
    armable_w = oracle.armable_w(oracle.watching("forward"))
    if most_w > armable_w:
        return f"a campaign draws up to {most_w:.1f} W, and these limits arm at most {armable_w:.1f} W"
    if longest_s > oracle.duration_us * 1e-6:
        return f"a campaign draws up to {longest_s:g} s, and these limits allow {oracle.duration_us * 1e-6:g} s"
    if most_w * longest_s > oracle.energy_j:
        return f"a campaign draws up to {most_w * longest_s:.0f} J, and these limits allow {oracle.energy_j:g} J"
    return ""


def scenario(
    point: Sequence[float], seed: int, limits: Path, board: Path | None = None, faults: Sequence[str] = ()
) -> Drawn:
    """The scenario at a point of the unit cube.

    Args:
        point: DIMENSIONS coordinates from 0 to 1.
        seed: of all noise.
        faults: draw only from these (all that are declared if empty).

    Raises:
        ValueError: if the point has another number of coordinates, or one outside 0 to 1.
        LimitsError: if the limits file is wrong.
    """
    if len(point) != DIMENSIONS or not all(0.0 <= value <= 1.0 for value in point):
        raise ValueError(f"a point has {DIMENSIONS} coordinates from 0 to 1")
    at = _Coordinates(point)
    new = at.next() < _NEW_SHARE
    number = at.one(_NUMBERS)
    ratio = ranges.CAMPAIGN_S.high / ranges.CAMPAIGN_S.low
    plan = [
        Sonication(at.over(ranges.ACOUSTIC_W) / EFFICIENCY, round(ranges.CAMPAIGN_S.low * ratio ** at.next(), 6))
        for _ in range(SONICATIONS)
    ][:number]
    gap_s = at.one(GAPS_S)
    anatomy = anatomy_of(at.one(range(ANATOMIES)))
    tolerances = Tolerances(  # as for G8
        skin_a_offset_c=at.over(ranges.OFFSET_K),
        skin_b_offset_c=at.over(ranges.OFFSET_K),
        transducer_offset_c=at.over(ranges.OFFSET_K),
        water_offset_c=at.over(ranges.OFFSET_K),
        forward_error_db=at.over(ranges.DETECTOR_DB),
        reflected_error_db=at.over(ranges.DETECTOR_DB),
        generator_error=at.over(ranges.GENERATOR),
        reference_error=at.over(ranges.REFERENCE),
        lag_s=at.over(ranges.LAG_S),
        flow_ml_min=round(at.over(ranges.FLOW_ML_MIN)),
    )
    broken = at.next() >= NOMINAL_SHARE
    strikes = _strikes(at, plan, limits_of(limits, board), faults) if broken else ()
    drawn = Scenario(
        name="campaign",
        title=" and ".join(f"{strike.fault} ({strike.phase})" for strike in strikes) or "nothing broken",
        description="Drawn from the declared distribution.",
        limits=limits,
        plan=tuple(plan),
        expect=Expectation(bool(strikes), get(strikes[0].fault).guarantee if strikes else "G8"),
        events=tuple(strike.event for strike in strikes),
        tolerances=tolerances,
        anatomy=anatomy,
        seed=seed,
        cooling_gap_s=gap_s,
        board=board,
    )
    return Drawn(drawn, strikes, new)


def _strikes(at: _Coordinates, plan: list[Sonication], limits: LimitsFile, names: Sequence[str]) -> tuple[Strike, ...]:
    """One fault, or two; a sonication of the plan may become longer."""
    shown = available(limits.board, names)
    two, declared = at.next() < TWO_SHARE, at.next()
    pairs = [pair for pair in PAIRS if set(pair) <= set(shown)]
    pair = at_share(pairs, declared / _PAIR_SHARE) if two and pairs and declared < _PAIR_SHARE else None
    first = _strike(at, plan, limits, shown if pair is None else pair[:1])
    others = pair[1:] if pair is not None else [n for n in shown if n != first.fault and not KINDS[n].alone]
    if not two or not others or (pair is None and KINDS[first.fault].alone):
        return (first,)
    second = _strike(at, plan, limits, others, first)
    apart = touches(first.values, get(first.fault)) & touches(second.values, get(second.fault))
    return (first,) if apart else (first, second)


def _strike(
    at: _Coordinates, plan: list[Sonication], limits: LimitsFile, names: Sequence[str], beside: Strike | None = None
) -> Strike:
    fault = get(at.one(names, weights_of(names)))
    kind = KINDS[fault.name]
    sonication = at.one(range(len(plan)))
    phases = [p for p in kind.phases if p != GAP or len(plan) > 1]
    share, moment = at.next(), at.next()
    if beside is not None and share < _TOGETHER and beside.phase in phases:
        phase, sonication = beside.phase, beside.event.sonication
    else:
        phase = at_share(phases, share if beside is None else max(share - _TOGETHER, 0.0) / (1.0 - _TOGETHER))
    values: dict[str, Value] = {
        name: at.one(words(fault, name, limits.board)) if isinstance(each, Choice) else at.even(*kind.ranges[name])
        for name, each in fault.parameters.items()
    }
    if phase == GAP:
        sonication = min(sonication, len(plan) - 2)  # none follows the last one
    duration_s = plan[sonication].duration_s
    if phase == BEFORE:  # what has to be wrong at power-up already is; the rest happens between it and RF
        when_us = 0 if fault.phase == BOOT else round(_UNTIL_RF_US * moment)
    else:
        after_s = duration_s + _IN_GAP_S if phase == GAP else duration_s * _PHASE_SHARE[phase]
        when_us = round(after_s * 1e6 + _ANY_US * moment)
    bound_us = fault.bound_us(limits, values)
    if bound_us is not None and phase in (ONSET, MIDDLE):
        seen_s = min(_LONGEST_S, (when_us + bound_us) * 1e-6 + _SLACK_S)
        if seen_s > duration_s and kind.slow:
            plan[sonication] = replace(plan[sonication], duration_s=round(seen_s, 6))
    return Strike(fault.name, phase, values, Event(fault, values, when_us, phase != BEFORE, sonication))


def at_share(choices: Sequence[_T], share: float) -> _T:
    """The choice at a share from 0 to 1 of all."""
    return choices[min(int(share * len(choices)), len(choices) - 1)]
