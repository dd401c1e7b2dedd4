"""What the verb `sonofuse hil verify` does."""

import json
import shlex
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sonofuse import board_option
from sonofuse.console import BAD_INPUT, ENVIRONMENT, INTERRUPTED, NOT_AS_EXPECTED, OK, CommandError, writable_folder
from sonofuse.limits.commands import write_atomically

from ..clear import clear_errors
from ..measurement import SOFTWARE
from ..view import show_table
from .model import FAILS, NOT_RUN, Result
from .properties import not_covered
from .running import Asked, Planned, Suite, in_order, try_all

_HEAD = ("property", "", "examples", "worst", "bound", "margin", "")


def verify(asked: Namespace) -> int:
    """Try the properties of a limits file; the exit code."""
    writable_folder(asked.out)
    try:
        return _verify(asked)
    finally:
        with suppress(OSError):
            asked.out.rmdir()  # if nothing failed it is empty


def _verify(asked: Namespace) -> int:
    board = board_option.chosen(asked.board)
    whole = Asked(asked.limits, None if board is None else board.file, asked.n, asked.seed, asked.only)
    with tempfile.TemporaryDirectory(prefix="sonofuse-") as name, clear_errors():
        try:
            suite = Suite(whole, Path(name))
        except ValueError as error:
            if error.__class__ is not ValueError:
                raise
            raise CommandError(BAD_INPUT, f"{whole.limits}: {error}") from error
        planned = suite.planned()
        if not planned:
            raise CommandError(BAD_INPUT, f"--only {','.join(whole.only)}: nothing that verify tries belongs to it")
        hazards, blind = suite.hazards(), not_covered(suite.files)
        done, stopped = _run(whole, planned, Path(name), asked.jobs)
    results = [*hazards, *in_order(planned, done)]
    files = {result.name: _kept(result, asked.out) for result in results if result.scenario}
    _tell(asked, results, blind, files, stopped)
    if stopped and asked.json:
        return INTERRUPTED
    if stopped:
        left = f"{len(done)} of {len(planned)} properties were tried"
        raise CommandError(INTERRUPTED, f"stopped by Ctrl-C: {left}, the table shows them")
    return NOT_AS_EXPECTED if any(result.verdict == FAILS for result in results) else OK


def _run(
    asked: Asked, planned: Sequence[Planned], folder: Path, jobs: int
) -> tuple[list[tuple[Planned, Result]], bool]:
    """What is done, and whether Ctrl-C ended it before all was."""
    done: list[tuple[Planned, Result]] = []
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:32.32}"), BarColumn(), MofNCompleteColumn(), TextColumn("examples"))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=sum(one.examples for one in planned))
        try:
            for one, result in try_all(asked, planned, folder, jobs):
                done.append((one, result))
                progress.update(task, advance=one.examples, description=one.name)
        except KeyboardInterrupt:
            return done, True
    return done, False


def _kept(result: Result, out: Path) -> Path:
    """The scenario file of a failing example, with the limits that it needs."""
    name = "".join(c if c.isalnum() or c in "_-" else "-" for c in result.name).strip("-")
    path = out / f"{name[:80]}.toml"
    try:
        write_atomically(path, result.scenario.encode())
        if result.limits_name:
            write_atomically(out / result.limits_name, result.limits.encode())
    except OSError as error:
        raise CommandError(ENVIRONMENT, f"{path}: cannot be written ({error.strerror})") from error
    return path


def _tell(
    asked: Namespace, results: Sequence[Result], blind: Sequence[str], files: dict[str, Path], stopped: bool
) -> None:
    failed = [result for result in results if result.verdict == FAILS]
    if asked.json:
        records = [
            {name: value for name, value in asdict(result).items() if name not in ("scenario", "limits", "limits_name")}
            | {"scenario": str(files[result.name]) if result.name in files else None}
            for result in results
        ]
        said = {"passed": not failed and not stopped, "limits": str(asked.limits), "tier": SOFTWARE}
        said |= {"seed": asked.seed, "n": asked.n, "stopped": stopped, "not_covered": list(blind)}
        print(json.dumps(said | {"properties": records}, indent=2))
        return
    for line in blind:
        print(f"not covered: {line}")
    show_table(str(asked.limits), _HEAD, [_row(result) for result in results])
    for result in failed:
        print(f"{result.name}: {result.why}")
        if result.name in files:
            board = [] if asked.board is None else ["--board", asked.board]
            again = shlex.join(["sonofuse", "hil", "run", str(files[result.name]), *board])
            print(
                f"  {result.title}: {result.words}\n  {again}{'' if result.repeats else '  (which does NOT repeat it)'}"
            )
    tried = [result for result in results if result.verdict != NOT_RUN]
    examples = sum(result.examples for result in results)
    print(
        f"{len(tried) - len(failed)} of {len(results)} properties hold, {examples} examples, seed {asked.seed},"
        f" tier: {SOFTWARE}. Times count from the fault to the last permit edge. No proof: examples."
    )


def _row(result: Result) -> tuple[str, ...]:
    def figure(value: float | None) -> str:
        return "" if value is None else f"{value + 0.0:.3f} {result.unit}".replace("-0.000", "0.000")

    return (
        result.name,
        result.guarantee,
        str(result.examples) if result.examples else "",
        figure(result.value),
        figure(result.bound),
        figure(result.margin),
        result.verdict + (f": {result.why}" if result.verdict == NOT_RUN else ""),
    )
