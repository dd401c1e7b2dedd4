"""An excursion of one channel as a scenario, and the bound that the oracle of the guarantees gives for it."""

import math
from dataclasses import replace

from sonofuse.board import Board

from ..faults import get
from ..guarantees import g01
from ..guarantees.excursion import IDLE, Excursion
from ..guarantees.oracle import Oracle, vswr_reflection
from ..measurement import Measurement
from ..operator import Sonication
from ..run import Run, Stimulus
from ..scenario import Outcome
from ..scenario_model import Event, Expectation, Scenario
from ..strategies.treatments import armable_w
from .limits_files import LimitsFiles

_FROM_C = 30.0  # where ramps and pairs start: within every limit
_IDLE_S = 1.0  # so long that power in the gap does not use up its energy before the check of the idle time trips
_AFTER_END_US = 200_000  # permit, relays and read-backs have come to rest
_PART_FAULTS = {"open": "sensor_open", "short": "sensor_short", "halted": "sensor_silent", "drdy_low": "ready_line"}
_CONTACTS = {"stop_loop": "patient_stop", "supply": "brown_out", "skin_contact": "detached_sensor"}
_FOREVER_US = 60_000_000  # until the run says from when on the bound counts
_IDLE_GAP_S = 1.0
_COUNTED = (("monitor", "energy"),)  # power in the gap counts for the sonication before it, and may end that first


def scenario(e: Excursion, files: LimitsFiles, alone: bool) -> Scenario | None:
    """The excursion as a scenario, None if no fault of the rig does that to this channel.

    Args:
        alone: with the limits file that has this check only; the cause then has to be this one.
    """
    idle = e.check in IDLE
    limits = files.alone(e.channel, e.check) if alone and e.channel != "monitor" else None
    broken = _broken(e, files)
    if broken is None:
        return None
    start_us = e.delay_us + (round(1e6 * _IDLE_S) + _AFTER_END_US if idle else 0)
    events = [Event(get(name), values, 0, False) for name, values in _before(e, files)]
    events += [Event(get(name), values, start_us, True) for name, values in broken]
    causes = () if limits is None else ((e.channel, e.check), *(_COUNTED if idle else ()))
    words = f"{e.channel} is beyond its limit `{e.check}`"
    return Scenario(
        name="excursion",
        title=words if limits is None else f"{words}, no other check",
        description="Drawn by sonofuse hil verify.",
        limits=files.file if limits is None else limits,
        plan=(Sonication(math.floor(0.9 * armable_w(files.limits)), _IDLE_S),) * 2 if idle else (e.plan,),
        expect=Expectation(True, "G1", causes, _FOREVER_US, events[-1].fault.name, idle),
        events=tuple(events),
        tolerances=e.tolerances,
        seed=e.seed,
        cooling_gap_s=_IDLE_GAP_S if idle else min(files.limits.cooling_gap_s, _IDLE_GAP_S),
        board=None if files.board is None else files.board.file,
    )


def measured(e: Excursion, outcome: Outcome, oracle: Oracle) -> tuple[Measurement, Scenario]:
    """What the excursion took from the fault on, with its bound, which counts from the moment that the channel was
    beyond its limit; and the scenario with that bound, so that anybody can run it again."""
    run, since = outcome.run, outcome.scenario.expect.since
    struck = next((s for s in reversed(run.stimuli) if s.name == since), None)
    stimuli = () if struck is None else (Stimulus(struck.t_us, e.name, e.text),)
    seen = replace(run, stimuli=stimuli)
    found = g01.reaction(seen, oracle)
    if struck is None:
        return found, outcome.scenario
    before_us = _beyond_us(seen, oracle, seen.stimuli[0]) - struck.t_us
    found = replace(found, value=found.value + before_us, limit=math.ceil(round(found.limit + before_us, 6)))
    expect = replace(outcome.scenario.expect, within_us=int(found.limit))
    return found, replace(outcome.scenario, expect=expect)


