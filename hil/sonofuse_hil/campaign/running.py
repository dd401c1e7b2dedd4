"""Runs the blocks of a campaign, in this process or in several; every finished block is kept at once."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from multiprocessing.connection import wait
from types import FrameType

from .folder import Folder
from .rows import Asked, Row, run_row

_Work = tuple[Asked, range]


def run_missing(folder: Folder, jobs: int, on_rows: Callable[[Sequence[Row]], None]) -> None:
    """Run whatever the folder lacks; `on_rows` hears of each block that was kept.

    Raises:
        CommandError: if a part is damaged or cannot be written.
    """
    work = [(folder.asked, block) for block in folder.missing()]
    with closing(_in_one(work) if jobs == 1 else _in_several(work, jobs)) as results:
        for block, rows in results:
            folder.keep(block, rows)
            on_rows(rows)


def _in_one(work: Sequence[_Work]) -> Generator[tuple[range, list[Row]]]:
    for one in work:  # not by map: it would take a StopIteration from within for the end of all work
        yield _run_block(one)


def _in_several(work: Sequence[_Work], jobs: int) -> Generator[tuple[range, list[Row]]]:
    with multiprocessing.get_context("spawn").Pool(jobs, _begin) as pool:  # leaving it ends the workers
        yield from pool.imap_unordered(_run_block, work)


def _run_block(work: _Work) -> tuple[range, list[Row]]:
    asked, block = work
    return block, [run_row(asked, number) for number in block]


def _begin() -> None:
    """Of a worker: Ctrl-C is the parent's; a parent that was killed takes its workers along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_follow, daemon=True).start()


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)  # leaves every `with`, so that devices end


def _follow() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
