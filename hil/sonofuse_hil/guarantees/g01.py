"""G1: a channel continuously beyond its trip limit, as its converter sees it, has the permit low within a bound."""

import math

from sonofuse_firmware.states import TRIPPED

from ..measurement import Measurement
from ..run import Run, Stimulus
from .excursion import IDLE, beyond_after_us, figures
from .oracle import Oracle


def reaction(run: Run, oracle: Oracle) -> Measurement:
    """From the moment the channel is beyond its limit to the last permit edge (to the alarm for checks of the idle
    time, in which the permit is low anyway). NaN, which fails, if nothing was provoked, nothing tripped, or the channel
    never gets beyond its limit.

    The run's one stimulus says what was done (sonofuse_hil.guarantees.excursion); the moment is exact to 1 µs, except
    where the oracle takes the latest that is possible: for a rise the window of the fit is full of it, for flow the
    mean of the last second has crossed the limit.
    """
    value, bound, name = math.nan, 0.0, "nothing happened"
    if len(run.stimuli) == 1:
        stimulus = run.stimuli[0]
        channel, check = stimulus.name.split(".")
        name, bound = f"{check}: reaction", oracle.bound_us(channel, check)
        moment_us = beyond_us(run, oracle, stimulus)
        end_us = alarm_us(run, stimulus.t_us) if check in IDLE else permit_end_us(run, stimulus.t_us)
        if tripped_after(run, stimulus.t_us) and end_us is not None and math.isfinite(moment_us):
            value = end_us - moment_us
    example = f"{run.scenario} seed {run.seed} " + " ".join(f"{s.t_us} µs {s.text}" for s in run.stimuli)
    return Measurement("G1", name, value, "µs", bound, run.tier, example)


def no_trip(run: Run) -> Measurement:
    """A channel that stays clear of its limit does not trip."""
    value, example = math.nan, run.scenario
    if run.stimuli and run.rf_us:
        value = float(tripped_after(run, run.rf_us[0]))
        example += f" seed {run.seed} {run.stimuli[0].t_us} µs {run.stimuli[0].text}"
    return Measurement("G1", "trips clear of the limit", value, "trips", 0.0, run.tier, example)


def beyond_us(run: Run, oracle: Oracle, stimulus: Stimulus) -> float:
    """When a channel was beyond its limit."""
    channel, check = stimulus.name.split(".")
    given = figures(stimulus.text)
    t_us, value = float(stimulus.t_us), given["value"]
    if check in ("stale", "stuck"):
        return t_us + oracle.trip(channel, check)
    if check == "dose":
        return t_us + oracle.dose_us(channel, value)
    if check in ("rise", "rise_off"):
        limit = oracle.limit(channel, check)
        return t_us + limit.window * limit.conversion_us
    if channel in oracle.of_kind("flow"):
        flow = 0.0 if "fault=stuck" in stimulus.text else value
        limit_ml_min = oracle.trip(channel, check) if check == "below" else oracle.range_of(channel)[1]
        return t_us + beyond_after_us(given["flow_ml_min"], flow, limit_ml_min, oracle.gates_us(channel))
    if check == "energy":
        left_j = oracle.energy_limit_j(given["set_w"], given["set_us"]) - delivered_j(run, t_us)
        return t_us + left_j / value * 1e6
    if check == "duration":
        return float(run.bursts(0)[0][0]) + oracle.on_limit_us(given["set_us"])
    return t_us


def tripped_after(run: Run, t_us: int) -> bool:
    """Whether telemetry said TRIPPED after a time."""
    return any(seen.state == TRIPPED and seen.t_us >= t_us for seen in run.seen)


def permit_end_us(run: Run, t_us: int) -> int | None:
    """The last permit edge of either switch, or None if the permit was not up at the stimulus, or still is."""
    if not all(any(first <= t_us < end for first, end in run.bursts(switch)) for switch in (0, 1)):
        return None
    end_us = run.low_since(t_us)
    return end_us if end_us < run.end_us else None


def alarm_us(run: Run, t_us: int) -> int | None:
    """When the buzzer was switched on after a time."""
    return next((at_us for at_us, level in run.alarms if level and at_us >= t_us), None)


def delivered_j(run: Run, t_us: float) -> float:
    """Forward energy of the generator up to a time."""
    joule, last_us, watts = 0.0, 0.0, 0.0
    for at_us, value in [*run.history.watts, (run.end_us, 0.0)]:
        until_us = min(float(at_us), t_us)
        if until_us > last_us:
            joule += watts * (until_us - last_us) * 1e-6
            last_us = until_us
        watts = value
    return joule
