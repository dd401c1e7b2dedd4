"""One channel leaves its limits: what is done to the bench, when, and with which bench."""

import math
from dataclasses import dataclass
from pathlib import Path

from ..bench import Tolerances
from ..breaking import break_part
from ..device import Transform
from ..operator import Sonication
from ..rig import Rig
from ..run import Run
from .oracle import vswr_reflection

IDLE = ("idle", "rise_off")  # checks of the time without permit
_READY_US = 1_400_000  # by then a blank device has been acknowledged and is SAFE
_RAMP_STEP_US = 1_000
_HOTTEST_C = 300.0
_FROM_C = 30.0  # where ramps and pairs start: within every limit


@dataclass(frozen=True)
class Excursion:
    """`value` in the unit of the check (degC, K/s, K, W, VSWR, V, mL/min, 0 or 1), or a `fault` of the part instead.

    `delay_us` counts from the start of RF, for checks of the idle time from when the device is SAFE.
    """

    channel: str
    check: str
    value: float
    delay_us: int
    fault: str = ""
    plan: Sonication = Sonication(40.0, 6.0)
    tolerances: Tolerances = Tolerances()
    seed: int = 1

    @property
    def name(self) -> str:
        return f"{self.channel}.{self.check}"

    @property
    def text(self) -> str:
        """All figures that an oracle needs, as `key=value`."""
        plan = self.plan
        return (
            f"value={self.value!r} fault={self.fault or 'none'} set_w={plan.power_w!r} set_us={plan.duration_s * 1e6!r}"
            f" flow_ml_min={self.tolerances.flow_ml_min}"
        )


def figures(text: str) -> dict[str, float]:
    """The numbers of an excursion's text."""
    pairs = (part.split("=") for part in text.split())
    return {key: float(value) for key, value in pairs if key != "fault"}


def perform(excursion: Excursion, limits: Path, transform: Transform | None = None, limit_us: int = 9_000_000) -> Run:
    """Run one excursion from power-up until a while after the trip, or until `limit_us`."""
    e = excursion
    plan = () if e.check in IDLE else (e.plan,)
    with Rig(limits, plan, name=e.name, tolerances=e.tolerances, seed=e.seed, transform=transform) as rig:
        prepare(rig, e)
        return carry_out(rig, e, limit_us)


def carry_out(rig: Rig, e: Excursion, limit_us: int = 9_000_000) -> Run:
    """The excursion on a rig that is on its way, or there already; `limit_us` from now."""
    rig.name = e.name
    if e.check in IDLE:
        rig.at(max(_READY_US + e.delay_us, rig.now_us + 1), e.name, e.text, lambda: _act(rig, e))
    else:
        rig.after_rf(e.delay_us, e.name, e.text, lambda: _act(rig, e))
    idle = e.check in IDLE
    rig.run_while(lambda: rig.operator.tripped_us is None and (idle or not rig.operator.finished), limit_us)
    rig.run_for(rig.platform.tail_us)
    return rig.result()


def prepare(rig: Rig, e: Excursion) -> None:
    """Where a channel starts from must not be an excursion itself: two sensors that are compared start as a pair."""
    if e.check in ("pair", "rise", "rise_off"):
        compared = [(c.name, p.partner) for c in rig.limits.channels if (p := c.check("pair")) and p.partner]
        for name in {e.channel, *(name for pair in compared if e.channel in pair for name in pair)}:
            rig.bench.force(name, _FROM_C)


def _act(rig: Rig, e: Excursion) -> None:
    bench = rig.bench
    if e.fault:
        break_part(bench, e.channel, e.fault)
    elif e.check in ("rise", "rise_off"):
        _ramp(rig, e.channel, e.value, bench.now_us)
    elif e.check == "pair":
        bench.force(e.channel, _FROM_C + e.value)
    elif e.check == "ratio":
        bench.force("forward", e.plan.power_w)
        bench.force(e.channel, e.plan.power_w * vswr_reflection(e.value))
    elif e.check == "energy":
        bench.force("forward", e.value)
    elif e.check == "duration":
        rig.operator.absent = True  # nobody ends the sonication
        bench.generator.set_power(1.0)  # and it is not the energy that ends it
    else:
        bench.force(e.channel, e.value)


def _ramp(rig: Rig, channel: str, per_s: float, start_us: int) -> None:
    """A straight line in steps far smaller than those of the converter, up to what every thermometer's part knows."""
    bench = rig.bench
    bench.force(channel, min(_HOTTEST_C, _FROM_C + per_s * (bench.now_us - start_us) * 1e-6))
    bench.at(bench.now_us + _RAMP_STEP_US, lambda: _ramp(rig, channel, per_s, start_us))


def beyond_after_us(rate_from: float, rate_to: float, limit: float, window_us: float = 1e6) -> float:
    """When the mean over the last window crosses a limit after a step, µs; infinite if it never does."""
    if rate_from == rate_to:
        return math.inf
    share = (limit - rate_from) / (rate_to - rate_from)
    return share * window_us if 0.0 <= share <= 1.0 else math.inf
