"""What one run of the rig has seen, as plain records: the only thing that guarantees and reports look at."""

import hashlib
import json
from dataclasses import dataclass, field
from itertools import pairwise

from sonofuse_firmware.states import TRIPPED

from .bench import History


@dataclass(frozen=True)
class Stimulus:
    """Something that the scenario did to the device or around it, and when."""

    t_us: int
    name: str
    text: str


@dataclass(frozen=True)
class Seen:
    """A change of state or cause, as telemetry reported it (times are those of the frame's arrival)."""

    t_us: int
    state: int
    cause: int


@dataclass
class Samples:
    """Curves at `STEP_US`: time in s, true temperatures in °C, forward power in W, permit 0 or 1."""

    t_s: list[float] = field(default_factory=list[float])
    curves: dict[str, list[float]] = field(default_factory=dict[str, list[float]])


@dataclass(frozen=True)
class Run:
    """One run: who, what was done, what was seen. All times in µs of the platform's own clock."""

    scenario: str
    tier: str
    seed: int
    limits: str
    limits_sha256: str
    end_us: int
    rf_us: tuple[int, ...]  # when each sonication started (START was answered)
    done: int  # sonications that ended normally
    stimuli: tuple[Stimulus, ...]
    seen: tuple[Seen, ...]
    history: History
    resets: tuple[tuple[int, str], ...]
    flash_operations: tuple[str, ...]
    last_token_us: tuple[int, int]
    hung_us: int | None
    samples: Samples
    buzzer: int  # its pin

    @property
    def alarms(self) -> list[tuple[int, int]]:
        """When the buzzer was switched, and to which level."""
        return [(t_us, level) for t_us, pin, level in self.history.pins if pin == self.buzzer]

    @property
    def state(self) -> int:
        """The last state that telemetry reported, -1 if there was none."""
        return self.seen[-1].state if self.seen else -1

    @property
    def cause(self) -> int:
        """The cause of the last report."""
        return self.seen[-1].cause if self.seen else 0

    @property
    def tripped(self) -> Seen | None:
        """The first report of TRIPPED after RF was on for the first time, or from the start if it never was."""
        after_us = self.rf_us[0] if self.rf_us else 0
        return next((s for s in self.seen if s.state == TRIPPED and s.t_us >= after_us), None)

    def bursts(self, switch: int) -> list[tuple[int, int]]:
        """First and last edge of every burst of permit edges of a switch; the run's end closes an open one."""
        found: list[tuple[int, int]] = []
        first: int | None = None
        for t_us, number, edges in self.history.edges:
            if number == switch:
                if edges:
                    first = t_us
                elif first is not None:
                    found.append((first, t_us))
                    first = None
        if first is not None:
            found.append((first, self.end_us))
        return found

    def low_since(self, t_us: int) -> int:
        """When the permit was low for good, seen from `t_us`: the last edge of either pin after it, or `t_us` itself.

        A run that ends with edges still coming returns its end.
        """
        last = t_us
        for switch in (0, 1):
            for first, end in self.bursts(switch):
                if end > t_us:
                    last = max(last, end, first)
        return last

    def rf_off(self, t_us: int) -> int | None:
        """When forward power was last above zero after `t_us`; None if it still is at the end."""
        last, watts = t_us, 0.0
        for at_us, value in self.history.watts:
            if watts > 0.0 and at_us > t_us:
                last = at_us
            watts = value
        return None if watts > 0.0 else last

    def unsafe(self, gap_us: float) -> str:
        """One line that says what must not be after any run, "" if it is not: a permit or RF at the end, or a permit
        that came back before a cooling gap of `gap_us` was over."""
        if any(last >= self.end_us for switch in (0, 1) for _, last in self.bursts(switch)):
            return "a permit was still given at the end"
        if self.rf_off(0) is None:
            return "RF was still on at the end"
        pauses_us = [after[0] - before[1] for switch in (0, 1) for before, after in pairwise(self.bursts(switch))]
        if pauses_us and min(pauses_us) < gap_us:
            after_ms = min(pauses_us) / 1e3
            return f"RF came back after {after_ms:.3f} ms, before a cooling gap of {gap_us / 1e6:g} s was over"
        return ""

    def digest(self) -> str:
        """SHA-256 of everything in this record: the same seed gives the same digest."""
        return hashlib.sha256(json.dumps(self, default=vars, sort_keys=True).encode()).hexdigest()
