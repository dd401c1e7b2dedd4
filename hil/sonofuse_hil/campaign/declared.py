"""The declared distribution of scenarios: which plans, tissue, parts and faults a campaign draws, and from where.

A scenario is a pure function of a point in the unit cube, one coordinate for each figure below, in this order. All
figures are evenly spread. The ranges are this project's choice (D) unless a source is named: no survey of patients or
of devices.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..bench import Tolerances
from ..faults import get
from ..operator import Sonication
from ..plant.tissue import STANDARD, Anatomy
from ..scenario_model import Event, Expectation, Scenario

_T = TypeVar("_T")

VERSION = 1  # of this declaration: a folder of another one is not continued
SONICATIONS = 3
ANATOMIES = 6
NOMINAL_SHARE = 0.4  # of the scenarios, in which nothing is broken
GAP_S = 1.0  # shortened: the water has cooled the skin for 200 s when the simulation begins
ONSET, MIDDLE, LATE, GAP = PHASES = ("onset of RF", "middle", "end", "gap")
_PHASE_SHARE = (0.01, 0.5, 0.95)  # of a sonication's duration
_IN_GAP_S = 0.3  # after the planned end
_EFFICIENCY = 0.65  # electrical to acoustic (domain sheet A, from memory)
_SENSORS = ("skin_a", "skin_b", "transducer", "water")

# Fault, its parameters: words to choose from, or (low, high) in base units.
FAULTS: dict[str, dict[str, tuple[str, ...] | tuple[float, float]]] = {
    "overpower": {"power": (150.0, 300.0)},  # beyond 120 W absolute by more than the detector may err
    "lost_coupling": {"coupling": (0.0, 0.4)},
    "sensor_open": {"channel": _SENSORS},
    "sensor_short": {"channel": _SENSORS},
    "sensor_line": {"channel": _SENSORS, "level": ("zeros", "ones")},
    "sensor_silent": {"channel": _SENSORS},
    "detector_dead": {"channel": ("forward", "reflected")},
    "patient_stop": {},
    "brown_out": {},
    "console_hung": {},
    "hung_firmware": {},
    "firmware_raises": {"kind": ("memory", "os", "value", "interrupt")},
}


# Number of sonications, power and duration of each, patient, 10 tolerances, broken or not, fault, when, its parameters.
DIMENSIONS = 1 + 2 * SONICATIONS + 1 + 10 + 1 + 1 + 3 + max(map(len, FAULTS.values()))


@dataclass(frozen=True)
class Drawn:
    """A scenario with what the oracle and the table need to know: the fault's name and phase, "" for none."""

    scenario: Scenario
    fault: str
    phase: str


class _Coordinates:
    def __init__(self, point: Sequence[float]) -> None:
        self._rest = iter(point)

    def even(self, low: float, high: float) -> float:
        return low + (high - low) * next(self._rest)

    def one(self, choices: Sequence[_T]) -> _T:
        return choices[min(int(next(self._rest) * len(choices)), len(choices) - 1)]


@cache
def anatomy_of(number: int) -> Anatomy:
    """One of ANATOMIES patients. So few, because the solution of each takes seconds, and equal ones share it.

    Thicknesses are around those of domain sheet A; the absorption of bone is spread over the published range.
    """
    rng = np.random.default_rng([VERSION, number])
    at = _Coordinates([float(value) for value in rng.random(8)])
    skin, fat, muscle, bone, marrow = STANDARD.layers
    return Anatomy(
        layers=(
            replace(skin, thickness_mm=at.even(1.5, 2.5)),
            replace(fat, thickness_mm=at.even(5.0, 20.0)),
            replace(muscle, thickness_mm=at.even(20.0, 50.0)),
            replace(bone, thickness_mm=at.even(3.0, 8.0)),
            marrow,
        ),
        bone_absorption=at.even(0.16, 1.0),  # published codes: 0.16, 0.28 or 1 (domain sheet, finding 3)
        beam_radius_mm=at.even(5.0, 9.0),  # around 7 mm, which gives clinical temperatures (domain sheet A)
        probes_mm=(at.even(1.0, 4.0), at.even(1.0, 4.0)),
    )


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
    """
    if len(point) != DIMENSIONS or not all(0.0 <= value <= 1.0 for value in point):
        raise ValueError(f"a point has {DIMENSIONS} coordinates from 0 to 1")
    at = _Coordinates(point)
    number = at.one(range(1, SONICATIONS + 1))
    plan = tuple(Sonication(at.even(20.0, 60.0) / _EFFICIENCY, at.even(1.0, 8.0)) for _ in range(SONICATIONS))[:number]
    anatomy = anatomy_of(at.one(range(ANATOMIES)))
    tolerances = Tolerances(  # as for G8
        skin_a_offset_c=at.even(-0.2, 0.2),
        skin_b_offset_c=at.even(-0.2, 0.2),
        transducer_offset_c=at.even(-0.2, 0.2),
        water_offset_c=at.even(-0.2, 0.2),
        forward_error_db=at.even(-0.1, 0.1),
        reflected_error_db=at.even(-0.1, 0.1),
        generator_error=at.even(-0.01, 0.01),
        reference_error=at.even(-0.0005, 0.0005),
        lag_s=at.even(0.1, 0.5),
        flow_ml_min=round(at.even(1_700, 2_500)),
    )
    broken = at.even(0.0, 1.0) >= NOMINAL_SHARE
    fault, phase, events = _event(at, plan, tuple(faults) or tuple(FAULTS)) if broken else ("", "", ())
    text = f"{fault} ({phase})" if fault else "nothing broken"
    drawn = Scenario(
        "campaign",
        text,
        "drawn from the declared distribution",
        limits,
        plan,
        Expectation(bool(fault), get(fault).guarantee if fault else "G8"),
        events,
        tolerances,
        anatomy,
        seed,
        GAP_S,
        board,
    )
    return Drawn(drawn, fault, phase)


def _event(at: _Coordinates, plan: tuple[Sonication, ...], names: Sequence[str]) -> tuple[str, str, tuple[Event, ...]]:
    fault = get(at.one(names))
    sonication = at.one(range(len(plan)))
    phase = at.one(PHASES)
    if phase == GAP and sonication == len(plan) - 1:
        phase = MIDDLE  # no gap follows the last one
    duration_s = plan[sonication].duration_s
    after_s = duration_s + _IN_GAP_S if phase == GAP else duration_s * _PHASE_SHARE[PHASES.index(phase)]
    moment_us = round(after_s * 1e6 + at.even(0.0, 22_000.0))  # any phase against ticks and conversions
    values: dict[str, float | str] = {}
    for name, kind in FAULTS[fault.name].items():
        values[name] = at.one(kind) if isinstance(kind[0], str) else at.even(float(kind[0]), float(kind[1]))
    return fault.name, phase, (Event(fault, values, moment_us, True, sonication),)
