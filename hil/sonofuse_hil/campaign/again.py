"""What the verb `sonofuse hil rerun` does: a row of a campaign again, and the page of its scenario."""

import json
import platform
from argparse import Namespace
from pathlib import Path

from sonofuse.console import BAD_INPUT, NOT_AS_EXPECTED, OK, CommandError, package_version

from ..clear import clear_errors
from ..report.file import file_to_be, pages, write
from . import surprises
from .commands import asked_of
from .folder import identity, part_with, read_identity
from .rows import SEARCH, Asked, Lineage, Performed, Row, part_of, perform
from .shown import case_of

_SAME = {
    None: "no campaign to compare it with has come to this row",
    True: "the same as in the campaign",
    False: "NOT the same as in the campaign, which had",
}


def rerun(given: Namespace) -> int:
    """Run a row again; the exit code."""
    lineage: Lineage = given.number
    if given.report is not None:
        file_to_be(given.report)
        pages()
    with clear_errors():
        asked, before = (asked_of(given, 0), None) if given.seed is not None else _from(given.out, lineage[0])
        if before is not None:
            lineage = tuple(int(number) for number in before["lineage"].split(","))
        if part_of(lineage[0]) == SEARCH and len(lineage) == 1:
            raise CommandError(
                BAD_INPUT,
                f"row {lineage[0]}: is a neighbour of another row; give its whole lineage, as its line has it",
            )
        try:
            done = perform(asked, lineage)
        except ValueError as error:
            raise CommandError(BAD_INPUT, str(error)) from error
    row, same = done.row, None if before is None else before == done.row
    if given.report is not None:
        _report(given, asked, done)
    if given.json:
        print(json.dumps({"passed": same is not False, "same": same, "row": row, "before": before}, indent=2))
    else:
        print(json.dumps(row, indent=2))
        print(_SAME[same] + (f": {json.dumps(before)}" if same is False else ""))
    return NOT_AS_EXPECTED if same is False else OK


def _from(out: Path, number: int) -> tuple[Asked, Row | None]:
    """The campaign of a folder, and what it has of a row."""
    known = read_identity(out)
    if number >= known["n"]:
        raise CommandError(BAD_INPUT, f"row {number}: the campaign has rows 0 to {known['n'] - 1}")
    board = known.get("board")
    asked = Asked(
        known["n"], known["seed"], Path(known["limits"]), None if board is None else Path(board), tuple(known["faults"])
    )
    if identity(asked) != known:
        raise CommandError(BAD_INPUT, f"{asked.limits}: not the limits or the board that the campaign was run with")
    return asked, next((row for row in part_with(out, number) if row["number"] == number), None)


def _report(given: Namespace, asked: Asked, done: Performed) -> None:
    if done.run is None:
        raise CommandError(NOT_AS_EXPECTED, f"--report: the rig failed, nothing is to be shown: {done.verdict.reason}")
    made = pages()
    versions = (("sonofuse", package_version()), ("Python", platform.python_version()))
    case = case_of(done, done.run)
    head = made.Head(case.scenario.title, surprises.repeat(asked, done.row), versions)
    write(given.report, made.page(head, [case]))
