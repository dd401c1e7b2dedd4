"""The properties of a limits file, each with the examples it is tried on, and what none of them can show."""

import math
from dataclasses import replace
from functools import partial

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sonofuse.limits.report import report

from .. import ranges, strategies
from ..faults import Fault, get
from ..faults.catalogue import CATALOGUE
from ..faults.register import BOOT, IDLE
from ..guarantees.excursion import Excursion
from ..operator import Sonication
from ..scenario import Outcome
from ..scenario_model import ANYHOW, Event, Expectation, Scenario
from ..strategies.breaking import shortened_s
from ..strategies.scenarios import described
from ..strategies.treatments import armable_w, longest_s, watts_of
from . import declared, excursions
from .limits_files import LimitsFiles
from .model import Example, Judged, Property, as_promised

_ROOM_US = 60_000  # between a bound and the planned end
_LAST_ONSET_US = 250_000
_SHORT = Sonication(60.0, 0.3)
_MONITOR = ("energy", "duration")


def properties(files: LimitsFiles) -> list[Property]:
    """All that verify tries, in the order of the table."""
    found = [_normal(files), _clear(files), _cooling(files)]
    provoked = strategies.provoked(files.oracle)
    named = [*files.oracle.limits, *(("monitor", check) for check in _MONITOR)]
    found += [_check(files, *each) for each in named if each in provoked and _reached(files, *each)]
    found += [_fault(files, fault) for fault in bounded(files)]
    found += declared.properties(files)
    pairs = _pairs(files)
    return found if pairs is None else [*found, pairs]


def not_covered(files: LimitsFiles) -> list[str]:
    """What no property can show, a line each: hazards and rows without a signal, checks that nothing can provoke."""
    limits, oracle = files.limits, files.oracle
    lines = [f"{h.hazard} {h.harm}: {h.note}" for h in report(limits).hazards if h.outcome == "not covered"]
    for row in CATALOGUE:
        lacks = row.not_covered(limits.board)
        if lacks:
            lines.append(f"fault {row.number} {row.what}: {lacks.removeprefix('not covered: ')}")
    provoked = strategies.provoked(oracle)
    reasons: dict[str, list[str]] = {}
    for channel, check in oracle.limits:
        if (channel, check) not in provoked:
            why = strategies.NOT_PROVOKED.get(check, "the digital input of a contact is 0 or 1")
            why = "faults of G11 are tried instead" if why == "G11" else why
            reasons.setdefault(f"{check}: {why}", []).append(channel)
        elif not _reached(files, channel, check):
            reasons.setdefault(f"{check}: no fault of the rig reaches what it watches", []).append(channel)
    lines += [f"{', '.join(channels)} {reason}" for reason, channels in reasons.items()]
    return lines + declared.not_covered(files)


def bounded(files: LimitsFiles) -> list[Fault]:
    """The faults that these limits promise a bound for, with their defaults."""
    board = files.limits.board
    return [
        fault
        for fault in strategies.shown(board)
        if fault.phase != BOOT
        and any(
            strategies.certain_us(fault, files.limits, values) is not None for values in declared.defaults(fault, board)
        )
    ]


def _powers(files: LimitsFiles) -> SearchStrategy[float]:
    return watts_of(ranges.POWER_W.within(0.0, armable_w(files.limits)))


def _normal(files: LimitsFiles) -> Property:
    drawn = strategies.scenarios(files.file, files.board, anatomy=strategies.anatomies(layers=False), faults=False)
    return Property("normal treatments do not trip", "G8", drawn.map(_as_it_says), 4.0)


def _as_it_says(scenario: Scenario) -> Example:
    return Example(scenario, as_promised)


def _clear(files: LimitsFiles) -> Property:
    def example(e: Excursion) -> Example:
        scenario = excursions.scenario(e, files, alone=True)
        assume(scenario is not None)
        assert scenario is not None
        title = f"{e.channel} comes near its limit `{e.check}` and stays clear of it"
        return _as_it_says(replace(scenario, title=title, expect=Expectation(False, "G8")))

    return Property("clear of a limit nothing trips", "G8", strategies.within(files.oracle).map(example), 4.0)


def _cooling(files: LimitsFiles) -> Property:
    """A console that does not wait: RF comes back when the gap is over, and not before. Limits without a gap fail."""
    least_s = shortened_s(files.limits) or ranges.GAP_S
    hurry = get("impatient_operator")

    @st.composite
    def drawn(draw: st.DrawFn) -> Example:
        values = draw(strategies.parameters(hurry, files.limits.board))
        plan = tuple(Sonication(draw(_powers(files)), _SHORT.duration_s) for _ in range(2))
        scenario = Scenario(
            "cooling",
            "the console arms again at once after a sonication",
            "Drawn by sonofuse hil verify.",
            files.file,
            plan,
            Expectation(False, "G12", otherwise=ANYHOW, pause_us=round(1e6 * least_s)),
            (Event(hurry, values, 0, False),),
            draw(strategies.tolerances()),
            seed=draw(strategies.seeds()),
            cooling_gap_s=shortened_s(files.limits),
            board=None if files.board is None else files.board.file,
        )
        return Example(scenario, partial(_paused, least_s))

    return Property("no start before cooling is done", "G12", drawn(), 1.0, "s", least=True)


