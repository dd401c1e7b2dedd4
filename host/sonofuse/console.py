"""What every verb of the command line shares: exit codes, one clear line for an error, an end by Ctrl-C."""

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

OK, NOT_AS_EXPECTED, BAD_INPUT, ENVIRONMENT, INTERRUPTED, TERMINATED, BROKEN_PIPE = 0, 1, 2, 3, 130, 143, 141
EXIT_CODES = """\
exit codes:
  0  as expected
  1  a run or a board did not do what it should, a covered hazard has no check that is MET, or a limit became looser
  2  wrong input or usage
  3  the environment: no MicroPython, no board, something that cannot be written or is not installed
  130  stopped by Ctrl-C
"""


class CommandError(Exception):
    """An end of a verb that a person can do something about: an exit code, and lines that say what and where."""

    def __init__(self, code: int, text: str, **details: Any) -> None:
        super().__init__(text)
        self.code, self.details = code, details


class Parser(argparse.ArgumentParser):
    """A parser whose errors are failures like all others; a description keeps its lines."""

    def __init__(self, **settings: Any) -> None:
        usual: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
        super().__init__(**(usual | settings))

    def error(self, message: str) -> NoReturn:
        raise CommandError(BAD_INPUT, f"{message}; see {self.prog} --help")


def serve(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    """Parse, run the verb (`run` of the parsed arguments), and turn whatever ends it into an exit code."""
    as_json = "--json" in arguments
    output: object = sys.stdout
    if isinstance(output, TextIOWrapper):
        output.reconfigure(errors="replace")  # a terminal without ° and → gets a question mark, not an error
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        parsed = parser.parse_args(arguments)
        code = int(parsed.run(parsed))
        sys.stdout.flush()
        return code
    except CommandError as failure:
        return tell(failure, as_json)
    except KeyboardInterrupt:
        return tell(CommandError(INTERRUPTED, "stopped by Ctrl-C: nothing was written"), as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at exit is quiet too
        return BROKEN_PIPE
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return tell(CommandError(ENVIRONMENT, f"the output cannot be written ({error.strerror})"), False)
    finally:
        signal.signal(signal.SIGTERM, before)


def tell(failure: CommandError, as_json: bool) -> int:
    """Print a failure, for a person to stderr, as JSON to stdout; the exit code."""
    if as_json:
        print(json.dumps({"error": str(failure), "exit_code": failure.code, **failure.details}, indent=2))
    else:
        print(f"sonofuse: {failure}", file=sys.stderr)
    return failure.code


def package_version(name: str = "sonofuse") -> str:
    """The version of an installed package, "not installed" without one."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def writable_folder(folder: Path) -> None:
    """Make a folder if need be, and see that a file can be written there: better before a long run than after it.

    Raises:
        CommandError: if not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".sonofuse-"):
            pass
    except OSError as error:
        why = "is a file" if isinstance(error, FileExistsError) else error.strerror
        raise CommandError(
            ENVIRONMENT, f"{folder}: cannot write there ({why}); name a folder that you may write to"
        ) from error


def _terminate(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not end the clearing up
    raise SystemExit(TERMINATED)  # leaves every `with`, so that programs end and temporary folders go
