"""What a bench that runs for hours keeps of its history: the last minute."""

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from ..rf_chain import History

KEPT_US = 60_000_000
_TRIM_US = 1_000_000
SWITCHES = 2


@dataclass(frozen=True)
class Edge:
    """The permit edges of a switch (0, 1) began to come or ended, at `t_us` of simulated time.

    For an end, `t_us` is that of the last edge. `wall_ns` is the monotonic clock when the rig had simulated it, which
    is never before the instant that it stands for.
    """

    t_us: int
    wall_ns: int
    switch: int
    edges: bool


class Recent:
    """Takes over what a bench has noted, and lets go of what is older than a minute."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._edges: deque[Edge] = deque()
        self._last: list[Edge | None] = [None] * SWITCHES
        self._trimmed_us = 0
        self.kept_from_us = 0

    def take(self, now_us: int, wall_ns: int) -> None:
        """Call it after every step."""
        history = self._history
        for t_us, switch, comes in history.edges:
            edge = Edge(t_us, wall_ns, switch, comes)
            self._edges.append(edge)
            self._last[switch] = edge
        history.edges.clear()
        if now_us - self._trimmed_us < _TRIM_US:
            return
        self._trimmed_us, self.kept_from_us = now_us, max(0, now_us - KEPT_US)
        while self._edges and self._edges[0].t_us < self.kept_from_us:
            self._edges.popleft()
        logs: tuple[list[Any], ...] = (history.relays, history.watts, history.pins, history.resets)
        for log in logs:
            del log[: bisect_left(log, self.kept_from_us, key=itemgetter(0))]

    def edges(self, since_us: int) -> list[Edge]:
        """Beginnings and ends from a time on, as far as they are kept."""
        return [edge for edge in self._edges if edge.t_us >= since_us]

    def permit(self, switch: int, now_us: int) -> tuple[bool, int | None]:
        """Whether edges come, and when the last one came, None if there was none."""
        last = self._last[switch]
        if last is None:
            return False, None
        return last.edges, now_us if last.edges else last.t_us
