"""What was seen of a case of the catalogue, and whether it is what the case declares."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

from sonofuse import link, protocol
from sonofuse.causes import cause_words
from sonofuse.layout import K
from sonofuse.limits import LimitsFile
from sonofuse.link import Telemetry
from sonofuse_firmware.states import NAMES, SAFE, TRIPPED

from ..measurement import Measurement
from ..run import Run
from ..run import Seen as Said
from .cases import AS_PLANNED, END, INHIBITED, REFUSED, RESET, STOPPED, TRIP, Case
from .register import BOOT

_SECOND_TIME = 100  # ticks: a frame of telemetry goes out again behind the next one
_COMMANDS = {frame.kind: frame.name for frame in protocol.FRAMES if frame.to == "device"}


@dataclass
class Notes:
    """What the device said, whoever heard it: states, the mask of channels warned of, and what it refused."""

    said: list[Said] = field(default_factory=list[Said])
    warned: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])  # time, mask
    refused: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])  # time, command, result
    _last: Telemetry | None = None

    def telemetry(self, t_us: int, frame: Telemetry) -> None:
        """Take a frame, unless it comes for the second time; only changes are kept."""
        older = 0 if self._last is None else (self._last.tick - frame.tick) & K.INT_MAX
        if self._last is not None and (0 < older < _SECOND_TIME or self._last == frame):
            return
        self._last = frame
        if not self.said or (self.said[-1].state, self.said[-1].cause) != (frame.state, frame.cause):
            self.said.append(Said(t_us, frame.state, frame.cause))
        if not self.warned or self.warned[-1][1] != frame.warn:
            self.warned.append((t_us, frame.warn))


@dataclass(frozen=True)
class Seen:
    """What a case showed. `status` is one of cases.STATUSES, `text` says more; `reaction_us` goes from where the bound
    counts to the last permit edge (or to the alarm), None where there is nothing to count; `wrong` is one line that
    says why it is not what the case declares, "" if it is."""

    case: Case
    status: str
    text: str
    reaction_us: int | None
    bound_us: int | None
    run: Run
    wrong: str


def judge(case: Case, limits: LimitsFile, run: Run, notes: Notes) -> Seen:
    """Compare what a run shows with what its case declares."""
    j = _Judged(case, limits, replace(run, seen=tuple(notes.said)), notes)
    wrong = run.unsafe(1e6 * limits.cooling_gap_s) or j.wrong
    return Seen(case, j.status, j.text, j.reaction_us, j.bound_us, run, wrong)


def measurements(seen: Seen) -> list[Measurement]:
    """Whether it was as declared, and what it took where there is a bound."""
    case, tier = seen.case, seen.run.tier
    name = f"fault {case.label}"
    text = f"{seen.text}: {seen.wrong}" if seen.wrong else seen.text
    found = [Measurement(case.guarantee, f"{name}: not as declared", float(bool(seen.wrong)), "", 0, tier, text)]
    if seen.bound_us is not None:
        value = math.nan if seen.reaction_us is None else float(seen.reaction_us)
        what = f"{name}: {'alarm' if case.alarm else 'permit low'}"
        found.append(Measurement(case.guarantee, what, value, "µs", seen.bound_us, tier, text))
    return found


@dataclass
class _Judged:
    case: Case
    limits: LimitsFile
    run: Run
    notes: Notes

    @cached_property
    def onset_us(self) -> int:
        """When the last of the faults struck."""
        return self.run.stimuli[-1].t_us if self.run.stimuli else 0

    @cached_property
    def start_us(self) -> int:
        """Where the bound counts from."""
        return self._planned_end_us if self.case.since == END and self.run.rf_us else self.onset_us

    @property
    def _planned_end_us(self) -> int:
        return self.run.rf_us[-1] + round(1e6 * self.case.plan[-1].duration_s)

    @cached_property
    def low_us(self) -> int:
        return self.run.low_since(self.start_us)

    @cached_property
    def _trip(self) -> Said | None:
        """The first report of a trip after the onset."""
        after_us = max(self.onset_us, self.run.rf_us[0]) if self.run.rf_us else math.inf
        return next((said for said in self.run.seen if said.state == TRIPPED and said.t_us >= after_us), None)

    @property
    def tripped_us(self) -> float:
        return math.inf if self._trip is None else self._trip.t_us

    @property
    def cause(self) -> str:
        """Of that trip, as "channel check"; "" if there was none."""
        return "" if self._trip is None else self._words(self._trip.cause)

    @cached_property
    def resets(self) -> list[str]:
        """Why the device was reset since, or lost its power."""
        return [reason for t_us, reason in self.run.history.resets if t_us >= self.onset_us]

    @cached_property
    def warned(self) -> dict[str, int]:
        """Channels that were not warned of before, and when they were."""
        notes = self.notes.warned
        before = next((mask for t_us, mask in reversed(notes) if t_us < self.onset_us), 0)
        found: dict[str, int] = {}
        for t_us, mask in notes:
            for row, channel in enumerate(self.limits.board.channels):
                if t_us >= self.onset_us and (mask & ~before) >> row & 1:
                    found.setdefault(channel.name, t_us)
        return found

    @cached_property
    def refused(self) -> list[str]:
        """Commands that were refused, and why, as "ARM: cooling"."""
        said = (f"{_COMMANDS[command]}: {link.RESULTS[result]}" for _, command, result in self.notes.refused)
        return list(dict.fromkeys(said))

    @cached_property
    def status(self) -> str:
        run = self.run
        if not run.rf_us:
            return REFUSED if self.case.refused in self.refused and run.state == SAFE else INHIBITED
        if self.resets:
            return RESET
        if self.cause:
            return TRIP
        if run.done < len(self.case.plan) and self.low_us < run.end_us:
            return STOPPED
        return REFUSED if self.case.refused in self.refused else AS_PLANNED

    @property
    def text(self) -> str:
        run, shown = self.run, self.warned if self.case.parts[-1].when != BOOT else {}
        warned = f"; warned of {', '.join(shown)}" if shown else ""
        refused = f"; refused {self.case.refused}"
        ended = f"{run.done} of {len(self.case.plan)} sonications ended normally"
        match self.status:
            case "trip":
                late = " when RF was over" if self.case.afterwards else ""
                return f"trip by {self.cause}{late}{warned}{refused if self.case.refused else ''}"
            case "reset":
                return f"reset ({self.resets[0]}), then {self._state}"
            case "stopped":
                return "output off; nothing resets the device"
            case "no start":
                return f"no RF: {self._state}"
            case "refused":
                return f"{ended if run.rf_us else 'no RF: ' + self._state}{refused}"
            case _:
                return f"{ended}{warned}"

    @property
    def _state(self) -> str:
        """The state reported last, in words."""
        if self.run.state < 0:
            return "silent"
        return NAMES[self.run.state] + (f" by {self._words(self.run.cause)}" if self.run.state == TRIPPED else "")

    def _words(self, cause: int) -> str:
        return " ".join(cause_words(cause, self.limits.board)[:2])

    @cached_property
    def bound_us(self) -> int | None:
        return self.case.bound_us(self.limits)

    @cached_property
    def reaction_us(self) -> int | None:
        if self.status not in (TRIP, RESET, STOPPED):
            return None
        if not self.case.alarm:
            return self.low_us - self.start_us
        alarm_us = next((t_us for t_us, level in self.run.alarms if level and t_us >= self.onset_us), None)
        return None if alarm_us is None else max(alarm_us, self.low_us) - self.start_us

    @property
    def wrong(self) -> str:
        """Why it is not as declared."""
        case, run = self.case, self.run
        if len(run.stimuli) < len(case.parts):
            return "it ended before the fault happened"
        if self.status != case.expected:
            return f"{self.status}, not {case.expected}"
        seen = self.cause if run.rf_us else self._words(run.cause) if run.state == TRIPPED else ""
        if case.causes and seen not in case.causes:
            return f"by {seen or 'nothing'}, which is not {' or '.join(case.causes)}"
        if case.warns and not set(case.warns) & set(self.warned):
            return f"no warning of {' or '.join(case.warns)} came"
        if case.expected == TRIP and any(said.state != TRIPPED for said in run.seen if said.t_us > self.tripped_us):
            return "it left TRIPPED"
        if case.refused and case.refused not in self.refused:
            return f"{case.refused} was not refused"
        if case.expected in (TRIP, RESET) and run.state != TRIPPED:
            return f"it is {NAMES[run.state]} at the end"
        if case.afterwards and run.done < len(case.plan):
            return "it tripped while RF was on"
        if self.bound_us is not None and (self.reaction_us is None or self.reaction_us > self.bound_us):
            return f"took {self.reaction_us} µs, allowed are {self.bound_us}"
        return ""
