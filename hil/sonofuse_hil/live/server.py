"""Serves the control of a live rig (`control`) on a Unix domain socket."""

import asyncio
import json
import os
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from ..platforms.process import RigError
from .control import answered
from .rig import LiveRig

LINE_MOST = 65_536  # bytes of a request
TOO_LONG = {"ok": False, "error": f"a request has {LINE_MOST} bytes at most"}
_OVERRUN = b"\n\n"  # never a line


class Server:
    """The socket; use it as an asynchronous context manager. Only its user may connect.

    Args:
        path: of the socket.
        group: of the tasks that serve connected programs. What goes wrong with the rig there ends the group.

    Raises:
        RigError: if there is something at the path already, or it cannot be made.
    """

    def __init__(self, rig: LiveRig, path: Path, group: asyncio.TaskGroup) -> None:
        self._rig, self._path, self._group = rig, path, group
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Server":
        if self._path.exists() and not self._left_behind():
            raise RigError(f"{self._path}: is there already; end the rig that uses it, or name another path")
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._connected, self._path, limit=LINE_MOST)
        except OSError as problem:  # a path of more than 107 bytes is one
            raise RigError(f"{self._path}: no socket can be made there ({problem.strerror or problem})") from problem
        finally:
            os.umask(before)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)

    def _left_behind(self) -> bool:
        """Whether a rig that was killed has left its socket there: nobody answers."""
        with socket.socket(socket.AF_UNIX) as own:
            try:
                own.connect(str(self._path))
            except ConnectionRefusedError:
                return self._path.is_socket()
            except OSError:
                return False
        return False

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._group.create_task(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one program until it goes."""
        try:
            while line := await _line(reader):
                self._rig.step()
                answer = TOO_LONG if line == _OVERRUN else answered(self._rig, line)
                writer.write(json.dumps(answer).encode() + b"\n")
                with suppress(ConnectionError):  # it did not wait for its answer
                    await writer.drain()
        finally:
            writer.close()


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The next line, b"" at the end, _OVERRUN for one that is too long."""
    whole = True
    while True:
        try:
            line = await reader.readuntil()
            return line if whole else _OVERRUN
        except asyncio.LimitOverrunError as overrun:
            await reader.readexactly(overrun.consumed)
            whole = False
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""  # half a request is none
