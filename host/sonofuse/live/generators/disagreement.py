"""Whether the generator agrees with the device and its coupler. If it does not for long, the monitor commands STOP.

The device itself trips, within milliseconds, on too much power and on RF without permit. This sees what it cannot:
that the RF is another generator's, that the generator does something else than it was asked for, and that the coupler
shows nothing, or too little, while the output is on.
"""

import math
from collections.abc import Iterator

from sonofuse.board import FORWARD
from sonofuse.limits.model import LimitsFile
from sonofuse.live.generators.state import GeneratorState
from sonofuse.live.view import CONNECTED, View
from sonofuse_firmware.states import ARMED, NAMES, ON

# D: 200 W heat cortical bone by 5 K in this time (domain sheet C, H4). Longer than what separates a reading of the
# generator (0.1 s) from a picture (0.05 s) whose telemetry is 0.02 s old and whose RF may take 0.015 s to follow.
LASTING_S = 0.25


class Agreement:
    """Compares each picture with the generator's state at that time; remembers since when they disagree."""

    def __init__(self, limits: LimitsFile, lasting_s: float = LASTING_S) -> None:
        """How far forward power may be from the set point, and what counts as no RF, is as the limits file says."""
        self._lasting_s = lasting_s
        self._since_s: dict[str, float] = {}
        forward = limits.board.watching(FORWARD)
        checks = None if forward is None else limits.channel(forward.name)
        against_set = None if checks is None else checks.check("set")
        idle = None if checks is None else checks.check("idle")
        self._share = None if against_set is None else against_set.trip
        self._idle_w = None if idle is None else idle.trip
        missing = [name for name, found in (("set", against_set), ("idle", idle)) if found is None]
        self.not_covered = (
            f"{limits.file}: no check {' and no check '.join(missing)} of forward power: the generator is not compared "
            "with a coupler in that"
            if missing
            else ""
        )

    def check(self, view: View, state: GeneratorState) -> str:
        """One line about what they have disagreed on for longer than `lasting_s`, "" for nothing."""
        found = dict(disagreements(view, state, self._share, self._idle_w))
        self._since_s = {kind: self._since_s.get(kind, view.t_s) for kind in found}
        lasting = [kind for kind, since_s in self._since_s.items() if view.t_s - since_s >= self._lasting_s]
        return found[lasting[0]] if lasting else ""


def disagreements(
    view: View, state: GeneratorState, share: float | None, idle_w: float | None
) -> Iterator[tuple[str, str]]:
    """What disagrees at this instant: a kind, and a line for a person.

    `share` is how far forward power may be from the set point, `idle_w` what it may be while RF is off, W; None leaves
    that comparison out. A value that is not a number disagrees.
    """
    permitted = view.link == CONNECTED and view.state == NAMES[ON]
    frozen = view.link == CONNECTED and view.state in (NAMES[ARMED], NAMES[ON])
    forward_w = _forward_w(view)
    if state.output is True and not permitted:
        yield "permit", f"the generator's output is on while RF is not permitted ({view.state or view.link})"
    if state.output is False and forward_w is not None and idle_w is not None and not forward_w <= idle_w:
        yield "coupler", f"the coupler sees {forward_w:.3g} W although the generator's output is off"
    if frozen and state.ready and not _near(state.set_w, view.set_w, state.tolerance * view.set_w):
        yield "set point", f"the generator is set to {_watts(state.set_w)}, the device to {view.set_w:.4g} W"
    within_w = math.inf if share is None else max(share * view.set_w, idle_w or 0.0)
    if permitted and state.output is True and share is not None and not _near(forward_w, view.set_w, within_w):
        yield "power", f"the coupler sees {_watts(forward_w)} while {view.set_w:.4g} W are set and the output is on"
    if permitted and (state.output is None or state.trouble):
        yield "unknown", f"RF is permitted and the generator is not sound: {state.trouble or 'nothing is known of it'}"


def _forward_w(view: View) -> float | None:
    return next((reading.value for reading in view.readings if reading.watches == FORWARD), None)


def _near(value: float | None, of: float, by: float) -> bool:
    return value is not None and math.isfinite(by) and abs(value - of) <= by  # false for NaN


def _watts(value: float | None) -> str:
    return "nothing known" if value is None else f"{value:.4g} W"
