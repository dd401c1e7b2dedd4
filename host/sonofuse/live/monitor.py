"""The process that a person sees: starts the watcher, keeps what it says, passes on what is asked for.

One thread reads the watcher's socket and gives every record to whoever takes records; none of those may wait.
"""

import itertools
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sonofuse.live.channel import Receiver
from sonofuse.live.record import Record
from sonofuse.live.view import SILENT, View
from sonofuse.live.view_record import view_of

ANSWER_S = 0.7  # a device answers within 60 ms; it erases flash for 45 ms, 400 ms at most; less than watcher.BEAT_NS
_END_S = 2.0  # in which the watcher ends by itself: it commands STOP first
Listener = Callable[[Record], object]
GONE = "the watching process has ended; the device goes low by itself: start the monitor again"


@dataclass(frozen=True)
class Watching:
    """What the watcher is to watch: port, limits file, board ("" for the one that the limits name), keys in
    hexadecimal: one for any device, and others by the number of their chip."""

    port: str
    limits: Path
    board: str = ""
    key: str = field(default="", repr=False)
    keys: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


class Monitor:
    """A watcher, and what it says. Use it as a context manager.

    `listeners` are called with every record in the reader's thread and must return at once. `inhibitions` are asked
    before a sonication is armed or started; each returns "" or one line that says why not.
    """

    def __init__(self, watching: Watching) -> None:
        self._watching = watching
        self.listeners: list[Listener] = []
        self._telling = threading.Lock()
        self.inhibitions: list[Callable[[], str]] = []
        self.troubles: list[Callable[[], str]] = []
        self.dress: Callable[[View], View] = lambda view: view  # adds what the watcher does not know: the session
        self.gone = ""  # why nothing comes from the watcher any more
        self._view: View | None = None
        self._numbers = itertools.count(1)
        self._replies: dict[int, str] = {}
        self._news = threading.Condition()

    def __enter__(self) -> "Monitor":
        ours, theirs = socket.socketpair()
        theirs.set_inheritable(True)
        self._socket = ours
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sonofuse.live.watcher", str(theirs.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is this process's: the watcher still has to say STOP
        )
        theirs.close()
        asked = self._watching
        assert self._process.stdin is not None
        what = {"port": asked.port, "limits": str(asked.limits), "board": asked.board, "key": asked.key}
        self._process.stdin.write(json.dumps({**what, "keys": dict(asked.keys)}).encode() + b"\n")
        self._process.stdin.close()
        self._reader = threading.Thread(target=self._read, name="watcher's records", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_WR)
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_END_S)
        self._socket.close()

    def _read(self) -> None:
        receiver = Receiver()
        while True:
            try:
                data = self._socket.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                break
            for item in receiver.feed(data):
                if isinstance(item, Record):
                    if item.topic == "view":
                        self._view = view_of(item.values)
                    with self._telling:
                        for listener in self.listeners:
                            listener(item)
                else:
                    with self._news:
                        self._replies[int(item["request"])] = str(item["result"])
                        self._news.notify_all()
        with self._news:
            self.gone = GONE
            self._news.notify_all()

    def change(self, listener: Listener, other: Listener, kept: list[Record]) -> None:
        """Put another listener in the place of one that has only `kept` what came; it gets all of that first."""
        with self._telling:
            for record in kept:
                other(record)
            self.listeners[self.listeners.index(listener)] = other

    @property
    def watcher_pid(self) -> int:
        """The number of the watching process."""
        return self._process.pid

    # ---- what is seen

    def latest(self) -> View | None:
        """The newest picture, None before the first."""
        view = self._view
        if view is None:
            return None
        trouble = next(filter(None, (self.gone, view.trouble, *(ask() for ask in self.troubles))), "")
        inhibited = next(filter(None, (view.inhibited, *(ask() for ask in self.inhibitions))), "")
        if self.gone:
            view = replace(view, link=SILENT)
        return self.dress(replace(view, trouble=trouble, inhibited=inhibited))

    def beat(self) -> None:
        """Say that this process lives: at least every half second, from the loop that draws and listens to keys."""
        self._say({"what": "beat"})

    # ---- Console

    def stop(self, why: str = "STOP was pressed") -> str:
        """STOP: sent at once, repeated by the watcher until the device has done it."""
        self._say({"what": "stop", "request": next(self._numbers), "why": why})
        return self.gone

    def arm(self, set_w: float, set_s: float) -> str:
        return self._inhibited() or self._ask("arm", set_w=set_w, set_s=set_s)

    def start(self) -> str:
        return self._inhibited() or self._ask("start")

    def finish(self) -> str:
        return self._ask("finish")

    def disarm(self) -> str:
        return self._ask("disarm")

    def acknowledge(self, new_treatment: bool, who: str, why: str) -> str:
        if not who.strip() or not why.strip():
            return "who acknowledges, and why? Both are kept with the trip"
        return self._ask("acknowledge", new_treatment=new_treatment, who=who.strip(), why=why.strip())

    def silence(self) -> str:
        return self._ask("silence")

    # ---- inside

    def _inhibited(self) -> str:
        return next(filter(None, (ask() for ask in self.inhibitions)), "")

    def _say(self, request: Mapping[str, Any]) -> None:
        try:
            self._socket.send(json.dumps(request).encode() + b"\n", socket.MSG_DONTWAIT)
        except OSError:  # full: the watcher stands still, and the device goes low without receipts; or it has ended
            with self._news:
                self.gone = self.gone or "the watching process takes nothing any more; start the monitor again"

    def _ask(self, what: str, **values: Any) -> str:
        number = next(self._numbers)
        until = time.monotonic() + ANSWER_S
        self._say({"what": what, "request": number, **values})
        with self._news:
            while number not in self._replies:
                left = until - time.monotonic()
                if self.gone:
                    return self.gone
                if left <= 0:
                    return f"the device did not answer to {what}; look at its state"
                self._news.wait(left)
            return self._replies.pop(number)
