"""G11: a read-back that differs, or RF without permit: both switches off and the alarm on, 20 ms after release was due.

*Release was due* at the later of two moments: the failure itself, and the last permit edge plus the cut-off that the
limits file declares (pump hold + relay release). The settle time that the firmware waits beyond the cut-off is its own
affair and is inside the 20 ms. Where the permit has just gone up (a switch that never closes) the read-back is due
after the declared settle time. Covered from the first SAFE on: before it the device boots, and no sonication was begun.

One exception, measured apart: while the latch erases a sector (once in a dozen records, permit low) the processor
stands still, and an alarm that falls into it comes that much later.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from sonofuse.board import READBACKS
from sonofuse_firmware.states import TRIPPED

from ..bench import Tolerances
from ..device import Transform
from ..measurement import Measurement
from ..operator import Sonication
from ..platforms.flash import ERASE_US
from ..rig import Rig
from ..run import Run
from .g01 import tripped_after
from .oracle import Oracle

_WITHIN_US = 20_000

# kind -> where it strikes: "on" while the permit is up, "start" before the first sonication, "safe" after it ended
KINDS = {
    "contact_low": "on",  # a read-back reads open although its relay is closed
    "contact_high": "on",  # and closed although it has opened: seen once the sonication ends
    "welded": "on",  # a relay that stays closed
    "runaway": "on",  # both relays welded and the generator's gate stuck: RF goes on after the sonication
    "no_tokens": "start",  # a switch that is never given its token
    "contact_high_idle": "safe",
    "welded_idle": "safe",
    "forward_idle": "safe",  # RF that nobody permitted
}


@dataclass(frozen=True)
class Failure:
    """A kind of `KINDS` on switch 0 or 1; `delay_us` from the start of RF, or from the end of the sonication."""

    kind: str
    switch: int
    delay_us: int
    watts: float = 5.0  # of forward_idle
    plan: Sonication = Sonication(40.0, 0.3)
    tolerances: Tolerances = Tolerances()
    seed: int = 1


def perform(failure: Failure, limits: Path, transform: Transform | None = None) -> Run:
    """Carry out a sonication with this failure, and go on for half a second."""
    f = failure
    with Rig(limits, (f.plan,), tolerances=f.tolerances, seed=f.seed, transform=transform) as rig:
        return carry_out(rig, f)


def carry_out(rig: Rig, f: Failure) -> Run:
    """The failure on a rig that is on its way to its first sonication."""
    rig.name = name = f"{f.kind}.{f.switch}"
    text = f"watts={f.watts!r}" if f.kind == "forward_idle" else ""
    where = KINDS[f.kind]
    if where == "start":
        rig.at(max(1_000, rig.now_us + 1), name, text, lambda: rig.platform.drop_tokens(f.switch))
    else:
        after_us = f.delay_us if where == "on" else round(f.plan.duration_s * 1e6) + 5_000 + f.delay_us
        rig.after_rf(after_us, name, text, lambda: _act(rig, f))
    rig.run_while(lambda: not rig.stimuli or not rig.operator.started_us, 5_000_000)
    rig.run_for(round(f.plan.duration_s * 1e6) + 600_000)
    return rig.result()


def _act(rig: Rig, f: Failure) -> None:
    bench = rig.bench
    if f.kind.startswith("contact"):
        bench.contacts[READBACKS[f.switch]].fault = "stuck_low" if f.kind == "contact_low" else "stuck_high"
    elif f.kind.startswith("welded"):
        bench.relays[f.switch].fault = "welded"
    elif f.kind == "runaway":
        for relay in bench.relays:
            relay.fault = "welded"
        bench.generator.fault = "stuck_on"
    else:
        bench.force("forward", f.watts)


def during_erase(limits: Path) -> Run:
    """Sonications until the latch erases a sector; RF that nobody permitted appears just then."""
    with Rig(limits, (Sonication(30.0, 0.05),) * 20, name="forward_idle.0") as rig:
        erase = rig.flash.erase

        def strike(offset: int) -> int:
            if not rig.stimuli:
                rig.at(rig.now_us + 1_000, "forward_idle.0", "", lambda: rig.bench.force("forward", 5.0))
            return erase(offset)

        rig.flash.erase = strike  # type: ignore[method-assign]
        return rig.run_plan(12_000_000)


def reaction_during_erase(run: Run, oracle: Oracle) -> Measurement:
    """Like `reaction`, with the time of an erase on top (typical, of the flash model; W25Q16JV data sheet: 400 ms at
    most). Both switches are off all the while."""
    m = reaction(run, oracle)
    last_edge_us = max((end for switch in (0, 1) for _, end in run.bursts(switch)), default=math.inf)
    value = m.value if run.stimuli and last_edge_us < run.stimuli[0].t_us else math.nan
    return replace(m, name="alarm while the latch is erased", value=value, limit=_WITHIN_US + ERASE_US)


def due_us(run: Run, oracle: Oracle) -> float:
    """When release (or, for a switch that never closed, the read-back) was due."""
    stimulus = run.stimuli[0]
    kind = stimulus.name.split(".")[0]
    ends = [end for switch in (0, 1) for _, end in run.bursts(switch)]
    starts = [first for switch in (0, 1) for first, _ in run.bursts(switch)]
    if kind == "no_tokens":
        return min(starts) + oracle.settle_us
    if kind == "contact_low":
        return max(float(stimulus.t_us), min(starts) + oracle.settle_us)
    return max(float(stimulus.t_us), max(ends) + oracle.pump_hold_us + oracle.relay_release_us)


def reaction(run: Run, oracle: Oracle) -> Measurement:
    """Until both switches are without edges for good and the alarm is on. NaN, which fails, if one never comes."""
    value, text = math.nan, ""
    if len(run.stimuli) == 1 and any(run.bursts(0) + run.bursts(1)):
        stimulus = run.stimuli[0]
        text = f"{stimulus.name} seed {run.seed} {stimulus.t_us} µs {stimulus.text}"
        due = due_us(run, oracle)
        alarm = _alarm_us(run, stimulus.t_us)
        low = run.low_since(0)
        if alarm is not None and low < run.end_us and tripped_after(run, stimulus.t_us):
            value = max(alarm, low) - due
    return Measurement("G11", "switches off and alarm", value, "µs", _WITHIN_US, run.tier, text)


def _alarm_us(run: Run, t_us: int) -> int | None:
    """When the alarm of the trip that stands at the end began, if that was after a time: its first pulse."""
    if run.state != TRIPPED:
        return None
    acknowledged = (then.t_us for seen, then in pairwise(run.seen) if seen.state == TRIPPED != then.state)
    since_us = max(acknowledged, default=0)
    began_us = next((at_us for at_us, level in run.alarms if level and at_us >= since_us), None)
    return began_us if began_us is not None and began_us >= t_us else None
