"""Runs a scenario and judges what was seen."""

from collections.abc import Callable
from dataclasses import dataclass

from sonofuse.board import Board
from sonofuse.causes import cause_text, cause_words

from .device import Transform
from .plant import LayeredPlant
from .platforms.platform import On
from .platforms.process import RigError
from .platforms.unix import Unix
from .rig import Rig
from .run import Run
from .scenario_file import ScenarioError, load_scenario, scenario_names
from .scenario_model import ANYHOW, END, LAST_TOKEN, NO_START, OFF, RF, Event, Expectation, Scenario

__all__ = [
    "Event",
    "Expectation",
    "Outcome",
    "Scenario",
    "ScenarioError",
    "cause_text",
    "cause_words",
    "load_scenario",
    "run_scenario",
    "scenario_names",
]

Progress = Callable[[float, float], None]
_STEP_US = 20_000
_BETWEEN_US = 5_000_000  # boot, acknowledgement, arming, and what a late trip takes
_AFTER_US = 200_000  # recorded beyond the end


@dataclass(frozen=True)
class Outcome:
    """What a scenario showed.

    `seen` says the end in words; `start_us` is where the bound counts from (the planned end where nothing has to trip);
    `reaction_us` is from there to the last permit edge (or the alarm), `rf_off_us` to the last RF, None where there was
    no trip or RF never ended; `reason` is one line that says why it failed, "" when it passed.
    """

    scenario: Scenario
    run: Run
    expected: str
    seen: str
    start_us: int | None
    reaction_us: int | None
    rf_off_us: int | None
    bound_us: int | None
    guarantee: str
    passed: bool
    reason: str


def run_scenario(
    scenario: Scenario,
    *,
    on: On = Unix(),
    on_progress: Progress | None = None,
    after_us: int = _AFTER_US,
    transform: Transform | None = None,
    flash: bytes | None = None,
) -> Outcome:
    """Run a scenario and judge it. The device and its files are gone afterwards, also after Ctrl-C.

    Args:
        on: the platform that runs the device.
        on_progress: called with simulated and planned seconds.
        after_us: recorded beyond the end, for curves.
        transform: rewrites firmware sources, for mutants.
        flash: what the latch holds at power-up; None is a device that has never treated.

    Raises:
        LimitsError: if the limits file is wrong.
        RigError: if the environment lacks what the platform needs, or the platform cannot do what the scenario wants;
            with what was seen until then.
    """
    limits, blob = scenario.limit_set()
    planned_us = _BETWEEN_US + round(
        sum(1e6 * (limits.cooling_gap_s + sonication.duration_s) for sonication in scenario.plan)
    )
    with Rig(
        limits,
        scenario.plan,
        name=scenario.name,
        tolerances=scenario.tolerances,
        plant=LayeredPlant(scenario.anatomy),
        seed=scenario.seed,
        flash=flash,
        blob=blob,
        transform=transform,
        on=on,
        board=limits.board,
    ) as rig:

        def seen() -> Outcome:
            return judge(scenario, rig.result(), limits.board, 1e6 * limits.cooling_gap_s)

        for event in scenario.events:
            _schedule(rig, event)
        try:
            while rig.now_us < planned_us and not rig.operator.finished and rig.operator.tripped_us is None:
                rig.run_for(_STEP_US)
                if on_progress is not None:
                    on_progress(rig.now_us * 1e-6, planned_us * 1e-6)
            end_us = rig.now_us + after_us
            while rig.now_us < end_us:
                rig.run_for(_STEP_US)
        except RigError as error:
            error.seen = seen()
            raise
        return seen()


def _schedule(rig: Rig, event: Event) -> None:
    def act() -> None:
        event.fault.apply(rig, **event.values)

    if event.after_rf:
        rig.after_rf(event.time_us, event.fault.name, event.fault.text, act, event.sonication)
    else:
        rig.at(event.time_us, event.fault.name, event.fault.text, act)


