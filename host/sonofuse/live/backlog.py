"""Records that the disk does not have yet: bounded, in their order, and never in the way of whoever puts one."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from itertools import islice

from sonofuse.live.record import Record

ROOM = 16_384  # records: three quarters of a minute at 300 and more a second
_SHARE = {"view": 1 / 2, "in": 15 / 16, "out": 15 / 16, "decision": 15 / 16}
"""Of the room. Plots go first, because a replay needs none; trips and commands are few and find room behind all."""


class Backlog:
    """`put` from any thread. Its lock is held for additions alone, never while something waits for the disk.

    What finds no room is counted, and the count stands as a note where the records would have stood.
    """

    def __init__(self, room: int = ROOM, now: Callable[[], int] = time.monotonic_ns) -> None:
        self._room, self._now = room, now
        self._changed = threading.Condition()
        self._kept: deque[tuple[int, Record]] = deque()  # with the time at which each was put
        self._first = 0  # the number of the first of them
        self._lost: Counter[str] = Counter()
        self._closed = False
        self._dropped = 0

    def put(self, record: Record) -> bool:
        """Whether there was room for it."""
        with self._changed:
            if self._closed or len(self._kept) >= self._room * _SHARE.get(record.topic, 1):
                self._lost[record.topic] += 1
                self._dropped += 1
                return False
            self._note_lost(record.t_ns, views=record.topic == "view")
            self._kept.append((self._now(), record))
            return True

    def close(self, t_ns: int) -> None:
        """Nothing more is taken; what was lost until now is noted."""
        with self._changed:
            self._note_lost(t_ns, views=True)
            self._closed = True

    def since(self, number: int, most: int) -> list[Record]:
        """The records from that number on, as many as are here and no more than `most`."""
        with self._changed:
            at = number - self._first
            return [record for _, record in islice(self._kept, at, at + most)]

    def forget(self, number: int) -> None:
        """The disk has all before that number."""
        with self._changed:
            while self._first < number:
                self._kept.popleft()
                self._first += 1
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the disk has all that was put before; whether it has."""
        with self._changed:
            number = self._first + len(self._kept)
            return self._changed.wait_for(lambda: self._first >= number, timeout_s)

    @property
    def dropped(self) -> int:
        """Records that found no room, from the beginning."""
        return self._dropped

    @property
    def behind_ns(self) -> int:
        """For how long the oldest record has been waiting."""
        with self._changed:
            return self._now() - self._kept[0][0] if self._kept else 0

    def _note_lost(self, t_ns: int, views: bool) -> None:
        """Lost views are noted when one finds room again: one note for many."""
        lost = {topic: count for topic, count in self._lost.items() if views or topic != "view"}
        if lost:
            note = {"what": "dropped", "records": sum(lost.values()), "topics": lost, "reason": "the disk was too slow"}
            self._kept.append((self._now(), Record.of(t_ns, "note", note)))
            for topic in lost:
                del self._lost[topic]
