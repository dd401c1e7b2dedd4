"""A board at a serial port, in service mode: what on_device.py can do, as functions of the host.

The line is mpremote's transport, so that every port that mpremote opens can be used. Whatever goes wrong on it becomes
one line for a person.
"""

import ast
import builtins
import contextlib
import io
import json
from collections.abc import Generator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import serial

from sonofuse.console import ENVIRONMENT, NOT_AS_EXPECTED, CommandError

try:
    from mpremote.transport import TransportError, TransportExecError
    from mpremote.transport_serial import SerialTransport
except ImportError as missing:
    raise CommandError(ENVIRONMENT, 'mpremote is not installed: pip install "sonofuse[flash]"') from missing

_AGENT = Path(__file__).with_name("on_device.py")
_PATIENCE_S = 5.0  # until a board at its prompt has answered
_BUSY_S = 60.0  # until it has done something: hashing the interpreter takes it half a second
_AGAIN = "it still runs what it ran before; connect it again, close the service jumper, reset, and run this again"
SILENT = (
    "does not answer as MicroPython at its prompt: if a monitor runs there, close the service jumper and reset the "
    "board; if it is blank, hold BOOTSEL while plugging it in and give --uf2 FILE"
)


class Target:
    """An open port. Use it as a context manager: leaving it gives the port back.

    Raises:
        CommandError: if the port is missing or busy, or nobody answers there.
    """

    def __init__(self, port: str) -> None:
        self.port = port
        self._answers = False
        try:
            self._line = SerialTransport(port, exclusive=True, timeout=_PATIENCE_S)
        except TransportError:
            raise CommandError(ENVIRONMENT, _why(port)) from None
        try:
            # It prints what it read when it gives up.
            with self._talking(), contextlib.redirect_stdout(io.StringIO()):
                self._line.enter_raw_repl(soft_reset=False, timeout_overall=_PATIENCE_S)
                self._line.exec(_without_comments(_AGENT.read_text(encoding="utf-8")))
            self._answers = True
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Target":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError, serial.SerialException, TransportError):  # it may be gone
            self._line.exit_raw_repl()
        with contextlib.suppress(OSError, serial.SerialException):
            self._line.close()

    def ask(self, function: str, *arguments: object) -> Any:
        """Call a function of on_device.py; what it says.

        Raises:
            CommandError: if the board is gone, or cannot do it.
        """
        said = self._exec(f"{function}({', '.join(repr(a) for a in arguments)})")
        try:
            return json.loads(said)
        except ValueError:
            text = f"{self.port}: the board's answer to {function} cannot be read"
            raise CommandError(NOT_AS_EXPECTED, f"{text}: {_AGAIN}") from None

    def do(self, function: str, *arguments: object) -> None:
        """Call a function of on_device.py that says nothing.

        Raises:
            CommandError: if the board is gone, or cannot do it.
        """
        self._exec(f"{function}({', '.join(repr(a) for a in arguments)})")

    def write(self, path: str, data: bytes) -> None:
        """Write a file; no error quotes any of it.

        Raises:
            CommandError: if the board is gone, or has no room.
        """
        # Ctrl-C has to stay what it is, also in the middle of a file.
        line = data.replace(b"\x1b", b"\x1b0").replace(b"\x03", b"\x1b1")
        with self._talking():
            self._line.exec_raw_no_follow(f"receive({path!r}, {len(line)})")
            self._line.serial.write(line)
            self._followed(quote=False)  # a prompt that took it for a program would say what it found there

    def _exec(self, call: str) -> bytes:
        with self._talking():
            self._line.exec_raw_no_follow(call)
            return self._followed()

    def _followed(self, quote: bool = True) -> bytes:
        said, error = self._line.follow(_BUSY_S)
        if error:
            raise _failed(error.decode(errors="replace"), quote)
        return said

    @contextlib.contextmanager
    def _talking(self) -> Generator[None]:
        try:
            yield
        except TransportExecError as problem:
            raise _failed(problem.error_output, quote=True) from None
        except TransportError:
            text = f"the board does not answer any more: {_AGAIN}" if self._answers else SILENT
            raise CommandError(ENVIRONMENT, f"{self.port}: {text}") from None
        except (OSError, serial.SerialException, ValueError, IndexError, TypeError) as problem:
            raise CommandError(ENVIRONMENT, f"{self.port}: the board is gone ({_short(problem)}): {_AGAIN}") from None


def _failed(traceback: str, quote: bool) -> CommandError:
    last = traceback.strip().splitlines()[-1]
    if "OSError: 28" in last or "ENOSPC" in last:
        text = "the board's file system is full; remove what does not belong there"
        return CommandError(ENVIRONMENT, f"{text}: {_AGAIN}")
    name = last.partition(":")[0]
    said = last if quote else name if hasattr(builtins, name) else "no known error"
    return CommandError(NOT_AS_EXPECTED, f"the board could not do it ({said}): {_AGAIN}")


def _why(port: str) -> str:
    """Why a port cannot be opened, which mpremote does not say."""
    if not Path(port).exists():
        return f"{port}: there is no such port; is the board plugged in?"
    try:
        serial.Serial(port, exclusive=True).close()
    except (OSError, serial.SerialException) as problem:
        text = str(problem)
        if "lock" in text.lower() or "busy" in text.lower():
            return f"{port}: is used by another program; close it there"
        if "ermission" in text:
            return f"{port}: may not be opened by you (on Linux: join the group dialout)"
        return f"{port}: is no serial port ({_short(problem)})"
    return f"{port}: could not be opened; try again"


def _short(problem: BaseException) -> str:
    return str(problem).splitlines()[0][:120] if str(problem) else type(problem).__name__


def _without_comments(source: str) -> str:
    """The same program in fewer bytes, for a slow line."""
    tree = ast.parse(source)
    bodies: Sequence[Any] = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]
    for node in bodies:
        if ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.unparse(tree)
