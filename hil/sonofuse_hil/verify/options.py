"""The options of `sonofuse hil verify`; what it needs is loaded when it runs."""

import argparse
import importlib
import os
from argparse import ArgumentTypeError, Namespace
from pathlib import Path

from sonofuse import board_option
from sonofuse.console import ENVIRONMENT, EXIT_CODES, CommandError, Parser
from sonofuse.limits import SHIPPED, find
from sonofuse.limits.problems import did_you_mean

from ..measurement import GUARANTEES

_TEXT = """\
Try whether a limits file keeps what it promises: drawn treatments, excursions and faults on the software tier, each
property with a number of examples (docs/verify.md). A property that fails is shown by the smallest example that was
found, as a scenario file that `sonofuse hil run` repeats.
"""
_JOBS = min(2, os.cpu_count() or 1)


def add_to(verbs: "argparse._SubParsersAction[Parser]") -> None:  # pyright: ignore[reportPrivateUsage]
    """The verb."""
    verb = verbs.add_parser("verify", help="try a limits file", description=_TEXT, epilog=EXIT_CODES)
    verb.add_argument(
        "limits", metavar="LIMITS", nargs="?", type=find, default=SHIPPED, help="limits in TOML (default: shipped)"
    )
    board_option.add_to(verb)
    verb.add_argument("-n", metavar="N", type=_from_one, default=5, help="examples of each property (default: 5)")
    verb.add_argument("--seed", metavar="S", type=_seed, default=1, help="of the draws (default: 1)")
    verb.add_argument("--only", metavar="G1,…", type=_guarantees, default=(), help="properties of these guarantees")
    verb.add_argument("--jobs", metavar="J", type=_from_one, default=_JOBS, help=f"processes (default: {_JOBS})")
    verb.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("verify"), help="folder for what fails (default: verify)"
    )
    verb.add_argument("--json", action="store_true", help="print one JSON object")
    verb.set_defaults(run=_verify)


def _from_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r}: must be a whole number from 1")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 1 << 32:
        raise ArgumentTypeError(f"{text!r}: must be a whole number from 0 to 4294967295")
    return int(text)


def _guarantees(text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name)
    for name in names:
        if name not in GUARANTEES:
            raise ArgumentTypeError(f"{name!r} is no guarantee; {did_you_mean(name, GUARANTEES)}")
    return names


def _verify(asked: Namespace) -> int:
    try:
        commands = importlib.import_module(".commands", __package__)
    except ModuleNotFoundError as missing:
        raise CommandError(ENVIRONMENT, f'verify needs {missing.name}: pip install "sonofuse[hil]"') from missing
    return int(commands.verify(asked))
