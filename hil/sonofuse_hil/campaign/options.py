"""The options of `sonofuse hil campaign` and `sonofuse hil rerun`; what they need is loaded when they run."""

import argparse
import importlib
from argparse import ArgumentTypeError, Namespace
from pathlib import Path
from types import ModuleType

from sonofuse import board_option
from sonofuse.console import ENVIRONMENT, EXIT_CODES, CommandError, Parser
from sonofuse.limits import SHIPPED, find

_CAMPAIGN = """\
Run many scenarios drawn from one declared distribution (docs/campaigns.md), and say with what confidence the shutdown
holds. The folder keeps every finished block: the same command continues where an earlier one stopped.
"""
_RERUN_TEXT = "Run one row of a campaign again, and say whether it shows the same."


def add_to(verbs: "argparse._SubParsersAction[Parser]") -> None:  # pyright: ignore[reportPrivateUsage]
    """The two verbs."""
    many = verbs.add_parser("campaign", help="many drawn scenarios", description=_CAMPAIGN, epilog=EXIT_CODES)
    many.add_argument("-n", metavar="N", type=_whole(1), default=100, help="scenarios (default: 100)")
    many.add_argument("--jobs", metavar="J", type=_whole(1), default=1, help="processes (default: 1)")
    many.add_argument("--seed", metavar="S", type=_whole(0), default=1, help="of the draws (default: 1)")
    many.add_argument("--out", metavar="DIR", type=Path, default=Path("campaign"), help="folder (default: campaign)")
    many.add_argument("--dask", metavar="ADDRESS", default="", help="of the scheduler of a Dask cluster")
    many.set_defaults(run=_campaign)
    again = verbs.add_parser("rerun", help="a row of a campaign again", description=_RERUN_TEXT, epilog=EXIT_CODES)
    again.add_argument(
        "number", metavar="NUMBER", type=_lineage, help="of the row; a neighbour's is followed by its parents': 193,57"
    )
    again.add_argument("--out", metavar="DIR", type=Path, default=Path("campaign"), help="folder of the campaign")
    again.add_argument("--seed", metavar="S", type=_whole(0), help="of a campaign, without its folder")
    again.add_argument("--report", metavar="FILE.html", type=Path, help="write a report with curves")
    again.set_defaults(run=_rerun)
    for verb in (many, again):
        verb.add_argument("--limits", metavar="FILE", type=find, default=SHIPPED, help="limits in TOML")
        verb.add_argument("--faults", metavar="NAME,…", default="", help="draw only from these faults")
        board_option.add_to(verb)
        verb.add_argument("--json", action="store_true", help="print one JSON object")


def _lineage(text: str) -> tuple[int, ...]:
    return tuple(_whole(0)(number) for number in text.split(","))


class _whole:  # noqa: N801 - reads as a type of argparse
    def __init__(self, least: int) -> None:
        self.least = least

    def __call__(self, text: str) -> int:
        if not text.isdecimal() or int(text) < self.least:
            raise ArgumentTypeError(f"{text!r}: must be a whole number from {self.least}")
        return int(text)


def _campaign(asked: Namespace) -> int:
    return int(_late(".commands").campaign(asked))


def _rerun(asked: Namespace) -> int:
    return int(_late(".again").rerun(asked))


def _late(name: str) -> ModuleType:
    try:
        return importlib.import_module(name, __package__)
    except ModuleNotFoundError as missing:
        raise CommandError(ENVIRONMENT, f'a campaign needs {missing.name}: pip install "sonofuse[hil]"') from missing
