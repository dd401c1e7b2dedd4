"""Rows that deserve a look, one line each with the command that repeats them."""

import shlex
from collections.abc import Sequence

from sonofuse.limits import SHIPPED

from .rows import Asked, Row
from .verdict import NOT_COVERED, SAFE


def among(rows: Sequence[Row]) -> list[Row]:
    """The rows that were not safe: what is not covered first."""
    found = (row for row in rows if row["outcome"] != SAFE)
    return sorted(found, key=lambda row: (row["outcome"] != NOT_COVERED, row["number"]))


def broken(row: Row) -> str:
    """What broke in a row, in words."""
    struck = [(row["fault"], row["phase"]), (row["second"], row["second_phase"])]
    return " and ".join(f"{fault} ({phase})" for fault, phase in struck if fault) or "nothing broken"


def repeat(asked: Asked, row: Row) -> str:
    """The command that repeats a row, without the campaign's folder."""
    return shlex.join(["sonofuse", "hil", "rerun", row["lineage"], *options(asked)])


def options(asked: Asked) -> list[str]:
    """What a command needs to mean a campaign."""
    words = ["--seed", str(asked.seed)]
    words += [] if asked.limits == SHIPPED else ["--limits", str(asked.limits)]
    words += [] if asked.board is None else ["--board", str(asked.board)]
    words += ["--faults", ",".join(asked.faults)] if asked.faults else []
    return words


def line(asked: Asked, row: Row) -> str:
    """What a row showed, in one line."""
    return f"{row['outcome']}: {broken(row)}: {row['reason']}; {repeat(asked, row)}"
