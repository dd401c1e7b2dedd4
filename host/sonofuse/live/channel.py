"""The two processes of the monitor talk over a socket: records one way, requests the other.

The watcher never waits for it: what the other side does not take is kept up to MOST bytes, then dropped and counted.
"""

import json
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from sonofuse.live.record import TOPICS, Record

MOST = 8_000_000  # bytes that may wait: two minutes of records
_HEAD = struct.Struct("<QIB")  # time, length, topic; behind the topics: a reply
_REPLY = len(TOPICS)


class Sender:
    """The watcher's end: records and replies out, without ever waiting. `dropped` counts what was not taken."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._waiting = bytearray()
        self.dropped = 0

    def record(self, record: Record) -> None:
        """Send a record, or drop it."""
        self._put(record.t_ns, TOPICS.index(record.topic), record.data)

    def reply(self, t_ns: int, values: Mapping[str, Any]) -> None:
        """Send the answer to a request."""
        self._put(t_ns, _REPLY, json.dumps(values).encode())

    def _put(self, t_ns: int, topic: int, data: bytes) -> None:
        if len(self._waiting) > MOST:
            self.dropped += 1
            return
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


class Receiver:
    """The other end: cuts what came into records and replies."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Record | dict[str, Any]]:
        """What `data` completes."""
        self._rest += data
        at = 0
        while len(self._rest) - at >= _HEAD.size:
            t_ns, length, topic = _HEAD.unpack_from(self._rest, at)
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
