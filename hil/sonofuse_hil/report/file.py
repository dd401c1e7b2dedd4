"""The file of a report: checked before a run that needs it, and written whole or not at all."""

import importlib
from pathlib import Path
from types import ModuleType

from sonofuse.console import ENVIRONMENT, CommandError, writable_folder
from sonofuse.limits.commands import write_atomically


def file_to_be(path: Path) -> None:
    """Raises CommandError if no file can be written there."""
    if path.is_dir():
        raise CommandError(
            ENVIRONMENT, f"{path}: is a folder; name the file of the report, such as {path / 'report.html'}"
        )
    writable_folder(path.parent)


def pages() -> ModuleType:
    """What writes reports; loaded late because curves take a second to load, but before a run that needs it."""
    try:
        return importlib.import_module(".page", __package__)
    except ModuleNotFoundError as missing:
        raise CommandError(ENVIRONMENT, f'a report needs {missing.name}: pip install "sonofuse[hil]"') from missing


def write(path: Path, text: str) -> None:
    """Raises CommandError if it cannot be written."""
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise CommandError(ENVIRONMENT, f"{path}: cannot be written ({error.strerror})") from error
