"""Runs the blocks of a campaign, in this process, in several, or on a cluster; every finished block is kept at once."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from sonofuse.console import ENVIRONMENT, CommandError

from .. import workers
from . import search
from .folder import Folder
from .rows import SEARCH, Asked, Lineage, Row, part_of, run_row

_ENDS_S = 5.0  # the time that a worker has to leave its block


class Workers(Protocol):
    """Whoever runs blocks. `width` are given to them at once: twice as many as there are, so that none waits."""

    width: int

    def submit(self, asked: Asked, lineages: Sequence[Lineage]) -> Future[list[Row]]: ...


class _Here:
    """This process: a block is done as soon as it is given."""

    width = 1

    def submit(self, asked: Asked, lineages: Sequence[Lineage]) -> Future[list[Row]]:
        done: Future[list[Row]] = Future()
        done.set_result(run_block(asked, lineages))
        return done


class _Several:
    """Processes of this machine."""

    def __init__(self, executor: Executor, jobs: int) -> None:
        self._executor, self.width = executor, 2 * jobs

    def submit(self, asked: Asked, lineages: Sequence[Lineage]) -> Future[list[Row]]:
        return self._executor.submit(run_block, asked, lineages)


def local(jobs: int) -> AbstractContextManager[Workers]:
    """This process, or several."""
    return nullcontext(_Here()) if jobs == 1 else _several(jobs)


def run_missing(folder: Folder, workers: Workers, on_rows: Callable[[Sequence[Row]], None]) -> None:
    """Run whatever the folder lacks; `on_rows` hears of each block that was kept.

    Raises:
        CommandError: if a part is damaged or cannot be written, or a process died.
    """
    todo, rows = folder.missing(), folder.rows()
    pending: dict[Future[list[Row]], range] = {}
    try:
        while todo or pending:
            while len(pending) < workers.width and (block := _next(todo, [*todo, *pending.values()])) is not None:
                todo.remove(block)
                pending[workers.submit(folder.asked, search.lineages(block, rows))] = block
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                done = future.result()
                folder.keep(pending.pop(future), done)
                rows += done
                on_rows(done)
    except BrokenExecutor as error:
        raise CommandError(
            ENVIRONMENT, "a process of the campaign was killed; what was finished is kept, the same command continues"
        ) from error


def _next(todo: Sequence[range], unfinished: Sequence[range]) -> range | None:
    """The next block: one of the search waits until every earlier generation is done."""
    oldest = min((search.generation(block[0]) for block in unfinished), default=0)
    return next((b for b in todo if part_of(b[0]) != SEARCH or search.generation(b[0]) <= oldest), None)


def run_block(asked: Asked, lineages: Sequence[Lineage]) -> list[Row]:
    """The rows of a block."""
    rows: list[Row] = []
    for lineage in lineages:
        if workers.leaving:
            sys.exit(0)
        rows.append(run_row(asked, lineage))
    return rows


@contextmanager
def _several(jobs: int) -> Generator[Workers]:
    spawn, others = multiprocessing.get_context("spawn"), set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(jobs, spawn, _begin, (spawn.Value("i", 0),))
    try:
        yield _Several(executor, jobs)
    except BaseException:  # Ctrl-C too: whoever waits for the end of a block waits for ten seconds
        _end(set(multiprocessing.active_children()) - others)
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _end(processes: Iterable[BaseProcess]) -> None:
    """Workers leave when they are told to; but one that was killed while it waited for a block held the lock of the
    queue, and then the others wait for that for ever."""
    left = {process.sentinel: process for process in processes}
    for process in left.values():
        process.terminate()
    until_s = time.monotonic() + _ENDS_S
    while left and (ended := connection.wait(left, max(0.0, until_s - time.monotonic()))):
        for sentinel in ended:
            assert isinstance(sentinel, int)
            del left[sentinel]
    for process in left.values():
        process.kill()


def _begin(begun: Any) -> None:
    """Of a worker, each of which has its own core."""
    workers.begin()
    with begun.get_lock():
        number: int = begun.value
        begun.value += 1
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, (cores[number % len(cores)],))
