"""What a case of the catalogue is: which faults, when, and what has to be seen of them. The cases: declared.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sonofuse.limits import LimitsFile

from ..operator import Sonication
from .register import Fault, Value, get

# How a case can end, as a run shows it. Two more are declared: what should not have ended as planned, or tripped only
# when RF was over, is not detected; what only warned is less than the catalogue asks for. Both say why.
TRIP, RESET, STOPPED, INHIBITED, REFUSED, AS_PLANNED = STATUSES = (
    "trip",
    "reset",
    "stopped",
    "no start",
    "refused",
    "as planned",
)
UNSEEN, WARNED = "not detected", "warning only"
ONSET, END = "onset", "end"  # where a bound counts from: the last fault, or the planned end of the last sonication
RF_US = 300_000  # of RF before a fault
PLAN = (Sonication(61.5, 1.0),)  # electrical: 40 W acoustic at an efficiency of 0.65


@dataclass(frozen=True)
class Part:
    """One fault of a case: its parameters as people write them, and how long after the beginning of its phase (of the
    last one that was planned, where RF is off) it strikes; it ends after `lasts_us`, if it is one that lasts."""

    name: str
    given: Mapping[str, str] = field(default_factory=dict[str, str])
    after_us: int = RF_US
    phase: str = ""  # "": the fault's own
    lasts_us: int | None = None

    @property
    def fault(self) -> Fault:
        return get(self.name)

    @property
    def when(self) -> str:
        return self.phase or self.fault.phase

    @property
    def values(self) -> dict[str, Value]:
        return self.fault.values(self.given)

    @property
    def text(self) -> str:
        """The fault and what was given, as a reader repeats it."""
        words = [self.name, *(f'{name}="{value}"' for name, value in self.given.items())]
        return " ".join([*words, f"({self.phase})"] if self.phase else words)


@dataclass(frozen=True)
class Case:
    """`rows` of the catalogue at once, none for a fault that is no row, with what has to be seen: a status, one of
    `causes` ("channel check"), a new warning of one of `warns`, a command `refused` ("ARM: cooling"). `why` says why
    something is not detected, or why a response is not the sheet's. The bound is that of the last fault, unless
    `within` gives one from `since` on; `alarm`: the permit is low anyway, the alarm counts. `afterwards`: the trip
    comes when RF is over. `limits` changes the limits file."""

    rows: tuple[int, ...]
    parts: tuple[Part, ...]
    status: str
    causes: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()
    refused: str = ""
    why: str = ""
    since: str = ONSET
    within: Callable[[LimitsFile], int] | None = None
    afterwards: bool = False
    alarm: bool = False
    plan: tuple[Sonication, ...] = PLAN
    limits: Mapping[str, str] = field(default_factory=dict[str, str])
    watch_us: int = 0

    @property
    def expected(self) -> str:
        """The status as a run shows it."""
        if self.status in (UNSEEN, WARNED):
            return TRIP if self.afterwards else AS_PLANNED
        return self.status

    @cached_property
    def label(self) -> str:
        """How the case is called: its rows and its faults."""
        return f"{self.of} {', '.join(part.text for part in self.parts)}".lstrip()

    @property
    def of(self) -> str:
        """Its rows as they are called: "3+15"; "" for none."""
        return "+".join(map(str, self.rows))

    @property
    def text(self) -> str:
        """What has to be seen, in words."""
        words = f"{self.status}{' by ' + ' or '.join(self.causes) if self.causes else ''}"
        if self.afterwards:
            words = f"{self.status}; trip by {' or '.join(self.causes)} when RF is over"
        if self.warns:
            words += f"; a warning of {' or '.join(self.warns)}"
        if self.refused:
            words += f" {self.refused}" if self.status == REFUSED else f"; refused {self.refused}"
        return words

    @property
    def fault(self) -> Fault:
        """The one whose guarantee and bound count: the last."""
        return self.parts[-1].fault

    @property
    def guarantee(self) -> str:
        return self.fault.guarantee

    @property
    def hazards(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(hazard for part in self.parts for hazard in part.fault.hazards))

    def bound_us(self, limits: LimitsFile) -> int | None:
        """The time that is allowed with these limits, None where no bound in time follows."""
        if self.within is not None:
            return self.within(limits)
        if self.expected not in (TRIP, RESET, STOPPED) or self.afterwards:
            return None
        return self.fault.bound_us(limits, self.parts[-1].values)
