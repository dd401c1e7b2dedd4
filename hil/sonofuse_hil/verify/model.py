"""What a property of a limits file is, what one example of it showed, and what is left of it in the end."""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis.strategies import SearchStrategy

from ..scenario import Outcome
from ..scenario_model import Scenario

HOLDS, FAILS, NOT_RUN = VERDICTS = ("holds", "FAILS", "not run")


@dataclass(frozen=True)
class Judged:
    """One example. `value` and `bound` in the unit of the property, None where there is nothing to count; `wrong` is
    one line that says why the property does not hold, "" if it does; `scenario` repeats it."""

    scenario: Scenario
    value: float | None
    bound: float | None
    wrong: str


Judge = Callable[[Outcome], Judged]


@dataclass(frozen=True)
class Example:
    """A scenario, and how what it showed is judged."""

    scenario: Scenario
    judge: Judge


@dataclass(frozen=True)
class Property:
    """What has to hold with a limits file. `share` is the number of examples of one that is asked for; `least`: the
    figure must not be smaller than its bound, instead of not larger."""

    name: str
    guarantee: str
    examples: SearchStrategy[Example]
    share: float = 1.0
    unit: str = "ms"
    least: bool = False

    def count(self, n: int) -> int:
        """How many examples are tried if `n` are asked for."""
        return max(1, round(n * self.share))


@dataclass(frozen=True)
class Result:
    """What became of a property: examples that were run, the figure with the smallest margin to its bound, the verdict.
    Of one that fails: why, and the smallest example as a scenario file, with the limits file that it names if that is
    not the user's own; and whether that file, read and run again, showed the same."""

    name: str
    guarantee: str
    verdict: str
    examples: int
    unit: str = "ms"
    value: float | None = None
    bound: float | None = None
    margin: float | None = None
    why: str = ""
    title: str = ""
    words: str = ""
    scenario: str = ""
    limits: str = ""
    limits_name: str = ""
    repeats: bool = True


def as_promised(outcome: Outcome) -> Judged:
    """What the scenario itself expects, in ms."""
    value, bound = outcome.reaction_us, outcome.bound_us
    return Judged(
        outcome.scenario,
        None if value is None or bound is None else value / 1e3,
        None if bound is None else bound / 1e3,
        outcome.reason,
    )