def _paused(least_s: float, outcome: Outcome) -> Judged:
    bursts = outcome.run.bursts(0)
    pause_s = None if len(bursts) < 2 else (bursts[1][0] - bursts[0][1]) / 1e6
    wrong = outcome.reason or ("" if pause_s is not None else "no second sonication was started at all")
    return Judged(outcome.scenario, pause_s, least_s, wrong)


def _reached(files: LimitsFiles, channel: str, check: str) -> bool:
    """Whether the faults of the rig can do to a channel what an excursion of it says."""
    if channel == "monitor":
        return True
    kind = files.oracle.limit(channel, check).kind
    e = Excursion(channel, check, 0.0, 30_000, "stuck" if check == "stuck" else "")
    if check == "stale":
        e = replace(e, fault="halted")
    if kind == "pt100" and check == "range":
        e = replace(e, fault="open")
    return excursions.scenario(e, files, alone=False) is not None


def _check(files: LimitsFiles, channel: str, check: str) -> Property:
    """By this check alone, and in the whole file: the permit falls within the bound that the oracle gives."""

    def judge(e: Excursion, outcome: Outcome) -> Judged:
        found, scenario = excursions.measured(e, outcome, files.oracle)
        value = None if math.isnan(found.value) else found.value / 1e3
        wrong = outcome.reason
        if not wrong and not found.passed:
            late = "no permit edge was timed" if value is None else f"took {value:.3f} ms"
            wrong = f"{late}, allowed are {found.limit / 1e3:g} ms"
        return Judged(scenario, value, found.limit / 1e3, wrong)

    def example(drawn: tuple[Excursion, bool]) -> Example:
        scenario = excursions.scenario(drawn[0], files, drawn[1])
        assume(scenario is not None)
        assert scenario is not None
        return Example(scenario, partial(judge, drawn[0]))

    own = channel if channel != "monitor" else ""
    ways = strategies.excursions(files.oracle, check, own)
    return Property(f"{channel} {check}", "G1", st.tuples(ways, st.sampled_from((True, False))).map(example))


@st.composite
def _broken(draw: st.DrawFn, files: LimitsFiles, *chosen: Fault) -> Example:
    """One fault or two, early in a sonication that is as long as their bounds take."""
    limits, board = files.limits, files.limits.board
    drawn = [draw(strategies.parameters(fault, board)) for fault in chosen]
    bounds = [strategies.certain_us(fault, limits, values) for fault, values in zip(chosen, drawn, strict=True)]
    idle = chosen[0].phase == IDLE
    onset_us = draw(st.integers(int(ranges.ONSET_US.low), _LAST_ONSET_US))
    later_us = draw(st.integers(0, 20_000)) if len(chosen) > 1 else 0
    watts = draw(_powers(files))
    duration_s = math.ceil((onset_us + later_us + max(us or 0 for us in bounds) + _ROOM_US) / 1e5) / 10
    if idle:
        duration_s = _SHORT.duration_s
        onset_us += round(1e6 * duration_s) + 100_000
    assume(duration_s <= longest_s(limits, watts))
    plan = (Sonication(watts, duration_s),) * (2 if idle else 1)
    events = tuple(
        Event(fault, values, onset_us + number * later_us, True)
        for number, (fault, values) in enumerate(zip(chosen, drawn, strict=True))
    )
    scenario = Scenario(
        "fault",
        described(events),
        "Drawn by sonofuse hil verify.",
        files.file,
        plan,
        strategies.expected(limits, plan, events),
        events,
        draw(strategies.tolerances()),
        seed=draw(strategies.seeds()),
        cooling_gap_s=shortened_s(limits),
        board=None if files.board is None else files.board.file,
    )
    return Example(scenario, as_promised)


def _fault(files: LimitsFiles, fault: Fault) -> Property:
    rows = f" ({', '.join(map(str, fault.numbers))})" if fault.numbers else ""
    return Property(f"fault {fault.name}{rows}", fault.guarantee, _broken(files, fault))


def _pairs(files: LimitsFiles) -> Property | None:
    """A sensor that fails, and something else at the same time: the later bound of the two."""
    together = [fault for fault in bounded(files) if fault.phase != IDLE]
    sensors = [fault for fault in together if "channel" in fault.parameters]
    others = [fault for fault in together if "channel" not in fault.parameters]
    if not sensors or not others:
        return None
    pairs = st.tuples(st.sampled_from(sensors), st.sampled_from(others))
    return Property("two faults at once", "G1", pairs.flatmap(lambda pair: _broken(files, *pair)), 6.0)
