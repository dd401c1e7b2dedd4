"""What is wrong with a limits file: one record per problem, all of a file together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sonofuse.spelling import did_you_mean as did_you_mean

Path = tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """One problem: where it is, what is written there, what is wrong, and what would be accepted."""

    file: str
    line: int
    key: str
    value: Any
    wrong: str
    accepted: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {self.value!r}"
        return f"{self.file}:{self.line}: {self.key}{shown}: {self.wrong}; {self.accepted}"


class LimitsError(ValueError):
    """A limits file that cannot be used, with all its problems."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.key, problem.wrong))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass
class Findings:
    """Collects the problems of one file; `lines` says on which line each key stands."""

    file: str
    lines: dict[Path, int] = field(default_factory=dict[Path, int])
    problems: list[Problem] = field(default_factory=list[Problem])

    def add(self, path: Path, value: Any, wrong: str, accepted: str) -> None:
        """Note a problem of the key `path`; its line is that of the nearest key that is in the file."""
        line = next((self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), 1)
        self.problems.append(Problem(self.file, line, ".".join(path) or "file", value, wrong, accepted))
