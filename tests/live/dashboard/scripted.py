"""A page of its own process, with a device that the test scripts: commands come on stdin, calls go to stdout.

Each line is JSON. In: {"set": {name: value, ...}}, {"trip": [cause, text]} or {"anew": true}, each answered by
{"obeyed": number of Views so far}. Out: {"ready": [address, code]} and {"call": name, "values": [...]}.
"""

import argparse
import json
import sys
import threading
from typing import Any

from nicegui import ui

from sonofuse.live.dashboard import serve
from sonofuse.live.view import View
from tests.live.dashboard.device import Device, unknown


class Desk:
    """A console that passes on what it is asked for, and tells the test."""

    def __init__(self, device: Device, lock: threading.Lock) -> None:
        self._device, self._lock = device, lock
        self.missing = ""  # a reading to be shown as not known
        self.broken = False  # the source raises
        self.deaf = False  # STOP cannot be sent

    def latest(self) -> View:
        with self._lock:
            if self.broken:
                raise RuntimeError("the source is broken on purpose")
            view = self._device.latest()
        return unknown(view, self.missing) if self.missing else view

    def stop(self) -> str:
        tell("stop")
        if self.deaf:
            return "the watcher is gone"
        with self._lock:
            self._device.trip(36 * 256 + 255, "monitor stop: STOP was commanded")
        return ""

    def arm(self, set_w: float, set_s: float) -> str:
        return self._do("arm", set_w, set_s)

    def start(self) -> str:
        return self._do("start")

    def finish(self) -> str:
        return self._do("finish")

    def disarm(self) -> str:
        return self._do("disarm")

    def acknowledge(self, new_treatment: bool, who: str, why: str) -> str:
        tell("acknowledge", new_treatment, who, why)
        with self._lock:
            return self._device.acknowledge()

    def silence(self) -> str:
        tell("silence")
        return ""

    def _do(self, name: str, *values: float) -> str:
        tell(name, *values)
        with self._lock:
            return str(getattr(self._device, name)(*values))

    def obey(self, line: dict[str, Any]) -> None:
        """A command of the test."""
        with self._lock:
            if "anew" in line:
                self._device = Device(t_s=self._device.t_s, views=self._device.views)
                self.missing, self.broken, self.deaf = "", False, False
            for name, value in line.get("set", {}).items():
                setattr(self if hasattr(self, name) else self._device, name, value)
            if "trip" in line:
                self._device.trip(*line["trip"])
        say({"obeyed": self._device.views})


def say(record: dict[str, Any]) -> None:
    print(json.dumps(record), flush=True)


def tell(name: str, *values: float | bool | str) -> None:
    say({"call": name, "values": values})


def panel() -> None:
    """What a demo adds."""
    ui.label("Faults (demo)").classes("title")
    with ui.element("div").classes("buttons"):
        ui.button("Lose coupling", on_click=lambda: tell("fault"), color=None).props("no-caps unelevated")


def broken_panel() -> None:
    raise RuntimeError("broken on purpose")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--code", default="")
    parser.add_argument("--tidy", action="store_true", help="without panels of others")
    asked = parser.parse_args()
    desk = Desk(Device(), threading.Lock())

    def listen() -> None:
        for line in sys.stdin:
            desk.obey(json.loads(line))

    threading.Thread(target=listen, daemon=True).start()

    def ready(address: str, code: str) -> None:
        say({"ready": [address, code]})

    panels = [] if asked.tidy else [panel, broken_panel]
    serve(desk.latest, desk, host=asked.host, port=0, code=asked.code, extra_panels=panels, ready=ready)


if __name__ == "__main__":
    main()
