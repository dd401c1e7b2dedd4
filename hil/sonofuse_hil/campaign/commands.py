"""What the verb `sonofuse hil campaign` does."""

import json
import time
from argparse import Namespace
from collections.abc import Sequence
from contextlib import AbstractContextManager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sonofuse import board_option
from sonofuse.console import BAD_INPUT, ENVIRONMENT, INTERRUPTED, NOT_AS_EXPECTED, OK, CommandError, writable_folder
from sonofuse.limits.problems import did_you_mean

from ..clear import clear_errors
from ..measurement import SOFTWARE
from . import page, running, surprises
from .declared import impossible, limits_of
from .folder import Folder
from .kinds import KINDS, available
from .rows import Asked, Row, oracle_of
from .summary import lines, record
from .verdict import AS_DECLARED

HTML, SUMMARY = "campaign.html", "summary.json"


def asked_of(given: Namespace, n: int) -> Asked:
    """The campaign that the options name.

    Raises:
        CommandError: if a fault is unknown, or a plan impossible with these limits.
    """
    faults = tuple(name for name in given.faults.split(",") if name)
    for name in faults:
        if name not in KINDS:
            raise CommandError(BAD_INPUT, f"--faults {name}: no campaign draws it; {did_you_mean(name, KINDS)}")
    board = board_option.chosen(given.board)
    asked = Asked(n, given.seed, given.limits, None if board is None else board.file, faults)
    shown = available(limits_of(asked.limits, asked.board).board, faults)
    if not shown:
        raise CommandError(BAD_INPUT, f"--faults {given.faults}: this board can show none of them")
    wrong = impossible(oracle_of(asked.limits, asked.board))
    if wrong:
        raise CommandError(BAD_INPUT, f"{asked.limits}: {wrong}")
    return asked


def campaign(given: Namespace) -> int:
    """Run or continue a campaign; the exit code."""
    with clear_errors():
        asked = asked_of(given, given.n)
        writable_folder(given.out)
        folder = Folder(given.out, asked)
        began_s, done = time.monotonic(), len(folder.rows())
        _run(folder, given.jobs, given.dask)
        rows = folder.finish()
        rate = page.Rate(len(rows) - done, time.monotonic() - began_s, given.jobs, given.dask)
        surprising = surprises.among(rows)
        passed = all(row["outcome"] in AS_DECLARED for row in rows)
        whole = record(asked, rows)
        folder.write(SUMMARY, json.dumps(whole, indent=2).encode() + b"\n")
        folder.write(HTML, page.page(asked, rows, rate).encode())
    if given.json:
        told = [row | {"repeat": surprises.repeat(asked, row)} for row in surprising]
        said = {"passed": passed, "tier": SOFTWARE, **whole, "surprises": told}
        print(json.dumps(said, indent=2))
    else:
        for text in (*(surprises.line(asked, row) for row in surprising), *lines(whole)):
            print(text)
        print(f"{given.out / HTML}: seed {asked.seed}, {rate.text}, tier: {SOFTWARE}")
    return OK if passed else NOT_AS_EXPECTED


def _run(folder: Folder, jobs: int, dask: str) -> None:
    n = folder.asked.n
    done = n - sum(len(block) for block in folder.missing())
    console = Console(stderr=True)
    columns = (TextColumn("scenarios"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=n, completed=done, rate="")

        def count(rows: Sequence[Row]) -> None:
            progress.advance(task, len(rows))
            speed = progress.tasks[0].speed
            progress.update(task, rate="" if speed is None else f"{speed:.2f}/s")

        try:
            with _workers(jobs, dask) as workers:
                running.run_missing(folder, workers, count)
        except KeyboardInterrupt:
            left = sum(len(block) for block in folder.missing())
            raise CommandError(
                INTERRUPTED, f"stopped by Ctrl-C: {n - left} of {n} scenarios are kept; the same command continues"
            ) from None


def _workers(jobs: int, dask: str) -> AbstractContextManager[running.Workers]:
    if not dask:
        return running.local(jobs)
    try:
        from .cluster import connected  # an extra that few have
    except ModuleNotFoundError as missing:
        raise CommandError(ENVIRONMENT, f'--dask needs {missing.name}: pip install "sonofuse[cluster]"') from missing
    return connected(dask)
