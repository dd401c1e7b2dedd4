"""One hypothesis profile for all tests, and the table of what the guarantee tests measured."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, settings

from sonofuse_hil.guarantees import summary
from sonofuse_hil.measurement import Measurement

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


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_MEASURED] = []


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


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    text = getattr(node, "workeroutput", {}).get("measured", "[]")
    config: pytest.Config = getattr(node, "config")  # noqa: B009 - the class of nodes belongs to an optional plug-in
    config.stash[_MEASURED] += [Measurement(**record) for record in json.loads(text)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = summary.summarise(config.stash[_MEASURED])
    if rows:
        terminalreporter.section("guarantees")
        terminalreporter.write_line(summary.table(rows))
        target = config.rootpath / "out" / "guarantees.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(summary.as_json(rows), encoding="utf-8")
