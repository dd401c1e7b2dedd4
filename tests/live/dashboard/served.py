"""A page in a process of its own, for tests: what its console was asked for, and the commands to its device."""

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30.0  # for anything to happen at all; no test judges how fast


class Served:
    """`with Served() as page:` runs tests/live/dashboard/scripted.py."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self.calls: list[tuple[str, list[Any]]] = []
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.live.dashboard.scripted", *self._arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.address, self.code = self._wait("ready")
        self.port = int(self.address.rpartition(":")[2])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()

    def set(self, **values: Any) -> None:
        """Change the device or the console; returns when it is done."""
        self._tell({"set": values})

    def anew(self) -> None:
        """Another device, at rest, and nothing that was asked for."""
        self._tell({"anew": True})
        self.calls.clear()

    def trip(self, cause: int, text: str) -> None:
        self._tell({"trip": [cause, text]})

    def views(self) -> int:
        """How many Views the page has had so far."""
        return self._tell({})

    def called(self, name: str) -> list[Any]:
        """Wait until the console is asked for something; what it was given."""
        while True:
            for index, (call, values) in enumerate(self.calls):
                if call == name:
                    del self.calls[index]
                    return values
            self._wait("call")

    def _tell(self, line: dict[str, Any]) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        return int(self._wait("obeyed"))

    def _wait(self, key: str) -> Any:
        """The next line with this key; calls that come before it are kept."""
        while True:
            line = self._lines.get(timeout=PATIENCE_S)
            if "call" in line:
                self.calls.append((line["call"], line["values"]))
            if key in line:
                return line[key]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
