"""The two processes of the monitor talk over a socket: records one way, requests the other.

The watcher never waits for it: what the other side does not take is kept up to MOST bytes, then dropped and counted. A
note with the count goes where the records would have gone, so that a recording tells of it.
"""

import json
import socket
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sonofuse.live.record import TOPICS, Record

MOST = 8_000_000  # bytes that may wait: two minutes of records
_HEAD = struct.Struct("<QIB")  # time, length, topic; behind the topics: a reply
_REPLY = len(TOPICS)


class Sender:
    """The watcher's end: records and replies out, without ever waiting. `dropped` counts records that found no room."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._waiting = bytearray()
        self._lost: Counter[str] = Counter()  # since the last note
        self.dropped = 0

    def record(self, record: Record) -> None:
        """Send a record, or drop it."""
        if len(self._waiting) > MOST:
            self._lost[record.topic] += 1
            self.dropped += 1
            return
        if self._lost:
            self._put_record(_missing(record.t_ns, self._lost))
            self._lost.clear()
        self._put_record(record)

    def reply(self, t_ns: int, values: Mapping[str, Any]) -> None:
        """Send the answer to a request: one to each, so that they need no bound of their own."""
        self._put(t_ns, _REPLY, json.dumps(values).encode())

    def _put_record(self, record: Record) -> None:
        self._put(record.t_ns, TOPICS.index(record.topic), record.data)

    def _put(self, t_ns: int, topic: int, data: bytes) -> None:
        self._waiting += _HEAD.pack(t_ns, len(data), topic) + data

    def flush(self) -> None:
        """Send as much as is taken now.

        Raises:
            OSError: if nobody is at the other end any more.
        """
        while self._waiting:
            try:
                sent = self._end.send(memoryview(self._waiting)[:65536])
            except BlockingIOError:
                return
            del self._waiting[:sent]


def _missing(t_ns: int, lost: Mapping[str, int]) -> Record:
    """What stands in the place of records that are lost, as in Backlog: a replay stops to compare there."""
    why = "the monitor did not take them from the watcher"
    return Record.of(
        t_ns, "note", {"what": "dropped", "records": sum(lost.values()), "topics": dict(lost), "reason": why}
    )


class Receiver:
    """The other end: cuts what came into records and replies."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Record | dict[str, Any]]:
        """What `data` completes."""
        self._rest += data
        at = 0
        while len(self._rest) - at >= _HEAD.size:
            head: tuple[int, int, int] = _HEAD.unpack_from(self._rest, at)
            t_ns, length, topic = head
            if len(self._rest) - at - _HEAD.size < length:
                break
            at += _HEAD.size
            body = bytes(self._rest[at : at + length])
            at += length
            yield Record(t_ns, TOPICS[topic], body) if topic < _REPLY else json.loads(body)
        del self._rest[:at]


class Requests:
    """Cuts what the watcher is asked into requests: JSON, one on a line."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The whole requests that `data` completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield json.loads(line)
