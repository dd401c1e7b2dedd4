"""The pytest plugin: with it device engineers test their own board and limits in the rig.

Nothing of the rig is loaded until a fixture is used: whoever does not test a device does not wait for it.
"""

import json
from collections.abc import Generator
from typing import Any

import pytest

from . import attachments, options, selection
from .fixtures import limits, measured, platform, rig, scenario
from .ledger import LEDGER, Ledger
from .needs import not_run, not_run_lines

__all__ = ["LEDGER", "limits", "measured", "not_run", "platform", "rig", "scenario"]


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_to(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", 'guarantee("G3", …): which guarantees a test is about (docs/guarantees.md)')
    config.stash[LEDGER] = Ledger()
    options.read(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    selection.select(config, items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    ledger = item.config.stash[LEDGER]
    ledger.begin(item)
    try:
        return (yield)
    finally:
        ledger.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    item.config.stash[LEDGER].describe(item)
    report = yield
    if report.failed and call.when != "teardown":
        attachments.attach(item, report)
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker process hands on what it has measured; a shard that is empty is no failure."""
    ledger, output = session.config.stash[LEDGER], getattr(session.config, "workeroutput", None)
    if output is not None:
        output["sonofuse"] = json.dumps(ledger.record())
    if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and ledger.elsewhere:
        session.exitstatus = pytest.ExitCode.OK


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    output = getattr(node, "workeroutput", {})
    if "sonofuse" in output:
        node.config.stash[LEDGER].merge(json.loads(output["sonofuse"]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in not_run_lines(terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(line)
    config.stash[LEDGER].show(terminalreporter)
