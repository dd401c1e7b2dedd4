"""The option --record-to: where recordings go."""

import os
from argparse import ArgumentParser
from pathlib import Path

_HELP = "folder for recordings, made if missing (default: %(default)s)"


def add_to(parser: ArgumentParser) -> None:
    """The option, for a verb."""
    parser.add_argument("--record-to", metavar="FOLDER", type=Path, default=default_folder(), help=_HELP)


def default_folder() -> Path:
    """Where recordings go unless a person says otherwise (XDG Base Directory Specification)."""
    data = os.environ.get("XDG_DATA_HOME", "")
    base = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
    return base / "sonofuse" / "recordings"
