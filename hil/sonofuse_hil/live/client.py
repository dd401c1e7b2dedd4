"""A program's side of a live rig's control socket (control.py)."""

import json
import socket
import threading
from pathlib import Path
from typing import Any

_ANSWER_S = 2.0  # a rig answers between two of its steps, which take milliseconds


class RigRequestError(Exception):
    """The rig did not do what it was asked for; one line says why."""


class Client:
    """A connection to a rig's control; from any thread, one request at a time.

    Raises:
        RigRequestError: if nobody is there.
    """

    def __init__(self, path: Path) -> None:
        self._turn = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_ANSWER_S)
        self._rest = b""
        try:
            self._socket.connect(str(path))
        except OSError as error:
            raise RigRequestError(f"{path}: no rig is there ({error.strerror})") from error

    def ask(self, do: str, **values: Any) -> dict[str, Any]:
        """Ask for something; the answer.

        Raises:
            RigRequestError: if the rig refuses, or is gone.
        """
        with self._turn:
            try:
                self._socket.sendall(json.dumps({"do": do, **values}).encode() + b"\n")
                while b"\n" not in self._rest:
                    data = self._socket.recv(65536)
                    if not data:
                        raise RigRequestError("the rig has ended")
                    self._rest += data
            except OSError as error:
                raise RigRequestError(f"the rig does not answer ({error})") from error
            line, self._rest = self._rest.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        if not answer.pop("ok"):
            raise RigRequestError(str(answer["error"]))
        return answer

    def close(self) -> None:
        self._socket.close()
