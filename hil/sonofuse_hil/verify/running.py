"""Tries the properties of a limits file, in this process or in several."""

import multiprocessing
import tempfile
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from sonofuse.limits.report import report

from .. import workers
from ..device import Transform
from ..platforms.process import RigError
from .limits_files import LimitsFiles
from .model import FAILS, HOLDS, Property, Result
from .properties import properties
from .search import Search

_ENDS_S = 5.0  # for a device and its files to go


@dataclass(frozen=True)
class Asked:
    """What is to be verified: the same figures give the same examples.

    `n` examples of each property, `only` these guarantees (all if empty)."""

    limits: Path
    board: Path | None = None
    n: int = 5
    seed: int = 1
    only: tuple[str, ...] = ()

    def wants(self, guarantee: str) -> bool:
        return not self.only or guarantee in self.only


@dataclass(frozen=True)
class Planned:
    """One property that is to be tried: its place in the list of all, and how many examples."""

    number: int
    name: str
    guarantee: str
    examples: int


class Suite:
    """All properties of a limits file; the files that are derived from it lie in `folder`.

    Raises:
        LimitsError: if the limits file is wrong. ValueError: if no plan can be armed with it.
    """

    def __init__(self, asked: Asked, folder: Path) -> None:
        self.asked = asked
        self.files = LimitsFiles(asked.limits, asked.board, folder)
        self.properties: list[Property] = properties(self.files)

    def planned(self) -> list[Planned]:
        """What is to be tried."""
        return [
            Planned(number, prop.name, prop.guarantee, prop.count(self.asked.n))
            for number, prop in enumerate(self.properties)
            if self.asked.wants(prop.guarantee)
        ]

    def run(self, number: int, transform: Transform | None = None) -> Result:
        """Try one property.

        Raises:
            RigError: if the environment lacks what the platform needs.
        """
        prop = self.properties[number]
        return Search(prop, prop.count(self.asked.n), self.asked.seed, transform).run(self.files)

    def hazards(self) -> list[Result]:
        """Whether each hazard that a signal of the board shows has a check that is MET (sonofuse check), without a run:
        the shortest chain from the hazard to RF off against the time budget of the hazard."""
        seen = [record for record in report(self.files.limits).hazards if record.detector]
        found: list[Result] = []
        for hazard, harm in dict.fromkeys((record.hazard, record.harm) for record in seen):
            ways = [r for r in seen if (r.hazard, r.harm) == (hazard, harm)]
            best = min(ways, key=lambda r: (r.outcome != "MET", r.total_s is None, r.total_s))
            met = best.outcome == "MET"
            why = "" if met else f"no check of these limits is fast enough; {best.detector}: {best.note or 'too late'}"
            took, budget = (None if s is None else 1e3 * s for s in (best.total_s, best.budget_s))
            margin = None if took is None or budget is None else budget - took
            name = f"{hazard} {harm}: the shortest chain, calculated"
            found.append(Result(name, "G1", HOLDS if met else FAILS, 0, "ms", took, budget, margin, why))
        return found if self.asked.wants("G1") else []


def try_all(asked: Asked, planned: Sequence[Planned], folder: Path, jobs: int) -> Generator[tuple[Planned, Result]]:
    """Try them; each comes as soon as it is done.

    Raises:
        RigError: if the environment lacks what the platform needs.
    """
    with closing(_in_one(asked, planned, folder) if jobs == 1 else _in_several(asked, planned, folder, jobs)) as done:
        yield from done


def _in_one(asked: Asked, planned: Sequence[Planned], folder: Path) -> Generator[tuple[Planned, Result]]:
    suite = Suite(asked, folder)
    for one in planned:
        yield one, suite.run(one.number)


def _in_several(asked: Asked, planned: Sequence[Planned], folder: Path, jobs: int) -> Generator[tuple[Planned, Result]]:
    """The longest first, so that no process waits in the end."""
    work = deque(sorted(planned, key=lambda one: -one.examples))
    context = multiprocessing.get_context("spawn")
    busy: dict[Connection, Planned] = {}
    with ExitStack() as leave:
        for _ in range(min(jobs, len(work))):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, asked, folder), daemon=True)
            process.start()
            theirs.close()
            leave.callback(_end, process, ours)
            busy[ours] = work.popleft()
            ours.send(busy[ours].number)
        while busy:
            for ready in wait([*busy]):
                assert isinstance(ready, Connection)
                one = busy.pop(ready)
                yield one, _received(ready)
                if work:
                    busy[ready] = work.popleft()
                    ready.send(busy[ready].number)


def _received(connection: Connection) -> Result:
    try:
        found = connection.recv()
    except EOFError:
        raise RigError("a process of verify ended by itself; --jobs 1 does without") from None
    if isinstance(found, RigError):
        raise found
    assert isinstance(found, Result)
    return found


def _end(process: SpawnProcess, connection: Connection) -> None:
    """One that waits for work ends when nobody is there to give any, and one that works when it is told to."""
    connection.close()
    process.join(0.2)
    for end in (process.terminate, process.kill):
        if process.is_alive():
            end()
            process.join(_ENDS_S)


def _work(connection: Connection, asked: Asked, folder: Path) -> None:
    workers.begin()
    own = Path(tempfile.mkdtemp(dir=folder))
    tempfile.tempdir = str(own)  # so that nothing is left of a worker that had to be killed
    suite = Suite(asked, own)
    with suppress(EOFError, BrokenPipeError):
        while True:
            number = int(connection.recv())
            try:
                connection.send(suite.run(number))
            except RigError as error:
                connection.send(error)


def in_order(planned: Sequence[Planned], done: Sequence[tuple[Planned, Result]]) -> Iterator[Result]:
    """The results that there are, in the order of the table."""
    found = {one.number: result for one, result in done}
    return (found[one.number] for one in planned if one.number in found)
