"""What a case of the verification is, and what it finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Curve:
    """A line of a plot; `points` draws its values as dots, a reference beside a line."""

    label: str
    x: Sequence[float] | Any
    y: Sequence[float] | Any
    points: bool = False


@dataclass(frozen=True)
class Plot:
    """What a case shows beside its figure; `logs` makes both axes logarithmic."""

    x: str
    y: str
    curves: tuple[Curve, ...]
    logs: bool = False


@dataclass(frozen=True)
class Found:
    """A figure, and how it came about: `note` in words, `plot` for the report."""

    value: float
    plot: Plot | None = None
    note: str = ""


@dataclass(frozen=True)
class Case:
    """One claim about the solver that can fail.

    Args:
        name: unique, as in a file name. what: the claim in words. source: of the expected values.
        figure: what is measured. unit: of it and of the tolerance; "" for a bare number.
        tolerance: the figure may be at most this, or at least, if `at_least`.
        measure: computes the figure, seconds of work at most. slow: more than 5 s of it.
    """

    name: str
    what: str
    figure: str
    unit: str
    tolerance: float
    source: str
    measure: Callable[[], Found]
    at_least: bool = False
    slow: bool = False

    def passes(self, value: float) -> bool:
        """Whether a figure is within the tolerance; NaN never is."""
        return value >= self.tolerance if self.at_least else value <= self.tolerance


def allowed(case: Case) -> str:
    """The tolerance in words."""
    return f"{'at least' if case.at_least else 'at most'} {case.tolerance:g} {case.unit}".rstrip()


def shown(case: Case, found: Found) -> str:
    """The figure with its unit, three digits."""
    return f"{found.value:#.3g} {case.unit}".rstrip()
