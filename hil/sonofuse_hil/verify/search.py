"""Looks for an example for which a property does not hold, and makes it small. The search is Hypothesis's."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from types import FrameType

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Unsatisfiable

from ..device import Transform
from ..platforms.process import RigError
from ..scenario import load_scenario, run_scenario
from ..scenario_text import scenario_text, scenario_words
from .limits_files import LimitsFiles
from .model import FAILS, HOLDS, NOT_RUN, Example, Judged, Property, Result

SHRINKING = 60  # runs that are spent on making a failing example smaller


class _Broken(Exception):  # noqa: N818 - one finding for Hypothesis, whatever is wrong
    """The property does not hold."""


class Search:
    """One property, tried on examples.

    Args:
        number: of examples. chosen: the seed of the draws. transform: rewrites firmware sources, for mutants.
    """

    def __init__(self, prop: Property, number: int, chosen: int, transform: Transform | None = None) -> None:
        self.prop, self.number, self.chosen, self.transform = prop, number, chosen, transform
        self.seen: dict[str, Judged] = {}
        self.broken: Judged | None = None
        self._left = SHRINKING
        self._error: RigError | None = None
        self._told: int | None = None  # the signal that came meanwhile

    def run(self, files: LimitsFiles) -> Result:
        """Try the examples.

        Raises:
            RigError: if the environment lacks what the platform needs.
        """
        self._search()
        if self._error is not None:
            raise self._error
        prop, run = self.prop, len(self.seen)
        if self.broken is not None:
            return self._found(self.broken, run, files)
        if not run:
            return Result(prop.name, prop.guarantee, NOT_RUN, 0, prop.unit, why="these limits leave no example of it")
        timed = [judged for judged in self.seen.values() if self._margin(judged) is not None]
        worst = min(timed, key=lambda judged: self._margin(judged) or 0.0, default=None)
        if worst is None:
            return Result(prop.name, prop.guarantee, HOLDS, run, prop.unit)
        return Result(prop.name, prop.guarantee, HOLDS, run, prop.unit, worst.value, worst.bound, self._margin(worst))

    def _found(self, broken: Judged, run: int, files: LimitsFiles) -> Result:
        """A failing example, as small as it became."""
        limits = broken.scenario.limits
        own = limits == files.file
        text = scenario_text(broken.scenario, limits.resolve() if own else limits.name)
        return Result(
            name=self.prop.name,
            guarantee=self.prop.guarantee,
            verdict=FAILS,
            examples=run,
            unit=self.prop.unit,
            value=broken.value,
            bound=broken.bound,
            margin=self._margin(broken),
            why=broken.wrong,
            title=broken.scenario.title,
            words=scenario_words(broken.scenario),
            scenario=text,
            limits="" if own else limits.read_text(encoding="utf-8"),
            limits_name="" if own else limits.name,
            repeats=self._repeats(text, files),
        )

    def _repeats(self, text: str, files: LimitsFiles) -> bool:
        """Whether the scenario file, read and run as anybody would, is not as expected either."""
        path = files.folder / "found.toml"
        path.write_text(text, encoding="utf-8")
        return not run_scenario(load_scenario(path, board=files.board), transform=self.transform).passed

    def _search(self) -> None:
        @seed(self.chosen)
        @settings(
            max_examples=self.number,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large),
        )
        @given(self.prop.examples)
        def holds(example: Example) -> None:
            self._try(example)

        with self._told_to_end(), suppress(_Broken, Unsatisfiable):
            holds()

    @contextmanager
    def _told_to_end(self) -> Generator[None]:
        """Signals are kept until a run can stop: Hypothesis takes the SystemExit of a handler for one more failure, and
        what a handler raises in its callback of the garbage collector is lost."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def keep(number: int, _frame: FrameType | None) -> None:
            self._told = number

        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, keep)
        try:
            yield
        except KeyboardInterrupt:
            if self._told is None:
                raise
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self._told is not None:
            signal.raise_signal(self._told)

    def _stop(self, _now_s: float = 0.0, _planned_s: float = 0.0) -> None:
        if self._told is not None:
            raise KeyboardInterrupt

    def _try(self, example: Example) -> None:
        self._stop()
        if self._error is not None:
            return
        key = scenario_text(example.scenario, example.scenario.limits)
        judged = self.seen.get(key)
        if judged is None:
            if self.broken is not None:
                self._left -= 1
                if self._left < 0:
                    return  # what was not tried makes nothing smaller
            try:
                judged = example.judge(run_scenario(example.scenario, on_progress=self._stop, transform=self.transform))
            except RigError as error:
                self._error = error
                return
            self.seen[key] = judged
        if judged.wrong:
            self.broken = judged
            raise _Broken

    def _margin(self, judged: Judged) -> float | None:
        if judged.value is None or judged.bound is None:
            return None
        return (judged.value - judged.bound) * (1.0 if self.prop.least else -1.0)
