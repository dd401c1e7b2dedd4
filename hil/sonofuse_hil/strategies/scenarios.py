"""Whole scenarios, each with what has to be seen."""

import math
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sonofuse.board import Board
from sonofuse.limits import LimitsFile, load

from ..faults import Fault, link
from ..faults.register import IDLE, ON, TRIP
from ..operator import Sonication
from ..plant.tissue import Anatomy
from ..scenario_model import ANYHOW, OFF, Event, Expectation, Scenario
from .benches import seeds, tolerances
from .breaking import certain_us, faults_of, shortened_s
from .treatments import anatomies, plans

_ROOM_US = 50_000  # between a bound and the planned end


def expected(limits: LimitsFile, plan: tuple[Sonication, ...], events: tuple[Event, ...]) -> Expectation:
    """What these limits promise: the bound of a fault where it is certain and the sonication lasts for it; of two
    faults the later bound, if they are no matter of one channel each; with nothing broken a normal end. Where nothing
    follows RF is off in the end, whatever else is seen."""
    if not events:
        return Expectation(False, "G8")
    last = events[-1]
    bounds = [_bound_us(limits, plan, event) for event in events]
    known = [us for us in bounds if us is not None]
    if len(known) < len(events) or not _apart(events):
        return Expectation(False, last.fault.guarantee, otherwise=ANYHOW)
    if len(events) == 1:
        tells = last.fault.response == TRIP and told(last.fault)
        return Expectation(
            tells, last.fault.guarantee, (), known[0], last.fault.name, last.fault.phase == IDLE, "" if tells else OFF
        )
    first = events[0]
    end_us = max(event.time_us + us for event, us in zip(events, known, strict=True))
    return Expectation(
        False, last.fault.guarantee, within_us=end_us - first.time_us, since=first.fault.name, otherwise=OFF
    )


def told(fault: Fault) -> bool:
    """Whether a console hears of the trip: not where the line to it is what breaks."""
    return fault.course.__module__ != link.__name__


def _bound_us(limits: LimitsFile, plan: tuple[Sonication, ...], event: Event) -> int | None:
    bound_us = certain_us(event.fault, limits, dict(event.values))
    left_us = math.inf
    if event.fault.phase == ON:
        left_us = plan[event.sonication].duration_s * 1e6 - event.time_us
    return bound_us if bound_us is not None and bound_us + _ROOM_US <= left_us else None


def _apart(events: tuple[Event, ...]) -> bool:
    """Whether one fault cannot hide the other: two at most, in one sonication, of different parts."""
    if len(events) == 1:
        return True
    first, second = events
    sensors = [event for event in events if "channel" in event.values]
    together = first.after_rf and second.after_rf and first.sonication == second.sonication
    return together and len(sensors) < 2 and first.fault is not second.fault and first.time_us <= second.time_us


def described(events: tuple[Event, ...]) -> str:
    """What is broken, in words."""
    return " and ".join(event.fault.text for event in events) or "nothing is broken"


def scenarios(
    limits: Path,
    board: Board | None = None,
    *,
    plan: SearchStrategy[tuple[Sonication, ...]] | None = None,
    anatomy: SearchStrategy[Anatomy] | None = None,
    faults: bool = True,
    doubles: bool = True,
) -> SearchStrategy[Scenario]:
    """Scenarios for a limits file that the rig can build and run: plan, patient, bench, faults, and what has to be
    seen. They shrink to a short plan, an early fault, and the standard patient and bench.

    Args:
        limits: the file. board: in the place of the one that it names.
        plan: of the treatment (default: `plans(limits)`). anatomy: of the patient (default: `anatomies()`).
        faults: False for normal treatments alone. doubles: whether two faults may come at once.

    Raises:
        LimitsError: if the limits file is wrong. ValueError: if it permits no plan of the declared ranges.
    """
    read = load(limits, board)
    treatments = plans(read) if plan is None else plan
    patients = anatomies() if anatomy is None else anatomy

    @st.composite
    def drawn(draw: st.DrawFn) -> Scenario:
        treatment = draw(treatments)
        broken = faults and draw(st.booleans())
        events = draw(faults_of(read.board, read, treatment, doubles=doubles)) if broken else ()
        return Scenario(
            name="drawn",
            title=described(events),
            description="Drawn by sonofuse_hil.strategies.",
            limits=limits,
            plan=treatment,
            expect=expected(read, treatment, events),
            events=events,
            tolerances=draw(tolerances()),
            anatomy=draw(patients),
            seed=draw(seeds()),
            cooling_gap_s=shortened_s(read),
            board=None if board is None else board.file,
        )

    return drawn()
