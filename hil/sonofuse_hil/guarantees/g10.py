"""G10: the patient stop or E-stop opens: the firmware takes the permit away within debounce + 1.3 ms.

The wiring that cuts the relay supply at once is a claim of the hardware tier alone. What is measured of it here is the
bench's model of that wiring: it shows that the firmware does not hinder it, and nothing about a board.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from ..bench import Tolerances
from ..device import Transform
from ..measurement import Measurement
from ..operator import Sonication
from ..rig import Rig
from ..run import Run
from .excursion import figures
from .g01 import permit_end_us, tripped_after
from .oracle import Oracle, quantity

_AFTER_DEBOUNCE_US = 1_300
_NAME = "stop_loop.opens"  # whatever the board calls it


@dataclass(frozen=True)
class Stop:
    """The stop loop opens, and bounces for a while: it is open for good at `delay_us + bounce_us` after RF started."""

    delay_us: int
    bounce_us: int = 0
    bounce_period_us: int = 500
    plan: Sonication = Sonication(40.0, 1.0)
    tolerances: Tolerances = Tolerances()
    seed: int = 1


def perform(stop: Stop, limits: Path, transform: Transform | None = None) -> Run:
    """Carry out a sonication and open the loop."""
    with Rig(limits, (stop.plan,), name=_NAME, tolerances=stop.tolerances, seed=stop.seed, transform=transform) as rig:
        return carry_out(rig, stop)


def carry_out(rig: Rig, stop: Stop) -> Run:
    """Open the loop on a rig that is on its way, or there already."""
    rig.name = _NAME
    loop = rig.bench.contacts[rig.bench.channel("stop_loop").name]
    loop.bounce_us, loop.bounce_period_us = stop.bounce_us, stop.bounce_period_us
    text = f"value=0 bounce_us={stop.bounce_us} bounce_period_us={stop.bounce_period_us}"
    rig.after_rf(stop.delay_us, _NAME, text, lambda: rig.bench.force("stop_loop", 0.0))
    return rig.run_plan(5_000_000, after_us=rig.platform.tail_us)


def reaction(run: Run, oracle: Oracle) -> Measurement:
    """From the last time the loop opened to the last permit edge. NaN, which fails, without a stop or a trip."""
    value, text = math.nan, ""
    if len(run.stimuli) == 1:
        stimulus = run.stimuli[0]
        text = f"seed {run.seed} {stimulus.t_us} µs {stimulus.text}"
        end_us = permit_end_us(run, stimulus.t_us)
        if end_us is not None and tripped_after(run, stimulus.t_us):
            value = end_us - open_us(run)
    debounce_us = quantity(oracle.document["channel"][oracle.watching("stop_loop")]["below"]["debounce"])
    bound_us = debounce_us + _AFTER_DEBOUNCE_US
    return Measurement("G10", "stop loop: permit low", value, "µs", bound_us, run.tier, text)


def relays(run: Run, oracle: Oracle) -> Measurement:
    """From the last time the loop opened until both relays are open for good, in the bench's model of the wiring."""
    value = math.nan
    if len(run.stimuli) == 1:
        last = {number: (t_us, closed) for t_us, number, closed in run.history.relays}
        if sorted(last) == [0, 1] and not any(closed for _, closed in last.values()):
            value = max(t_us for t_us, _ in last.values()) - open_us(run)
    name = "stop loop: relays open (modelled wiring)"
    return Measurement("G10", name, value, "µs", oracle.relay_release_us, run.tier, f"seed {run.seed} {run.stimuli}")


def open_us(run: Run) -> float:
    """When the loop opened for good: it closes again in every second period of its bounce, the last one cut short."""
    given = figures(run.stimuli[0].text)
    bounce_us, period_us = given["bounce_us"], given["bounce_period_us"]
    periods = math.ceil(bounce_us / period_us)
    after_us = bounce_us if periods % 2 == 0 else (periods - 1) * period_us
    return run.stimuli[0].t_us + after_us
