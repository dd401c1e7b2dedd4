"""Waits for the disk in a thread of its own, so that a slow one holds up nothing but itself."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sonofuse.live.part import Part


@dataclass(frozen=True)
class Point:
    """A place in the recording, behind a whole batch: so many records were put, so many messages are in the chain."""

    records: int = 0
    count: int = 0
    head: bytes = bytes(32)


@dataclass(frozen=True)
class _Ask:
    number: int  # 0: the part is only to be closed
    part: Part
    point: Point
    close: bool


class Syncer:
    """Syncs parts in the order asked for. `safe` is the last point that the disk is known to have.

    After a failure nothing is believed any more: what was written since `safe` may be lost, although a second fsync
    would say that all is well. `restart` begins anew from there.
    """

    def __init__(self, on_safe: Callable[[Point], None]) -> None:
        self._on_safe = on_safe
        self._changed = threading.Condition()
        self._asked: deque[_Ask] = deque()
        self._stopping = False
        self.asked = self.done = 0
        """How often it was asked, and how many of these the disk has confirmed."""
        self.safe = Point()
        self.failed: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="recorder-disk", daemon=True)
        self._thread.start()

    def ask(self, part: Part, point: Point, close: bool = False) -> None:
        """Bring a part onto the disk up to a point; then close it, if that is its end."""
        with self._changed:
            if self._asked and self._asked[-1].part is part:
                self._asked.pop()  # the later point says it all
            self.asked += 1
            self._asked.append(_Ask(self.asked, part, point, close))
            self._changed.notify_all()

    def restart(self, part: Part) -> Point:
        """Leave a part as it is, with all that was asked for; what is under way no longer counts. The safe point."""
        with self._changed:
            self.failed, self.done = None, self.asked
            left = dict.fromkeys([*(ask.part for ask in self._asked), part])
            self._asked = deque(_Ask(0, each, self.safe, True) for each in left)
            self._changed.notify_all()
            return self.safe

    def stop(self, timeout_s: float) -> None:
        """End when all that was asked for is done, or after the timeout."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or (self._asked and not self.failed))
                if self.failed or not self._asked:
                    return
                ask = self._asked.popleft()
            failure = self._sync(ask.part) if ask.number else None
            with self._changed:
                if ask.number > self.done:  # else all began anew meanwhile
                    self._note(ask, failure)
            if ask.close and failure is None:
                ask.part.close()

    def _note(self, ask: _Ask, failure: OSError | None) -> None:
        if failure is None:
            self.done, self.safe = ask.number, ask.point
            self._on_safe(ask.point)
        else:
            self.failed = failure

    @staticmethod
    def _sync(part: Part) -> OSError | None:
        try:
            part.sync()
        except OSError as failure:
            return failure
        return None
