"""The process that watches: serial port, kernel, receipts, STOP, and nothing else.

It never waits for another process, for a disk or for a page: it gives receipts as long as it runs itself and its kernel
agrees with the device's. When the process that started it is gone it commands STOP and ends; when that one stands
still it commands STOP.
"""

import gc
import json
import os
import select
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sonofuse import link
from sonofuse.board import load_board
from sonofuse.limits import compile_limits, load
from sonofuse.link import Answer, F
from sonofuse.live.channel import Requests, Sender
from sonofuse.live.heard import Heard
from sonofuse.live.line import Line
from sonofuse.live.picture import Picture
from sonofuse.live.record import Record, of_view
from sonofuse.live.timing import Timing
from sonofuse.live.watch import Watch, WatchError
from sonofuse_firmware.states import ARMED, ON, TRIPPED

PASS_S = 0.005  # how often time is let pass if nothing comes
VIEW_NS = 50_000_000
BEAT_NS = 1_000_000_000  # without a beat of the process with the page, ARMED or ON: nobody could see or stop anything
LAST_WORDS_S = 0.2  # in which STOP is repeated before this process ends

COUNTS_A_SECOND = 32  # of a seal's counter: more than commands that are answered; it wraps every four years
_TO_DO = {
    F.NOT_GENUINE: "; give --key FILE, the one that this device was flashed with; if it is, a clock was set back: "
    "switch the device off and on"
}


def counter_now() -> int:
    """The counter of a seal that is made now: greater than those of a monitor that was there before, which a device
    that goes on has not forgotten."""
    return COUNTS_A_SECOND * time.time_ns() // 1_000_000_000 & 0xFFFFFFFF


class Watcher:
    """One device at one port, for one parent process at the other end of `channel`."""

    def __init__(self, channel: socket.socket, line: Line, watch: Watch, picture: Picture) -> None:
        self._channel, self._line, self._watch, self._picture = channel, line, watch, picture
        self._sender = Sender(channel)
        self._requests = Requests()
        self._beat_ns = time.monotonic_ns()
        self._view_ns = 0
        self._asked: dict[int, int] = {}  # sequence number of a command -> the request that made it
        self._trouble = ""
        self._heard = Heard(line.name)
        self._timing = Timing(self._beat_ns)

    def run(self) -> None:
        """Until the parent is gone."""
        while self._pass():
            pass
        self._last_words()

    def _pass(self) -> bool:
        """One round: whatever has come, then what time has brought. False if the parent is gone."""
        now = time.monotonic_ns()
        if self._line.try_open(now):
            self._heard.begin(now)
            self._note(now, {"what": "port opened", "port": self._line.name})
        fds = [self._channel.fileno()] + ([self._line.fd] if self._line.fd >= 0 else [])
        ready, _, _ = select.select(fds, [], [], PASS_S)
        now = time.monotonic_ns()
        data = self._line.read() if self._line.fd in ready else b""
        if data:
            self._heard.came(now, data)
            self._watch.received(now, data)
        self._watch.passed(now)
        if not self._watch.silent:
            self._heard.begin(now)
        if self._channel.fileno() in ready and not self._hear(now):
            return False
        self._look_after(now)
        self._speak()
        summary = self._timing.passed(now, time.monotonic_ns(), bool(data))
        if summary is not None:
            self._note(now, summary)
        return self._send(now)

    def _hear(self, now: int) -> bool:
        try:
            data = self._channel.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        self._beat_ns = now
        for request in self._requests.feed(data):
            if request["what"] != "beat":
                self._obey(now, request)
        return True

    def _obey(self, now: int, request: dict[str, Any]) -> None:
        """Carry out a request; it is answered now, or when the device answers."""
        number = int(request.pop("request"))
        if request["what"] != "stop":
            request["counter"] = counter_now()
        try:
            sequence = self._watch.command(now, **request)
        except WatchError as problem:
            self._sender.reply(now, {"request": number, "result": str(problem)})
            return
        if request["what"] == "stop":
            self._sender.reply(now, {"request": number, "result": ""})
        else:
            self._asked[sequence] = number

    def _look_after(self, now: int) -> None:
        seen = self._watch.telemetry
        started = seen is not None and seen.state in (ARMED, ON)
        if started and now - self._beat_ns > BEAT_NS and not self._watch.stopped:
            why = f"the process with the page stood still for {BEAT_NS // 1_000_000} ms"
            self._watch.command(now, "stop", why=why)
        if self._line.trouble != self._trouble:
            self._trouble = self._line.trouble
            self._note(now, {"what": "port", "trouble": self._trouble})

    def _note(self, now: int, values: dict[str, Any]) -> None:
        self._sender.record(Record.of(now, "note", values))

    def _speak(self) -> None:
        """Onto the line with what the watch wants to say; the parent hears of all of it."""
        for record in self._watch.take():
            if record.topic == "out":
                self._line.write(record.data)
            self._sender.record(record)
        self._line.flush()

    def _send(self, now: int) -> bool:
        """To the parent with what there is; False if it is gone."""
        for sequence, answer in list(self._watch.answers.items()):
            if sequence in self._asked and not self._is_looking(answer):
                result = "" if answer.result == F.DONE else link.RESULTS[answer.result] + _TO_DO.get(answer.result, "")
                self._sender.reply(now, {"request": self._asked.pop(sequence), "result": result})
        if now - self._view_ns >= VIEW_NS:
            self._view_ns = now
            heard = self._heard.trouble(now) if self._watch.silent and not self._watch.version else ""
            self._sender.record(of_view(now, self._picture.view(now, self._line.trouble, heard=heard)))
        try:
            self._sender.flush()
        except OSError:
            return False
        return True

    def _is_looking(self, answer: Answer) -> bool:
        """An acknowledgement is accepted first; a tick later the device is SAFE, or answers that a cause is left."""
        seen = self._watch.telemetry
        accepted = answer.command == F.ACKNOWLEDGE and answer.result == F.DONE
        return accepted and seen is not None and seen.state == TRIPPED

    def _last_words(self) -> None:
        """The parent is gone: STOP, until the device has done it or a moment is over; then no receipts either."""
        until = time.monotonic() + LAST_WORDS_S
        self._watch.command(time.monotonic_ns(), "stop", why="the process with the page is gone")
        while time.monotonic() < until and self._watch.stopping:
            for record in self._watch.take():
                if record.topic == "out":
                    self._line.write(record.data)
            ready, _, _ = select.select([self._line.fd] if self._line.fd >= 0 else [], [], [], PASS_S)
            now = time.monotonic_ns()
            self._watch.received(now, self._line.read()) if ready else self._watch.passed(now)
        self._line.close()


def main() -> None:
    """Run by live/monitor.py with the number of the socket; what to watch comes as JSON on standard input, the key with
    it, so that it stands in no list of processes."""
    asked = json.loads(sys.stdin.readline())
    channel = socket.socket(fileno=int(sys.argv[1]))
    board = load_board(Path(asked["board"])) if asked["board"] else None
    limits = load(Path(asked["limits"]), board)
    blob = compile_limits(limits)
    keys = {chip: bytes.fromhex(key) for chip, key in asked["keys"].items()}
    watch = Watch(blob, bytes.fromhex(asked["key"]), keys)
    watcher = Watcher(channel, Line(asked["port"]), watch, Picture(limits, watch))
    with suppress(PermissionError):  # without the right to it, all the same
        os.nice(-10)
    gc.collect()
    gc.freeze()
    gc.disable()  # nothing here makes cycles, and a collection could take longer than a receipt may be late
    watcher.run()


if __name__ == "__main__":
    main()
