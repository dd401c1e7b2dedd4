"""Snapshots of a running rig: a process parked in one moment of a run, forked for every example that starts there.

Booting a device on the emulated chip takes half a minute, and a fork of it a few milliseconds. Every fork begins in the
very same state, so that an example gives the same result however many ran before it.
"""

import array
import contextlib
import os
import pickle
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from ...rig import Rig

P = ParamSpec("P")
T = TypeVar("T")
_HEAD = struct.Struct("<?I")  # went well, bytes that follow


class SnapshotError(RuntimeError):
    """What failed inside a fork, with its traceback there."""


class Snapshot:
    """A parked rig. Use it as a context manager: leaving it ends its process, and those of snapshots taken from it.

    Args:
        begin: makes the rig and runs it up to the moment; called in the new process.

    Raises:
        SnapshotError: if `begin` fails.
    """

    def __init__(self, begin: Callable[[], Rig]) -> None:
        ours, theirs = socket.socketpair()
        self._wire = ours
        sys.stdout.flush()
        sys.stderr.flush()
        self._pid = os.fork()
        if self._pid == 0:
            ours.close()
            _park(theirs, begin)
        theirs.close()
        self._later: list[Snapshot] = []
        _result(self._wire)

    def run(self, example: "Callable[Concatenate[Rig, P], T]", *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `example(rig, …)` in a fork and return what it returns; the snapshot stays as it is.

        `example` is a function of a module, and everything it takes and returns can be pickled.

        Raises:
            SnapshotError: if it raises.
        """
        return cast("T", self._ask((False, example, args, kwargs))[0])

    def later(self, advance: "Callable[Concatenate[Rig, P], None]", *args: P.args, **kwargs: P.kwargs) -> "Snapshot":
        """A further snapshot, `advance(rig, …)` after this one.

        Raises:
            SnapshotError: if `advance` raises.
        """
        _, wires = self._ask((True, advance, args, kwargs))
        further = Snapshot.__new__(Snapshot)
        further._wire, further._pid, further._later = socket.socket(fileno=wires[0]), 0, []
        self._later.append(further)
        _result(further._wire)
        return further

    def _ask(self, request: object) -> tuple[object, list[int]]:
        data = pickle.dumps(request)
        self._wire.sendall(_HEAD.pack(True, len(data)) + data)
        return _result(self._wire)

    def __enter__(self) -> "Snapshot":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for further in self._later:
            further.close()
        with contextlib.suppress(OSError):  # it has ended already
            self._wire.shutdown(socket.SHUT_RDWR)  # the parked process of a later snapshot has this wire open too
        self._wire.close()
        if self._pid:
            os.waitpid(self._pid, 0)
            self._pid = 0


# ---- in the parked process


def _park(wire: socket.socket, begin: Callable[[], Rig]) -> None:
    """Serve until the other end closes; never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other end's: it closes the wire
    try:
        rig = _answered(wire, lambda: (begin(), None))
        if rig is not None:
            _serve(wire, rig)
    except (ConnectionError, EOFError):
        os._exit(1)  # the other end is gone
    os._exit(0)


def _serve(wire: socket.socket, rig: Rig) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    while True:
        try:
            data = _receive(wire)
        except EOFError:
            return
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            ours.close()
            _fork(wire, theirs, rig, *pickle.loads(data))  # noqa: S301 - from the process that forked this one
        if pickle.loads(data)[0]:  # noqa: S301
            body = pickle.dumps(None)
            rights = array.array("i", [ours.fileno()])
            head = _HEAD.pack(True, len(body))
            wire.sendmsg([head + body], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        ours.close()
        theirs.close()


def _fork(
    wire: socket.socket,
    own: socket.socket,
    rig: Rig,
    further: bool,
    call: Callable[..., object],
    args: Any,
    kwargs: Any,
) -> None:
    """In the fork: one example, or a parked process of its own; never returns."""
    if further:
        wire.close()
        _park(own, lambda: _moved(rig, call, args, kwargs))
    own.close()
    _answered(wire, lambda: (rig, call(rig, *args, **kwargs)))
    os._exit(0)


def _moved(rig: Rig, advance: Callable[..., object], args: Any, kwargs: Any) -> Rig:
    advance(rig, *args, **kwargs)
    return rig


def _answered(wire: socket.socket, work: Callable[[], tuple[Rig, object]]) -> Rig | None:
    """Do the work and send what came of it; the rig, or None if it failed."""
    rig: Rig | None = None
    try:
        rig, found = work()
        good, data = True, pickle.dumps(found)
    except BaseException:  # noqa: BLE001 - whatever it was, the other end has to hear of it
        good, data, rig = False, pickle.dumps(traceback.format_exc()), None
    wire.sendall(_HEAD.pack(good, len(data)) + data)
    return rig


def _receive(wire: socket.socket) -> bytes:
    _, length = _HEAD.unpack(_exactly(wire, _HEAD.size))
    return _exactly(wire, length)


def _exactly(wire: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        chunk = wire.recv(length - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def _result(wire: socket.socket) -> tuple[object, list[int]]:
    """What a fork answers, and the descriptors that came with it."""
    first, wires, _, _ = socket.recv_fds(wire, _HEAD.size, 1)
    if len(first) < _HEAD.size:
        first += _exactly(wire, _HEAD.size - len(first)) if first else b""
    if not first:
        raise SnapshotError("the parked process has ended; was there enough memory?")
    good, length = _HEAD.unpack(first)
    found = pickle.loads(_exactly(wire, length))  # noqa: S301 - from the process that was forked
    if not good:
        raise SnapshotError(f"inside the fork:\n{found}")
    return found, wires
