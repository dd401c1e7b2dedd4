"""The last minute of every reading, sent in increments, and never more than a browser can draw."""

import json
import math
from collections import deque
from dataclasses import asdict
from itertools import islice
from typing import Any, cast

from sonofuse.live.view import Bound, Reading, View

SECONDS, RATE = 60, 20  # what a page shows; Views a second
AHEAD = 3  # increments that a browser may have before it: a round trip of 150 ms still draws every View
_DIGITS = 5  # of a value; more than any sensor has

Bounds = tuple[tuple[Bound | None, Bound | None], ...]


class History:
    """Values and bounds of the last minute. Starts anew when the readings are others: another device."""

    def __init__(self) -> None:
        self.view: View | None = None
        self.alarms: dict[str, Any] = {}  # as a page takes them
        self.epoch = 0
        self.count = 0  # Views of this epoch so far
        self._kept: deque[tuple[float, tuple[float | None, ...], Bounds]] = deque(maxlen=SECONDS * RATE + 1)
        self._names: tuple[str, ...] = ()

    def add(self, view: View) -> None:
        """Keep the readings of a View that is newer than the last."""
        names = tuple(reading.name for reading in view.readings)
        if names != self._names:
            self._names, self.count, self.epoch = names, 0, self.epoch + 1
            self._kept.clear()
        self._kept.append((view.t_s, tuple(r.value for r in view.readings), _bounds(view.readings)))
        self.count += 1
        self.view = view

    def since(self, count: int) -> list[list[Any]]:
        """What came after the first `count` Views, as far as it is kept: [time, values, bounds], the bounds only where
        they are others than in the one before."""
        wanted = min(self.count - count, len(self._kept))
        rows: list[list[Any]] = []
        before: Bounds | None = None
        for t_s, values, bounds in islice(self._kept, len(self._kept) - wanted, None):
            row: list[Any] = [round(t_s, 3), [_shown(value) for value in values]]
            if bounds != before:
                row.append([[_figures(bound) for bound in pair] for pair in bounds])
            rows.append(row)
            before = bounds
        return rows


class Page:
    """One browser: what it was sent, and what it has drawn. It gets nothing while it is behind, then all at once."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._epoch = self._has = 0
        self._alarms: dict[str, Any] = {}
        self._sent = self._drawn = 0

    def next(self) -> str | None:
        """The increment to send now: the newest View and every sample since the last increment, alarms that changed;
        None for nothing."""
        history = self._history
        if self._sent - self._drawn >= AHEAD:
            return None
        message: dict[str, Any] = {}
        if self._alarms != history.alarms:
            message["alarms"] = self._alarms = history.alarms
        if self._epoch != history.epoch:
            self._epoch, self._has = history.epoch, 0
        if history.view is not None and self._has != history.count:
            message |= {
                "epoch": self._epoch,
                "samples": history.since(self._has),
                "view": _plain(asdict(history.view)),
            }
            self._has = history.count
        if not message:
            return None
        self._sent += 1
        message["number"] = self._sent
        return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def drew(self, number: int) -> None:
        """The browser has drawn an increment. A number that was never sent changes nothing."""
        if self._drawn < number <= self._sent:
            self._drawn = number


def _bounds(readings: tuple[Reading, ...]) -> Bounds:
    return tuple((reading.high, reading.low) for reading in readings)


def _figures(bound: Bound | None) -> list[float | None] | None:
    return None if bound is None else [_shown(bound.limit), _shown(bound.trip), _shown(bound.warn)]


def _shown(value: float | None) -> float | None:
    """A value for a browser, which knows no NaN: what is no number is not known."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}")


def _plain(record: Any) -> Any:
    if isinstance(record, dict):
        return {key: _plain(value) for key, value in cast(dict[str, Any], record).items()}
    if isinstance(record, list | tuple):
        return [_plain(value) for value in cast(list[Any], record)]
    if isinstance(record, float) and not math.isfinite(record):
        return None
    return record
