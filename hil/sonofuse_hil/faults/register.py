"""What a named fault is, and the register of all of them."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sonofuse.board import Board
from sonofuse.limits import LimitsFile
from sonofuse.limits.problems import did_you_mean
from sonofuse.limits.units import DIMENSIONS, UnitError, quantity

from ..breaking import faults_of

Value = float | str


@dataclass(frozen=True)
class Quantity:
    """A parameter with a unit: its default and its bounds, all as people write them."""

    default: str
    low: str
    high: str

    @property
    def accepted(self) -> str:
        return f'"{self.low}" to "{self.high}"'

    def read(self, value: Any) -> float:
        """The value in the base unit of its dimension.

        Raises:
            UnitError: if it has another dimension or is out of bounds.
        """
        dimension = quantity(self.default, *DIMENSIONS)[1]
        amount = quantity(value, dimension)[0]
        if not quantity(self.low, dimension)[0] <= amount <= quantity(self.high, dimension)[0]:
            raise UnitError("is out of bounds", self.accepted)
        return amount


class Choice:
    """A parameter that is one of some words; the first is the default."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.default = words[0]

    @property
    def accepted(self) -> str:
        return " or ".join(f'"{word}"' for word in self.words)

    def read(self, value: Any) -> str:
        """The word.

        Raises:
            UnitError: if it is none of them.
        """
        if value not in self.words:
            raise UnitError("is not one of the choices", f"{did_you_mean(str(value), self.words)} ({self.accepted})")
        return str(value)


Parameter = Quantity | Choice
Course = Callable[..., Iterator[None] | None]
Ending = Callable[[], None]
Bound = Callable[[LimitsFile, Mapping[str, Value]], int | None]
BOOT, IDLE, ON = PHASES = ("boot", "idle", "on")  # before the first boot, while RF is off, while it is on
TRIP, INHIBIT, WARN, RESET, REJECT = RESPONSES = ("T", "I", "W", "R", "-")  # domain sheet F; "-": no effect


def unbounded(_limits: LimitsFile, _values: Mapping[str, Value]) -> int | None:
    """No bound in time follows: a start is refused, a warning is given, or it shows only with something else."""
    return None


@dataclass(frozen=True)
class Fault:
    """One fault: what breaks, which hazards (domain sheet C) it leads to and which guarantee answers it.

    `course(stand, **values)` breaks it at the time of the bench; the values are in base units (s, W, K, degC, L/min,
    1). A fault that lasts until it is ended is a generator: what comes after its `yield` ends it.

    `numbers` are the rows of the catalogue (faults/catalogue.py) that it is a case of. `response` is what the monitor
    has to do: "T" trip, "I" inhibit the start, "W" warn, "R" reset into output off, "-" nothing, and nothing changes.
    `bound_us(limits, values)` is the time from the onset to the last permit edge that the guarantee promises with these
    limits; None where no bound in time follows, also because these values stay within the limits. `phase` is when it
    is made for; at another time it may show nothing. `commands`: it needs a console that the rig operates (Commander).
    """

    name: str
    text: str
    hazards: tuple[str, ...]
    guarantee: str
    course: Course
    parameters: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    needs: str = ""  # what a board has to watch
    breaks: str = ""  # the fault of a part, in the channel that the parameter of that name says
    driver: str = ""  # a driver that some channel of the board has to have
    numbers: tuple[int, ...] = ()
    response: str = TRIP
    bound_us: Bound = unbounded
    phase: str = ON
    commands: bool = False

    def __reduce__(self) -> tuple[Callable[[str], "Fault"], tuple[str]]:
        """Its name is enough for another process, which has the same register."""
        return get, (self.name,)

    @property
    def lasts(self) -> bool:
        """Whether it lasts until it is ended; another one passes by itself, or leaves nothing to end."""
        return inspect.isgeneratorfunction(self.course)

    def apply(self, stand: Any, **values: Value) -> Ending:
        """Break it now; what is returned ends it, if it lasts."""
        rest = self.course(stand, **values)
        if rest is None:
            return lambda: None
        next(rest)
        return lambda: next(rest, None)

    def values(self, given: Mapping[str, Any] = {}) -> dict[str, Value]:
        """All parameters in base units, defaults filled in.

        Raises:
            UnitError: if one is unknown, of another unit or out of bounds.
        """
        for name in given:
            if name not in self.parameters:
                raise UnitError(f"{self.name} has no parameter {name!r}", did_you_mean(name, self.parameters))
        return {name: kind.read(given.get(name, kind.default)) for name, kind in self.parameters.items()}

    def uncovered(self, board: Board, values: Mapping[str, Value]) -> str:
        """Why a board cannot show this fault with these values, "" if it can."""
        if self.driver and all(channel.driver != self.driver for channel in board.channels):
            return f"not covered: board {board.name} has no {self.driver}"
        watched = self.needs or str(values.get("channel", ""))
        if not watched:
            return ""
        channel = board.watching(watched)
        if channel is None:
            return f"not covered: board {board.name} has no signal for {watched!r}"
        if self.breaks and self.breaks not in faults_of(channel):
            return f"not covered: no part of {channel.name} on board {board.name} can break so"
        return ""

    def blind(self, board: Board) -> list[str]:
        """Why a board cannot show this fault, a line for each channel that it could be asked for."""
        return [wrong for wrong in self._by_channel(board) if wrong]

    def covered_nowhere(self, board: Board) -> bool:
        """Whether a board can show this fault on none of the channels that it could be asked for."""
        return all(self._by_channel(board))

    def _by_channel(self, board: Board) -> list[str]:
        channels = self.parameters.get("channel")
        named = channels.words if isinstance(channels, Choice) else ("",)
        return [self.uncovered(board, {"channel": name}) for name in named]


_FAULTS: dict[str, Fault] = {}


def fault(
    hazards: str,
    guarantee: str,
    *numbers: int,
    response: str = TRIP,
    bound: Bound = unbounded,
    needs: str = "",
    breaks: str = "",
    driver: str = "",
    phase: str = ON,
    commands: bool = False,
    **parameters: Parameter,
) -> Callable[[Course], Course]:
    """Register a function as the fault of its name; its docstring is the fault's text. The rest: see Fault."""

    def register(course: Course) -> Course:
        name, text = course.__name__, " ".join((course.__doc__ or "").split())
        assert name not in _FAULTS and text, f"fault {name}: one name, one text"
        _FAULTS[name] = Fault(
            name=name,
            text=text,
            hazards=tuple(hazards.split()),
            guarantee=guarantee,
            course=course,
            parameters=parameters,
            needs=needs,
            breaks=breaks,
            driver=driver,
            numbers=numbers,
            response=response,
            bound_us=bound,
            phase=phase,
            commands=commands,
        )
        return course

    return register


def fault_names() -> list[str]:
    """The names of all faults, sorted."""
    return sorted(_FAULTS)


def of_row(number: int) -> list[Fault]:
    """The faults that are cases of a row of the catalogue, by name."""
    return [_FAULTS[name] for name in fault_names() if number in _FAULTS[name].numbers]


def get(name: str) -> Fault:
    """The fault of that name.

    Raises:
        KeyError: if there is none; the message says which are known.
    """
    if name not in _FAULTS:
        raise KeyError(f"no fault {name!r}: {did_you_mean(name, _FAULTS)}")
    return _FAULTS[name]
