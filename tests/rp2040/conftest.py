"""Snapshots of one device on the emulated chip, booted once in a session, and the spread of what is timed on it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cached_property, partial
from pathlib import Path

import pytest

from sonofuse_hil.platforms.rp2040 import link_trials, trials
from sonofuse_hil.platforms.rp2040.snapshot import Snapshot
from sonofuse_hil.results import Distribution
from tests.kept import TIMED
from tests.quick import quick_limits


class OnChip:
    """The shipped limits with a short cooling gap, on the emulated chip; `limits` is the file."""

    def __init__(self, limits: Path, image: Path, leave: ExitStack) -> None:
        self.limits, self._image, self._leave = limits, image, leave

    @cached_property
    def new(self) -> Snapshot:
        """A blank device at power-up, whose line is listened to."""
        return self._leave.enter_context(Snapshot(partial(link_trials.begin, self.limits, self._image)))

    @cached_property
    def safe(self) -> Snapshot:
        """Acknowledged, and SAFE for the first time."""
        return self.new.later(trials.to_safe)

    @cached_property
    def on(self) -> Snapshot:
        """RF on for 20 ms."""
        return self.safe.later(trials.to_on)

    @cached_property
    def warm(self) -> Snapshot:
        """RF on for 20 ms, both skin sensors held at 30 °C from power-up."""
        return self.new.later(trials.to_on_with_a_warm_pair)


@pytest.fixture(scope="session")
def on_chip(chip_image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnChip]:
    with ExitStack() as leave:
        yield OnChip(quick_limits(tmp_path_factory.mktemp("chip")), chip_image, leave)


@pytest.fixture(scope="session")
def timed(pytestconfig: pytest.Config) -> Callable[[Distribution], None]:
    """Call it with a Distribution: it goes into the results, and the test fails if it is beyond its limit."""

    def note(d: Distribution) -> None:
        pytestconfig.stash[TIMED].append(d)
        assert d.passed, f"{d.name}: {d.maximum:.6g} {d.unit} > {d.limit:.6g} {d.unit}"

    return note
