"""The monitor without a screen: a line for every change of state, and one a second."""

import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from sonofuse.live.faces import face
from sonofuse.live.sight import Sight, Watching
from sonofuse.live.view import View

LOOK_S, EVERY_S = 0.05, 1.0


class Lines:
    """Turns what is seen into lines; JSON objects, one a line, if asked for. `now_s` is any clock that only rises."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._before: tuple[object, ...] | None = None
        self._last_s = 0.0

    def next(self, sight: Sight, now_s: float, clock: datetime) -> str | None:
        """The line that is due, None for none."""
        view = sight.view
        said = (sight.state, sight.connected, view and view.link, view and view.cause, view and view.trouble)
        changed = said != self._before
        if not changed and now_s - self._last_s < EVERY_S:
            return None
        self._before, self._last_s = said, now_s
        return self._json(sight, changed, clock) if self._as_json else self._text(sight, clock)

    def _json(self, sight: Sight, changed: bool, clock: datetime) -> str:
        view = sight.view
        record = {
            "time": clock.isoformat(timespec="milliseconds"),
            "why": "change" if changed else "second",
            "state": sight.state,  # "": not known
            "connected": sight.connected,
            "link": view.link if view is not None else "",
            "trouble": sight.trouble or (view.trouble if view is not None else ""),
            "cause": view.cause if view is not None else 0,
            "cause_text": view.cause_text if view is not None else "",
            "physiological": view.physiological if view is not None else False,
            "inhibited": view.inhibited if view is not None else "",
            "set_w": view.set_w if view is not None else 0.0,
            "on_s": view.on_s if view is not None else 0.0,
            "receipt_age_s": view.receipt_age_s if view is not None else None,
            "warnings": [reading.name for reading in view.readings if reading.warning] if view is not None else [],
        }
        return json.dumps(record, ensure_ascii=False)

    def _text(self, sight: Sight, clock: datetime) -> str:
        view = sight.view
        parts = [clock.strftime("%H:%M:%S.%f")[:-3], f"{face(sight.state).word:<9}"]
        parts.append("connected" if sight.connected else f"DISCONNECTED: {sight.trouble}")
        if view is not None and view.cause_text:
            parts.append(f"{'cause' if sight.state == 'TRIPPED' else 'last cause'}: {view.cause_text}")
        if view is not None and view.trouble:
            parts.append(f"trouble: {view.trouble}")
        return "  ".join(parts)


def headless(
    source: Callable[[], View],
    *,
    as_json: bool = False,
    out: TextIO | None = None,
    ended: threading.Event | None = None,
) -> None:
    """Print until `ended` is set, or Ctrl-C.

    Args:
        source: gives the newest View, at once.
        as_json: one JSON object a line, for programs.
        out: where to; default stdout.
        ended: ends it; default never.
    """
    watching, lines = Watching(source), Lines(as_json)
    never = threading.Event()
    while not (ended or never).wait(LOOK_S):
        now_s = time.monotonic()
        line = lines.next(watching.look(now_s), now_s, datetime.now().astimezone())
        if line is not None:
            print(line, file=out or sys.stdout, flush=True)