def _beyond_us(run: Run, oracle: Oracle, stimulus: Stimulus) -> float:
    """When the channel was beyond its limit, the stimulus itself if it never was."""
    if not run.bursts(0):
        return stimulus.t_us
    beyond_us = g01.beyond_us(run, oracle, stimulus)
    return beyond_us if math.isfinite(beyond_us) else stimulus.t_us


def _watches(board: Board, channel: str) -> str:
    return board.channels[board.index(channel)].watches


def _before(e: Excursion, files: LimitsFiles) -> list[tuple[str, dict[str, float | str]]]:
    """What is done at the start: where a channel starts from must not be an excursion itself."""
    if e.check not in ("pair", "rise", "rise_off"):
        return []
    compared = [(c.name, p.partner) for c in files.limits.channels if (p := c.check("pair")) and p.partner]
    names = {e.channel, *(name for pair in compared if e.channel in pair for name in pair)}
    board = files.limits.board
    return [("shows_temperature", {"channel": _watches(board, name), "temperature": _FROM_C}) for name in sorted(names)]


def _broken(e: Excursion, files: LimitsFiles) -> list[tuple[str, dict[str, float | str]]] | None:
    """Faults and their values that do to the bench what the excursion says."""
    if e.check == "duration":  # nobody ends the sonication, and it is not the energy that ends it
        return [("power_error", {"error": -0.9}), ("nobody_there", {})]
    if e.check == "energy":
        return [("shows_power", {"channel": "forward", "power": e.value})]
    board = files.limits.board
    what = _watches(board, e.channel)
    kind = board.channels[board.index(e.channel)].quantity
    found = _of_part(e, what, kind) if e.fault else _of_value(e, what, kind)
    known = found is not None and all(_takes(name, values, board) for name, values in found)
    return found if known else None


def _takes(name: str, values: dict[str, float | str], board: Board) -> bool:
    fault = get(name)
    channel = fault.parameters.get("channel")
    return (channel is None or str(values["channel"]) in getattr(channel, "words", ())) and not fault.uncovered(
        board, values
    )


def _of_part(e: Excursion, what: str, kind: str) -> list[tuple[str, dict[str, float | str]]] | None:
    if what == "flow":
        return [("flow_meter_stuck", {"level": e.fault.removeprefix("stuck_")})]
    if kind == "temperature":
        if e.fault in ("zeros", "ones"):
            return [("sensor_line", {"channel": what, "level": e.fault})]
        return [(_PART_FAULTS.get(e.fault, "sensor_stuck"), {"channel": what})]
    if e.fault in ("zeros", "ones"):
        return [("input_line", {"channel": what, "level": e.fault})]
    return [("detector_dead" if e.fault == "dead" else "detector_stuck", {"channel": what})]


def _of_value(e: Excursion, what: str, kind: str) -> list[tuple[str, dict[str, float | str]]] | None:
    if e.check in ("rise", "rise_off"):
        return [("shows_rise", {"channel": what, "rate": e.value})]
    if e.check == "pair":
        return [("shows_temperature", {"channel": what, "temperature": round(_FROM_C + e.value, 6)})]
    if e.check == "ratio":
        back_w = e.plan.power_w * vswr_reflection(e.value)
        return [
            ("shows_power", {"channel": "forward", "power": e.plan.power_w}),
            ("shows_power", {"channel": what, "power": back_w}),
        ]
    if what in _CONTACTS:
        return [(_CONTACTS[what], get(_CONTACTS[what]).values())]
    if kind == "temperature":
        return [("shows_temperature", {"channel": what, "temperature": e.value})]
    if kind == "power":
        return [("shows_power", {"channel": what, "power": e.value})]
    if what == "flow":
        return [("shows_flow", {"flow": e.value / 1e3})]
    return [("shows_voltage", {"channel": what, "voltage": e.value})] if what == "reference" else None
