"""What a run of a campaign was worth: judged from the TOML in physical units and the true signals, by no firmware."""

import math
from dataclasses import dataclass

from ..guarantees.oracle import Oracle, quantity
from ..platforms.unix import STEADY_US
from ..run import Run
from .declared import GAP, Drawn

SAFE, UNSAFE, FALSE_TRIP, NOT_DETECTED, RIG_ERROR = OUTCOMES = (
    "safe",
    "unsafe",
    "false trip",
    "not detected as declared",
    "error of the rig",
)
_G2_US, _RELEASE_US = 2_200.0, 300.0  # a token's life; the firmware's own time in its tick (guarantees G2 and G1)
_SEEN_US = STEADY_US  # by so much later the software tier shows power that the console has switched on
_ANSWER_US = 40_000  # from the first edge to the console that hears START answered: two frames of 20 ms
_WITH_POWER = ("overpower", "lost_coupling")  # nothing to detect before RF is on again
_NOT_SEEN_OFF = ("console_hung", "hung_firmware", "firmware_raises")  # with RF off there is nothing to trip


@dataclass(frozen=True)
class Verdict:
    """Times in µs; None where nothing counts. `margin_us` is bound less reaction; `skin_k` how far the hotter true skin
    stayed below its limit, K."""

    outcome: str
    reaction_us: int | None
    bound_us: int | None
    margin_us: int | None
    skin_k: float
    reason: str


def bound_us(oracle: Oracle, fault: str, values: dict[str, float | str]) -> float:
    """How long after a fault the permit may still have an edge.

    Raises:
        KeyError: if the limits have no check that answers it.
    """
    channel = str(values.get("channel", ""))
    match fault:
        case "overpower":
            return oracle.bound_us(oracle.watching("forward"), "above")
        case "lost_coupling":
            return oracle.bound_us(oracle.watching("reflected"), "ratio")
        case "sensor_open" | "sensor_short" | "sensor_line" | "detector_dead":
            return oracle.bound_us(oracle.watching(channel), "range")
        case "sensor_silent":
            name = oracle.watching(channel)
            return oracle.trip(name, "stale") + oracle.bound_us(name, "stale")
        case "patient_stop":
            return oracle.bound_us(oracle.watching("stop_loop"), "below")
        case "brown_out":
            return oracle.bound_us(oracle.watching("supply"), "below")
        case "console_hung":
            return quantity(oracle.document["limits"]["receipt"]) + 2 * oracle.tick_us + _RELEASE_US
        case "hung_firmware" | "firmware_raises":
            return _G2_US + oracle.tick_us
        case _:
            raise KeyError(fault)


def judge(drawn: Drawn, run: Run, oracle: Oracle) -> Verdict:
    """Compare what the signals did with what the limits file promises."""
    curves = run.samples.curves
    skin_c = max(max(curves["skin_a"]), max(curves["skin_b"]))
    skin_k = min(oracle.trip(c, "above") for c in ("skin_a", "skin_b")) - skin_c
    if not run.rf_us:
        return Verdict(RIG_ERROR, None, None, None, skin_k, "RF was never permitted")
    if not drawn.fault:
        return _nominal(drawn, run, skin_k)
    onset_us = next((s.t_us for s in run.stimuli if s.name == drawn.fault), None)
    if onset_us is None:
        return Verdict(FALSE_TRIP, None, None, None, skin_k, "ended before the fault happened")
    start_us, late_us = onset_us, 0
    if drawn.fault in _WITH_POWER and not _watts(run, onset_us):
        start_us = next((t_us for t_us, watts in run.history.watts if t_us > onset_us and watts > 0.0), onset_us)
        late_us = _SEEN_US
    within_us = late_us + math.ceil(bound_us(oracle, drawn.fault, dict(drawn.scenario.events[0].values)))
    reaction_us = _low_us(run, start_us, restarted=drawn.phase == GAP) - start_us
    margin_us = within_us - reaction_us
    if margin_us < 0:
        why = f"permit low {reaction_us / 1e3:.3f} ms after {drawn.fault}, allowed are {within_us / 1e3:g} ms"
        return Verdict(UNSAFE, reaction_us, within_us, margin_us, skin_k, why)
    if run.tripped is None and not (drawn.fault in _NOT_SEEN_OFF and drawn.phase == GAP):
        return Verdict(NOT_DETECTED, reaction_us, within_us, margin_us, skin_k, "the permit went low without a trip")
    if run.tripped is not None and run.tripped.t_us < onset_us:
        return Verdict(FALSE_TRIP, None, None, None, skin_k, "tripped before the fault happened")
    return Verdict(SAFE, reaction_us, within_us, margin_us, skin_k, "")


def _low_us(run: Run, start_us: int, restarted: bool) -> int:
    """When the permit was low for good.

    After a reset in the gap, where the treatment was closed, a device boots SAFE and may be started again: a burst that
    a later START explains is a new sonication; any other one counts.
    """
    reset_us = next((t_us for t_us, _ in run.resets if t_us >= start_us), None) if restarted else None
    if reset_us is None:
        return run.low_since(start_us)

    def explained(first_us: int) -> bool:
        return first_us > reset_us and any(first_us <= rf_us <= first_us + _ANSWER_US for rf_us in run.rf_us)

    ends = [last for switch in (0, 1) for first, last in run.bursts(switch) if not explained(first)]
    return max([start_us, *ends])


def _nominal(drawn: Drawn, run: Run, skin_k: float) -> Verdict:
    if run.done == len(drawn.scenario.plan) and run.tripped is None:
        return Verdict(SAFE, None, None, None, skin_k, "")
    return Verdict(FALSE_TRIP, None, None, None, skin_k, f"{run.done} of {len(drawn.scenario.plan)} sonications ended")


def _watts(run: Run, t_us: int) -> float:
    return next((watts for at_us, watts in reversed(run.history.watts) if at_us <= t_us), 0.0)
