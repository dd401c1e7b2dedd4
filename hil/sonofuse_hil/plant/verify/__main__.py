"""`make verify-plant`: measure every case, print the table, write the report; 1 if one is out of tolerance."""

import argparse
import importlib
import platform
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track

from sonofuse.console import (
    BAD_INPUT,
    ENVIRONMENT,
    NOT_AS_EXPECTED,
    OK,
    CommandError,
    Parser,
    package_version,
    serve,
    writable_folder,
)
from sonofuse.limits.commands import write_atomically

from ...view import show_table
from . import CASES
from .case import Case, Found, allowed, shown

COMMAND = "make verify-plant"


def measured(cases: tuple[Case, ...]) -> list[tuple[Case, Found]]:
    """Every case with what it found, with a progress bar on a terminal."""
    console = Console(stderr=True)
    return [(case, case.measure()) for case in track(cases, "plant", console=console, disable=not console.is_terminal)]


def run(asked: argparse.Namespace) -> int:
    """Measure, print, write."""
    out: Path = asked.out
    names: list[str] = asked.cases
    known = [case.name for case in CASES]
    for name in names:
        if name not in known:
            raise CommandError(BAD_INPUT, f"no case {name!r}: choose from {', '.join(known)}")
    try:
        page = importlib.import_module(".page", __package__).page  # before a minute of work
    except ModuleNotFoundError as missing:
        raise CommandError(ENVIRONMENT, f'a report needs {missing.name}: pip install "sonofuse[hil]"') from missing
    writable_folder(out)
    results = measured(tuple(case for case in CASES if not names or case.name in names))
    rows = [
        (case.name, case.figure, shown(case, found), allowed(case), "✓" if case.passes(found.value) else "✗ OUT")
        for case, found in results
    ]
    show_table("Verification of the plant", ("case", "figure", "found", "allowed", ""), rows)
    versions = ", ".join(f"{name} {package_version(name)}" for name in ("sonofuse", "numpy", "matplotlib"))
    target = out / "plant.html"
    try:
        text = page(results, f"Python {platform.python_version()}, {versions}", COMMAND)
        write_atomically(target, text.encode())
    except OSError as error:
        raise CommandError(ENVIRONMENT, f"{target}: cannot be written ({error.strerror})") from error
    failed = [case.name for case, found in results if not case.passes(found.value)]
    print(f"{len(results) - len(failed)} of {len(results)} cases within their tolerance; {target}")
    for name in failed:
        print(f"out of tolerance: {name}")
    return NOT_AS_EXPECTED if failed else OK


def main(arguments: list[str]) -> int:
    """`python -m sonofuse_hil.plant.verify [--out DIR] [CASE ...]`."""
    parser = Parser(prog="python -m sonofuse_hil.plant.verify", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="where plant.html goes")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="only these cases (default: all)")
    parser.set_defaults(run=run)
    return serve(parser, arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