def judge(scenario: Scenario, run: Run, board: Board, gap_us: float = 0.0) -> Outcome:
    """Compare a run with what its scenario expects; `gap_us` is the cooling gap of its limits."""
    expect, tripped = scenario.expect, run.tripped
    seen = "no trip, but the plan was not carried out"
    if tripped is not None:
        seen = f"trip by {cause_text(tripped.cause, board)}"
    elif run.done == len(scenario.plan):
        seen = f"{run.done} of {run.done} sonications ended normally"
    start_us = _start_us(scenario, run)
    reaction_us = rf_off_us = None
    if start_us is not None and (expect.otherwise == OFF or (expect.trip and tripped is not None)):
        reaction_us = _alarm_us(run, board, start_us) if expect.alarm else run.low_since(start_us)
        reaction_us = None if reaction_us is None else reaction_us - start_us
        off_us = run.rf_off(start_us)
        rf_off_us = None if off_us is None else off_us - start_us
    reason = _wrong(scenario, run, board, start_us, reaction_us) or run.unsafe(max(gap_us, expect.pause_us))
    return Outcome(
        scenario=scenario,
        run=run,
        expected=expect.text,
        seen=seen,
        start_us=start_us,
        reaction_us=reaction_us,
        rf_off_us=rf_off_us,
        bound_us=expect.within_us if expect.timed else None,
        guarantee=expect.guarantee,
        passed=not reason,
        reason=reason,
    )


def _start_us(scenario: Scenario, run: Run) -> int | None:
    """The time from which the bound counts; None if the run never came to it."""
    since = scenario.expect.since or END
    if since == RF:
        return run.rf_us[-1] if run.rf_us else None
    if since == END:
        whole = len(run.rf_us) == len(scenario.plan)
        return run.rf_us[-1] + round(scenario.plan[-1].duration_s * 1e6) if whole else None
    if since == LAST_TOKEN:
        return max(run.last_token_us) if min(run.last_token_us) >= 0 else None
    return next((stimulus.t_us for stimulus in reversed(run.stimuli) if stimulus.name == since), None)


def _watched(cause: int, board: Board) -> str:
    """What the channel of a cause watches, "" for a cause of the whole monitor."""
    channel = cause & 0xFF
    return board.channels[channel].watches if channel < len(board.channels) else ""


def _alarm_us(run: Run, board: Board, since_us: int) -> int | None:
    buzzer = board.pins["buzzer"]
    return next((t_us for t_us, pin, level in run.history.pins if pin == buzzer and level and t_us >= since_us), None)


def _wrong(scenario: Scenario, run: Run, board: Board, start_us: int | None, reaction_us: int | None) -> str:
    """One line that says why the run is not as expected, "" if it is."""
    expect, tripped = scenario.expect, run.tripped
    missing = [event.fault.name for event in scenario.events if event.fault.name not in {s.name for s in run.stimuli}]
    cause = None if tripped is None else cause_words(tripped.cause, board)
    if expect.otherwise == ANYHOW:
        return ""
    if expect.otherwise == NO_START:
        return "RF was permitted" if run.rf_us or run.history.edges else ""
    if not run.rf_us:
        return f"RF was never permitted: the device reported state {run.state}, cause {cause_text(run.cause, board)}"
    if expect.otherwise == OFF:
        if start_us is None:
            return f"it ended before the time that the bound counts from ({expect.since})"
    elif not expect.trip:
        if cause is not None:
            return f"tripped by {cause[0]} {cause[1]} in a run that has to end normally"
        if run.done != len(scenario.plan):
            return f"only {run.done} of {len(scenario.plan)} sonications ended"
    elif cause is None or tripped is None:
        return "no trip"
    elif expect.causes and not {cause[:2], (_watched(tripped.cause, board), cause[1])} & set(expect.causes):
        return f"tripped by {cause[0]} {cause[1]}, which is not an expected cause"
    elif missing:
        return f"tripped before {missing[0]} happened"
    elif start_us is None or tripped.t_us < start_us:
        return f"tripped before the time that the bound counts from ({expect.since})"
    elif reaction_us is None:
        return "no alarm"
    if reaction_us is not None and reaction_us > expect.within_us:
        return f"took {reaction_us / 1e3:.3f} ms, allowed are {expect.within_us / 1e3:g} ms"
    return ""
