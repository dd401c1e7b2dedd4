"""What a report says about one run: who, what was expected, what was seen, and the figures."""

from dataclasses import dataclass

from ..run import Run


@dataclass(frozen=True)
class Figure:
    """One figure of a case against its bound; a bound of None is information only. NaN never passes."""

    name: str
    value_ms: float
    bound_ms: float | None

    @property
    def passed(self) -> bool:
        return self.bound_ms is None or self.value_ms <= self.bound_ms


@dataclass(frozen=True)
class Case:
    """A run with its verdict.

    `event_us` is what the reaction is counted from (a fault, or the end of a sonication), and `event` its words;
    `permit_low_us` and `rf_off_us` are None when they did not come before the end of the run.
    """

    key: str
    title: str
    story: str
    expected: str
    seen: str
    event: str
    event_us: int
    permit_low_us: int | None
    rf_off_us: int | None
    figures: tuple[Figure, ...]
    problems: tuple[str, ...]
    run: Run

    @property
    def passed(self) -> bool:
        """Whether the run did what it should and every figure is within its bound."""
        return not self.problems and all(figure.passed for figure in self.figures)

    def peak_c(self, place: str) -> float:
        """The highest true temperature of a place in this run, degC."""
        return max(self.run.samples.curves[place])
