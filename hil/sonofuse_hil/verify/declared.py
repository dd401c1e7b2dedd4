"""The declared cases of the catalogue that have no bound of a fault's own, as scenarios with the user's limits."""

import math
from collections.abc import Iterator
from functools import partial

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sonofuse.board import Board
from sonofuse.limits import LimitsFile

from .. import strategies
from ..faults import Choice, Fault, Value
from ..faults.cases import AS_PLANNED, END, INHIBITED, REFUSED, TRIP, UNSEEN, WARNED, Case
from ..faults.declared import CASES
from ..faults.register import BOOT, IDLE
from ..operator import Sonication
from ..scenario_model import ANYHOW, NO_START, OFF, Event, Expectation, Scenario, cause_names
from ..strategies.breaking import shortened_s
from ..strategies.scenarios import told
from ..strategies.treatments import armable_w, longest_s
from .limits_files import LimitsFiles
from .model import Example, Property, as_promised

_IN_GAP_US = 100_000


def properties(files: LimitsFiles) -> list[Property]:
    """One for each declared case that says more than the bound of its fault."""
    return [
        Property(f"case {case.label}", case.guarantee, _drawn(files, case), 0.25)
        for case in CASES
        if not _bounded(files.limits, case) and not lacks(files.limits, case) and case.status not in (UNSEEN, WARNED)
    ]


def not_covered(files: LimitsFiles) -> list[str]:
    """Cases that are declared as not detected, or that these limits have no check for, a line each."""
    lines: list[str] = []
    for case in CASES:
        if case.status in (UNSEEN, WARNED):
            lines.append(f"fault {case.label}: {case.status}: {case.why}")
        elif lacks(files.limits, case):
            lines.append(f"fault {case.label}: {lacks(files.limits, case)}")
    return lines


def lacks(limits: LimitsFile, case: Case) -> str:
    """Why these limits or their board cannot show a case, "" if they can."""
    for part in case.parts:
        blind = part.fault.uncovered(limits.board, part.values)
        if blind:
            return blind.removeprefix("not covered: ")
    known = cause_names(limits)
    if case.status == TRIP and case.causes and not set(case.causes) & set(known):
        return f"these limits have no check {' or '.join(case.causes)}"
    if not all(s.duration_s <= longest_s(limits, min(s.power_w, armable_w(limits))) for s in case.plan):
        return "these limits do not permit so long a sonication"
    return ""


def defaults(fault: Fault, board: Board) -> Iterator[dict[str, Value]]:
    """The default parameters of a fault, for every channel of it that the board has."""
    usual = fault.values()
    channels = fault.parameters.get("channel")
    words = channels.words if isinstance(channels, Choice) else ("",)
    for word in words:
        values = usual | ({"channel": word} if word else {})
        if not fault.uncovered(board, values):
            yield values


def _bounded(limits: LimitsFile, case: Case) -> bool:
    """Whether the property of the fault itself says the same."""
    part = case.parts[-1]
    if len(case.parts) > 1 or case.within is not None or part.when == BOOT:
        return False
    return strategies.certain_us(part.fault, limits, part.values) is not None


def _drawn(files: LimitsFiles, case: Case) -> SearchStrategy[Example]:
    jitter = st.integers(0, 22_000)  # any phase against ticks and conversions
    made = partial(_scenario, files, case)
    drawn = st.builds(made, jitter, strategies.tolerances(), strategies.seeds())
    return drawn.map(lambda scenario: Example(scenario, as_promised))


def _scenario(files: LimitsFiles, case: Case, jitter_us: int, tolerances: strategies.Tolerances, seed: int) -> Scenario:
    limits = files.limits
    plan = tuple(Sonication(min(s.power_w, armable_w(limits)), s.duration_s) for s in case.plan)
    if any(part.when == IDLE for part in case.parts):
        plan *= 2
    events: list[Event] = []
    for part in case.parts:
        if part.when == BOOT:
            events.append(Event(part.fault, part.values, part.after_us, False))
            continue
        after_us = part.after_us + jitter_us
        after_us += round(1e6 * plan[0].duration_s) + _IN_GAP_US if part.when == IDLE else 0
        events.append(Event(part.fault, part.values, after_us, True))
    return Scenario(
        "case",
        f"{case.label}: {case.text}",
        "A case of the catalogue of faults (docs/faults.md).",
        files.file,
        plan,
        _expected(limits, case, plan, events),
        tuple(events),
        tolerances,
        seed=seed,
        cooling_gap_s=shortened_s(limits),
        board=None if files.board is None else files.board.file,
    )


def _expected(limits: LimitsFile, case: Case, plan: tuple[Sonication, ...], events: list[Event]) -> Expectation:
    guarantee, last = case.guarantee, events[-1]
    if case.status == INHIBITED:
        return Expectation(False, guarantee, otherwise=NO_START)
    if case.status == REFUSED:
        otherwise = NO_START if len(plan) == 1 and case.refused.startswith("ARM") else ANYHOW
        return Expectation(False, guarantee, otherwise=otherwise)
    if case.status == AS_PLANNED:
        return Expectation(False, guarantee)
    bound_us = case.bound_us(limits)
    left_us = math.ceil(1e6 * plan[last.sonication].duration_s) - last.time_us
    within_us = max(left_us, 0) if bound_us is None else bound_us
    since = "end" if case.since == END else last.fault.name
    if case.status != TRIP or not told(last.fault):
        return Expectation(False, guarantee, (), within_us, since, otherwise=OFF)
    known = set(cause_names(limits))
    pairs = [cause.partition(" ") for cause in case.causes if cause in known]
    causes = tuple((channel, check) for channel, _, check in pairs)
    return Expectation(True, guarantee, causes, within_us, since, case.alarm)
