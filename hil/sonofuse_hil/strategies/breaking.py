"""Faults: which, with what parameters, when, and two at once."""

import math

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sonofuse.board import Board
from sonofuse.limits import LimitsFile
from sonofuse.limits.units import DIMENSIONS, quantity

from .. import ranges
from ..faults import Choice, Fault, Parameter, Quantity, Value, fault_names, get
from ..faults.register import BOOT, IDLE
from ..operator import Sonication
from ..ranges import Range
from ..scenario_model import Event
from .benches import spread

PLAN = (Sonication(60.0, 1.0), Sonication(60.0, 1.0))
_STEPS = 200  # of a parameter over its range


def shortened_s(limits: LimitsFile) -> float:
    """The cooling gap of a scenario, s: that of the limits, GAP_S at most."""
    return min(limits.cooling_gap_s, ranges.GAP_S)


def shown(board: Board) -> list[Fault]:
    """Every fault of the register that a board can show on some channel, by name."""
    return [fault for fault in map(get, fault_names()) if not fault.covered_nowhere(board)]


def parameters(fault: Fault, board: Board) -> SearchStrategy[dict[str, Value]]:
    """The parameters of a fault in base units, over the ranges of the register; a time is LONGEST_S at most. They
    shrink to the defaults, and what the board has no signal for is not drawn.

    Raises:
        ValueError: if the board cannot show the fault at all.
    """
    if fault.covered_nowhere(board):
        raise ValueError(fault.blind(board)[0])
    every = {name: _parameter(name, kind, fault, board) for name, kind in fault.parameters.items()}
    drawn = st.tuples(*every.values()).map(lambda values: dict(zip(every, values, strict=True)))
    return drawn.filter(lambda values: not fault.uncovered(board, values))


def _parameter(name: str, kind: Parameter, fault: Fault, board: Board) -> SearchStrategy[Value]:
    if isinstance(kind, Choice):
        words = [word for word in kind.words if name != "channel" or not fault.uncovered(board, {name: word})]
        if name == "other":  # another place than the first one
            words = [word for word in words if board.watching(word) is not None]
        return st.sampled_from(words)
    return _amounts(kind)


def _amounts(kind: Quantity) -> SearchStrategy[Value]:
    """A quantity, readable: with three digits that count."""
    dimension = quantity(kind.default, *DIMENSIONS)[1]
    standard, low, high = kind.read(kind.default), kind.read(kind.low), kind.read(kind.high)
    if dimension == "counts":
        return st.just(standard) | st.integers(int(low), int(high)).map(float)
    if dimension == "time":
        high, standard = min(high, ranges.LONGEST_S), min(standard, ranges.LONGEST_S)
        low = max(low, 1e-3) if low < high else low
        steps = st.integers(0, _STEPS).map(lambda k: low * (high / low) ** (k / _STEPS))
    else:
        steps = st.integers(0, _STEPS).map(lambda k: low + (high - low) * k / _STEPS)
    rounded = steps.map(lambda value: min(max(float(f"{value:.3g}"), low), high))
    return st.just(standard) | rounded


def certain_us(fault: Fault, limits: LimitsFile, values: dict[str, Value]) -> int | None:
    """The bound of a fault, if it follows from every parameter as it is and nudged by 5 % of itself and of its default;
    None where a bench within tolerance might stay within the limit."""
    bound_us = fault.bound_us(limits, values)
    for name, kind in fault.parameters.items():
        if isinstance(kind, Quantity) and bound_us is not None:
            amount = float(values[name])
            step = 0.05 * abs(amount) + 0.05 * abs(kind.read(kind.default))
            low, high = kind.read(kind.low), kind.read(kind.high)
            nudged = [amount + way for way in (-step, step) if low <= amount + way <= high]
            around = [fault.bound_us(limits, {**values, name: each}) for each in nudged]
            bound_us = None if None in around else max([bound_us, *(us for us in around if us is not None)])
    return bound_us


@st.composite
def faults_of(
    draw: st.DrawFn,
    board: Board,
    limits: LimitsFile,
    plan: tuple[Sonication, ...] = PLAN,
    *,
    doubles: bool = True,
    only: tuple[str, ...] = (),
) -> tuple[Event, ...]:
    """One fault in a plan, or two: any phase of any sonication, the gap after it, or before the boot, as the fault is
    made for; the parameters over the register's ranges.

    Args:
        limits: whose cooling gap, shortened to GAP_S, lies between two sonications. plan: of the treatment.
        doubles: whether two may come at once.
        only: names of faults to draw from (all that the board can show if empty).

    Raises:
        KeyError: if there is no such fault. ValueError: if the board can show none of them.
    """
    known = [get(name) for name in only] or shown(board)
    gap_s = shortened_s(limits)
    usable = [f for f in known if not f.covered_nowhere(board) and (f.phase != IDLE or len(plan) > 1)]
    if not usable:
        raise ValueError(f"board {board.name} can show none of these faults: {', '.join(only)}")
    first = draw(_event(st.sampled_from(usable), board, plan, gap_s))
    if not doubles or not draw(st.booleans()):
        return (first,)
    return (first, draw(_event(st.sampled_from(usable), board, plan, gap_s)))


@st.composite
def _event(
    draw: st.DrawFn, chosen: SearchStrategy[Fault], board: Board, plan: tuple[Sonication, ...], gap_s: float
) -> Event:
    fault = draw(chosen)
    values = draw(parameters(fault, board))
    if fault.phase == BOOT:
        return Event(fault, values, 0, False)
    if fault.phase == IDLE:
        sonication = draw(st.integers(0, len(plan) - 2))
        share = draw(spread(Range(0.1, 0.9), 0.1, 3))
        return Event(fault, values, round(1e6 * (plan[sonication].duration_s + share * gap_s)), True, sonication)
    sonication = draw(st.integers(0, len(plan) - 1))
    last_us = math.floor(plan[sonication].duration_s * 1e6)
    first_us = min(int(ranges.ONSET_US.low), last_us)
    return Event(fault, values, draw(st.integers(first_us, last_us)), True, sonication)
