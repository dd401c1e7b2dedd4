"""The demo: four scenarios side by side, with progress bars, a table and a report."""

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

from sonofuse.console import ENVIRONMENT, CommandError

from .platforms.platform import On
from .platforms.process import RigError
from .scenario import Outcome, Scenario, run_scenario

CASES = ("nominal", "lost_coupling", "stuck_gate", "hung_firmware")
AFTER_US = 2_000_000  # recorded beyond the end of each case, so that the curves show it
_REPORT_S = 0.25  # simulated time between two messages of a worker
_MOST = 4

Progress = Callable[[int, float, float], None]  # case, simulated s, planned s


@dataclass(frozen=True)
class _Worker:
    case: int
    core: int | None
    process: BaseProcess
    wire: "Connection[object, object]"


def run_cases(scenarios: Sequence[Scenario], on: On, progress: Progress) -> list[Outcome]:
    """Run scenarios in as many processes as there are cores, and return their outcomes in the order given.

    Args:
        on: the platform that runs the device.

    Raises:
        CommandError: if the rig cannot run.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [None] * (os.cpu_count() or 1)
    free, waiting = list(cores[:_MOST]), list(range(len(scenarios)))
    working: list[_Worker] = []
    found: dict[int, Outcome] = {}
    # A worker that is ended while it makes or removes a folder leaves it behind: all of them lie in one of ours.
    with tempfile.TemporaryDirectory(prefix="sonofuse-") as folder:
        try:
            while waiting or working:
                while waiting and free:
                    case, core = waiting.pop(0), free.pop(0)
                    working.append(_start(case, core, scenarios[case], on, folder))
                ready = wait([worker.wire for worker in working])
                for worker in [worker for worker in working if worker.wire in ready]:
                    outcome = _listen(worker, scenarios[worker.case].name, progress)
                    if outcome is not None:
                        found[worker.case] = outcome
                        worker.process.join()
                        working.remove(worker)
                        free.append(worker.core)
        finally:
            for worker in working:
                worker.process.terminate()
            for worker in working:
                worker.process.join()
    return [found[case] for case in range(len(scenarios))]


def _start(case: int, core: int | None, scenario: Scenario, on: On, folder: str) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, core, scenario, on, folder), name=scenario.name)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a child inherits it: Ctrl-C is ours from its first moment
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, before)
    theirs.close()
    return _Worker(case, core, process, ours)


def _listen(worker: _Worker, name: str, progress: Progress) -> Outcome | None:
    """One message of a worker; its outcome if that was it."""
    try:
        message = worker.wire.recv()
    except EOFError:
        raise CommandError(
            ENVIRONMENT, f"{name}: its process ended without a result; is there enough memory?"
        ) from None
    match message:
        case Outcome():
            return message
        case (float(now_s), float(planned_s)):
            progress(worker.case, now_s, planned_s)
            return None
        case text:
            raise CommandError(ENVIRONMENT, str(text))


def _work(wire: "Connection[object, object]", core: int | None, scenario: Scenario, on: On, folder: str) -> None:
    """A worker: one scenario on one core, its files in a folder. Ctrl-C is its parent's to handle, which ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    tempfile.tempdir = folder
    if core is not None:
        os.sched_setaffinity(0, {core})
    told_s = 0.0

    def on_progress(now_s: float, planned_s: float) -> None:
        nonlocal told_s
        if now_s - told_s >= _REPORT_S:
            told_s = now_s
            wire.send((now_s, planned_s))

    try:
        wire.send(run_scenario(scenario, on=on, on_progress=on_progress, after_us=AFTER_US))
    except RigError as error:
        wire.send(str(error))
    except BrokenPipeError:
        sys.exit(1)  # the parent is gone


def _leave(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not end the clearing up
    sys.exit(0)
