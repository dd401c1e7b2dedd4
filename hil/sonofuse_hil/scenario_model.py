"""What a scenario is: who does what, what breaks when, and what has to happen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from sonofuse.board import load_board
from sonofuse.layout import K
from sonofuse.limits import LimitsFile, compile_limits, load
from sonofuse.limits.declared import CHECKS

from .bench import Tolerances
from .faults import Fault, Value
from .operator import Sonication
from .plant.tissue import STANDARD, Anatomy

MONITOR = "monitor"  # stands for a channel in causes that concern the whole monitor
RF, END, LAST_TOKEN = STARTS = ("rf", "end", "last token")  # what a bound counts from, besides the name of a fault
OFF, NO_START, ANYHOW = OTHERWISE = ("off", "no start", "safe")
_ENDS = {
    "": "every sonication ends normally, without a trip",
    NO_START: "RF is never permitted",
    ANYHOW: "however it ends, RF is off",
}


@dataclass(frozen=True)
class Event:
    """A fault and when it happens: `time_us` after boot, or after RF of a sonication (from 0) was switched on."""

    fault: Fault
    values: Mapping[str, Value]
    time_us: int
    after_rf: bool
    sonication: int = 0


@dataclass(frozen=True)
class Expectation:
    """How the run has to end: normally, or with a trip by one of `causes` (channel, check) within a bound.

    The bound counts from `since` (the name of a fault, or one of STARTS: RF on, the planned end of the last
    sonication, the last token) to the last permit edge, or to the alarm. Without causes any trip will do.

    `otherwise`, with `trip` False, is one of OTHERWISE: the permit is low within the bound, whatever is said about it
    (a device that is held in reset says nothing); RF is never permitted at all; or however it ends, in the end RF is
    off. `pause_us`: the least time without permit between two sonications, besides the cooling gap of the limits.
    """

    trip: bool
    guarantee: str
    causes: tuple[tuple[str, str], ...] = ()
    within_us: int = 0
    since: str = ""
    alarm: bool = False
    otherwise: str = ""
    pause_us: int = 0

    @property
    def timed(self) -> bool:
        """Whether there is a bound."""
        return self.trip or self.otherwise == OFF

    @property
    def text(self) -> str:
        if not self.timed:
            return _ENDS[self.otherwise]
        causes = f" by {' or '.join(' '.join(cause) for cause in self.causes)}" if self.causes else ""
        what = "alarm" if self.alarm else "permit low"
        since = {"rf": "RF on", "end": "the planned end", "last token": "the last token"}.get(self.since, self.since)
        return f"{f'trip{causes}; ' if self.trip else ''}{what} within {self.within_us / 1e3:g} ms of {since}"


@dataclass(frozen=True)
class Scenario:
    """A scenario: who does what, what breaks when, and what has to happen.

    `cooling_gap_s` None: as the limits say; `board` None: the one that they name.
    """

    name: str
    title: str
    description: str
    limits: Path
    plan: tuple[Sonication, ...]
    expect: Expectation
    events: tuple[Event, ...] = ()
    tolerances: Tolerances = field(default_factory=Tolerances)
    anatomy: Anatomy = STANDARD
    seed: int = 1
    cooling_gap_s: float | None = None
    board: Path | None = None

    def limit_set(self) -> tuple[LimitsFile, bytes]:
        """The limits as this scenario runs them, and the limit set compiled from them.

        Raises:
            LimitsError: if the limits file is wrong.
            BoardError: if the board file is wrong.
        """
        files = (self.limits,) if self.board is None else (self.limits, self.board)
        changed = tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in files)
        return _limit_set(self.limits, self.board, self.cooling_gap_s, changed)


@lru_cache(maxsize=16)  # many scenarios share one limits file, which takes longer to read than a second of RF to run
def _limit_set(
    path: Path, board: Path | None, cooling_gap_s: float | None, _changed: tuple[int, ...]
) -> tuple[LimitsFile, bytes]:
    limits = load(path, None if board is None else load_board(board))
    if cooling_gap_s is not None:
        limits = replace(limits, cooling_gap_s=cooling_gap_s)
    return limits, compile_limits(limits)


def cause_names(limits: LimitsFile | None) -> list[str]:
    """Every cause that can be expected, as "channel check"; a channel by its name or by what it watches."""
    found = [f"{MONITOR} {name}" for number, name, _, _ in CHECKS if number >= K.DEADLINE]
    if limits is not None:
        for channel in limits.channels:
            wired = limits.board.channels[limits.board.index(channel.name)]
            found += [f"{name} {check.name}" for name in {wired.name, wired.watches} for check in channel.checks]
    return found
