"""What the verbs `sonofuse hil campaign` and `sonofuse hil rerun` do."""

import json
import shlex
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sonofuse import board_option
from sonofuse.console import (
    BAD_INPUT,
    INTERRUPTED,
    NOT_AS_EXPECTED,
    OK,
    CommandError,
    writable_folder,
)
from sonofuse.limits.problems import did_you_mean

from ..clear import clear_errors
from ..measurement import SOFTWARE
from .declared import FAULTS
from .folder import Folder, identity, read, read_identity
from .rows import Asked, Row, run_row
from .running import run_missing
from .summary import lines
from .verdict import SAFE


def campaign(asked: Namespace) -> int:
    """Run or continue a campaign; the exit code."""
    faults = tuple(name for name in asked.faults.split(",") if name)
    for name in faults:
        if name not in FAULTS:
            raise CommandError(BAD_INPUT, f"--faults {name}: no campaign draws it; {did_you_mean(name, FAULTS)}")
    board = board_option.chosen(asked.board)
    whole = Asked(asked.n, asked.seed, asked.limits, None if board is None else board.file, faults)
    writable_folder(asked.out)
    with clear_errors():
        folder = Folder(asked.out, whole)
        _run(folder, asked.jobs)
    rows = folder.finish()
    surprises = [row for row in rows if row["outcome"] != SAFE]
    if asked.json:
        seen = {"seed": asked.seed, "tier": SOFTWARE, "scenarios": len(rows), "summary": lines(rows)}
        print(json.dumps({"passed": not surprises, **seen, "surprises": surprises}, indent=2))
    else:
        for text in (*(_surprise(row, asked.out) for row in surprises), *lines(rows)):
            print(text)
        print(f"{asked.out}: seed {asked.seed}, tier: {SOFTWARE}")
    return OK if not surprises else NOT_AS_EXPECTED


def _run(folder: Folder, jobs: int) -> None:
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
            run_missing(folder, jobs, count)
        except KeyboardInterrupt:
            left = sum(len(block) for block in folder.missing())
            raise CommandError(
                INTERRUPTED, f"stopped by Ctrl-C: {n - left} of {n} scenarios are kept; the same command continues"
            ) from None


def _surprise(row: Row, out: Path) -> str:
    what = f"{row['fault']} ({row['phase']})" if row["fault"] else "nothing broken"
    again = shlex.join(["sonofuse", "hil", "rerun", str(row["number"]), "--out", str(out)])
    return f"{row['outcome']}: {what}: {row['reason']}; {again}"


def rerun(asked: Namespace) -> int:
    """Run a row again; the exit code."""
    known = read_identity(asked.out)
    if asked.number >= known["n"]:
        raise CommandError(BAD_INPUT, f"row {asked.number}: the campaign has rows 0 to {known['n'] - 1}")
    board = known.get("board")
    whole = Asked(
        known["n"], known["seed"], Path(known["limits"]), None if board is None else Path(board), tuple(known["faults"])
    )
    with clear_errors():
        if identity(whole) != known:
            raise CommandError(BAD_INPUT, f"{whole.limits}: not the limits or the board that the campaign was run with")
        row = run_row(whole, asked.number)
    part = next((p for p in sorted(asked.out.glob("part-*.parquet"), reverse=True) if _first(p) <= asked.number), None)
    before = None if part is None else next((r for r in read(part) if r["number"] == asked.number), None)
    same = None if before is None else before == row
    if asked.json:
        print(json.dumps({"passed": same is not False, "same": same, "row": row, "before": before}, indent=2))
    else:
        print(json.dumps(row, indent=2))
        print(_SAME[same] + (f": {json.dumps(before)}" if same is False else ""))
    return NOT_AS_EXPECTED if same is False else OK


_SAME = {
    None: "the campaign has not come to this row yet",
    True: "the same as in the campaign",
    False: "NOT the same as in the campaign, which had",
}


def _first(part: Path) -> int:
    return int(part.stem.split("-")[1])
