"""G4: only the host sees the danger: permit low within 25 ms of the arrival of the frame by which it sees it.

The host sees it in three ways: its kernel trips on rows in which the device's kernel finds nothing, the set point that
the device tells is not the one that it was armed with, or the two clocks differ. Then it commands STOP. The first two
are provoked by firmware with a mistake, which it cannot see itself. Receipts end then as well, but that takes longer.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sonofuse.link import F
from sonofuse_firmware.checks import CHECKS
from sonofuse_firmware.states import TRIPPED

from ..bench import Filter
from ..device import Transform, mistake
from ..line import Frames, Line
from ..measurement import Measurement
from ..operator import Sonication
from ..rig import Rig
from ..run import Run
from . import excursion
from .excursion import Excursion

BOUND_US = 25_000
AGAIN_US = 40_000  # a STOP that is not obeyed is said again (host/sonofuse/live/watch.py)
WHOLE_US = BOUND_US + 35_000  # a frame of 20 ticks, its way on the line, and the bound
PLAN = (Sonication(40.0, 3.5),)  # the clocks are compared over two seconds
_STOPPED = next(number for number, name, _, _ in CHECKS if name == "stop")


@dataclass(frozen=True)
class Outcome:
    """A run; when the frame came by which the host saw the danger, when the first tick of that frame was, and why the
    host commanded STOP ("" if it did not); how the device ended."""

    run: Run
    seen_us: int | None
    tick_us: int | None
    why: str
    state: int
    cause: int


class Listener:
    """Notes when the host of a line wants STOP for the first time; the first `lost` frames of STOP do not arrive."""

    def __init__(self, line: Line, lost: int = 0) -> None:
        self.seen_us: int | None = None
        self.tick_us: int | None = None
        self.why = ""
        self._line, self._lost = line, lost
        line.after = self._after
        line.to_device = self._through

    def _after(self, t_us: int) -> None:
        watch, honest = self._line.rig.operator.watch, self._line.ledger
        if watch.stopped and self.seen_us is None and honest.telemetry is not None:
            self.seen_us, self.why = t_us, watch.stopped
            self.tick_us = honest.clock_us + honest.telemetry.now_us - 1_000 * (honest.telemetry.rows - 1)

    def _through(self, _t_us: int, data: bytes) -> bytes:
        if self._lost and any(kind == F.STOP for kind, _, _ in Frames().feed(data)):
            self._lost -= 1
            return b""
        return data

    def outcome(self) -> Outcome:
        """What there is to say at the end."""
        seen = self._line.ledger.telemetry
        state, cause = (-1, 0) if seen is None else (seen.state, seen.cause)
        return Outcome(self._line.rig.result(), self.seen_us, self.tick_us, self.why, state, cause)


def blind(check: str) -> Transform:
    """Firmware that runs a check, so that its token stays right, and never lets it fail."""
    if check == "energy":
        condition = "if energy <= (inputs[I_ENERGY] << wide) >> wide and energy <= limits[H_ENERGY]:"
        return mistake("kernel.py", condition, "if energy >= 0:")
    if check == "duration":
        return mistake("kernel.py", "if on_us > limits[H_MAX_ON_US] or (", "if on_us < 0 and (")
    return mistake("kernel.py", f"failed |= 1 << {check.upper()}\n", "failed |= 0\n")


MISUNDERSTOOD: dict[str, Transform] = {
    "power": mistake("monitor.py", "inputs[I_SET_MW] = set_mw\n", "inputs[I_SET_MW] = set_mw + 1\n"),
    "duration": mistake("monitor.py", "inputs[I_SET_US] = set_us\n", "inputs[I_SET_US] = set_us + 1\n"),
    "energy": mistake("monitor.py", "self._energy_ratio >> 25)", "self._energy_ratio >> 24)"),
}
"""Firmware that has another set point than the one that it was armed with."""


def beyond(danger: Excursion, limits: Path, lost: int = 0, transform: Transform | None = None) -> Outcome:
    """A channel leaves its limit on a device that is blind for just that (or has another mistake)."""
    e = danger
    transform = transform or blind(e.check)
    with Rig(limits, (e.plan,), name=e.name, tolerances=e.tolerances, seed=e.seed, transform=transform) as rig:
        listener = Listener(Line(rig), lost)
        excursion.prepare(rig, e)
        excursion.carry_out(rig, e)
        return listener.outcome()


def perform(
    limits: Path,
    *,
    act: Callable[[Rig], None] = lambda _rig: None,
    delay_us: int = 50_000,
    plan: tuple[Sonication, ...] = PLAN,
    seed: int = 1,
    transform: Transform | None = None,
    lost: int = 0,
    to_host: Filter | None = None,
) -> Outcome:
    """A sonication in which something is done `delay_us` after RF came on; `to_host` decides what the host hears."""
    with Rig(limits, plan, seed=seed, transform=transform) as rig:
        line = Line(rig)
        line.to_host = to_host or line.to_host
        listener = Listener(line, lost)
        rig.after_rf(delay_us, "danger", "", lambda: act(rig))
        rig.run_plan(9_000_000, rig.platform.tail_us)
        return listener.outcome()


def reaction(name: str, found: Outcome, example: str, lost: int = 0) -> Measurement:
    """From the arrival of the frame to the last edge. NaN, which fails, if the host saw nothing."""
    value = math.nan if found.seen_us is None else _after(found, found.seen_us)
    what = f"{name}: permit low" if not lost else f"{name}, {lost} STOP lost: permit low"
    return Measurement("G4", what, value, "µs", BOUND_US + lost * AGAIN_US, found.run.tier, f"{example}: {found.why}")


def whole(name: str, found: Outcome, example: str) -> Measurement:
    """From the first tick of that frame to the last edge: the frame is 20 ticks long, and has a way to go."""
    value = math.nan if found.tick_us is None else _after(found, found.tick_us)
    return Measurement("G4", f"{name}, from its tick on: permit low", value, "µs", WHOLE_US, found.run.tier, example)


def pressed(found: Outcome, example: str, lost: int = 0) -> Measurement:
    """From the one stimulus of the run, somebody who presses STOP, to the last edge."""
    value = _after(found, found.run.stimuli[0].t_us)
    what = f"STOP is pressed{f', {lost} lost' * bool(lost)}: permit low"
    return Measurement("G4", what, value, "µs", BOUND_US + lost * AGAIN_US, found.run.tier, example)


def _after(found: Outcome, t_us: int) -> float:
    """How long after a time the last edge was; NaN if the device ended in another way than by STOP."""
    if found.state != TRIPPED or found.cause >> 8 != _STOPPED:
        return math.nan
    return _low_us(found.run, t_us) - t_us


def _low_us(run: Run, seen_us: int) -> float:
    """The last edge of either switch; NaN if the permit was not up at that time, or still was at the end."""
    up = all(any(first <= seen_us < end for first, end in run.bursts(switch)) for switch in (0, 1))
    low_us = run.low_since(seen_us)
    return float(low_us) if up and low_us < run.end_us else math.nan
