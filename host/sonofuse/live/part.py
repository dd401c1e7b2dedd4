"""One part of a recording: an MCAP file that grows by whole batches, each closed by a message of the chain."""

import errno
import fcntl
import io
import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mcap.writer import CompressionType, Writer

from sonofuse.live import schemas
from sonofuse.live.about import MEDIA_TYPES, METADATA, Head
from sonofuse.live.chain import TOPIC, Chain
from sonofuse.live.record import RAW, TOPICS, Record

CLOSED, CONTINUED = "closed", "continued"
RAW_SCHEMA = b"uint8[] data"  # a ROS 1 message: the one well-known schema for plain bytes that is readable as text
MESSAGE_NUMBERS = 1 << 32
_NEVER = 1 << 40  # bytes: a batch is a chunk, however large


class _Buffer(io.BytesIO):
    """What the file does not hold yet; it tells positions in the file."""

    start = 0

    def tell(self) -> int:
        return self.start + super().tell()


class Part:
    """A new file, with its head. Nothing is in the file before `write`; `write` may be repeated after an error.

    Raises:
        FileExistsError: if there is a file of that name.
        OSError: if it cannot be made.
    """

    def __init__(self, path: Path, head: Head, chain: Chain) -> None:
        self.path, self.chain = path, chain
        self._epoch_ns = head.epoch_ns
        self._unnamed = True  # the folder's entry is not on the disk yet
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self._buffer = _Buffer()
        self._writer = Writer(self._buffer, _NEVER, CompressionType.ZSTD, enable_data_crcs=True)
        self._writer.start(library=f"sonofuse {head.about.version}")
        self._writer.add_metadata(METADATA, head.metadata())
        for name, data in head.files().items():
            self._writer.add_attachment(head.epoch_ns, head.epoch_ns, name, MEDIA_TYPES[name], data)
        self._channels = {topic: self._channel(topic) for topic in (*TOPICS, TOPIC)}
        chain.begin(head.hashed())

    def add(self, records: Iterable[Record], t_ns: int, end: str = "") -> None:
        """A batch, closed at `t_ns` by a message of the chain; `end` says that it is the last."""
        for record in records:
            data = len(record.data).to_bytes(4, "little") + record.data if record.topic in RAW else record.data
            self._message(record.topic, record.t_ns, data, record.data)
        said = {"head": self.chain.head.hex(), "count": self.chain.count} | ({"end": end} if end else {})
        data = json.dumps(said).encode()
        self._message(TOPIC, t_ns, data, data)
        if end:
            self._writer.finish()  # type: ignore[no-untyped-call] # has no annotations
        else:
            self._writer.flush()  # type: ignore[no-untyped-call]

    def write(self) -> bool:
        """Hand over to the operating system what was added; whether there was anything.

        Raises:
            OSError: if it does not take it, or somebody removed the file.
        """
        if os.fstat(self._file).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, "the file was removed", str(self.path))
        data = memoryview(self._buffer.getvalue())
        done = 0
        while done < len(data):  # at its own place in the file, so that nothing is there twice after an error
            done += os.pwrite(self._file, data[done:], self._buffer.start + done)
        self._buffer.start += done
        self._buffer.seek(0)
        self._buffer.truncate()
        return done > 0

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self._buffer.start

    def sync(self) -> None:
        """Wait until the disk has what was written.

        Raises:
            OSError: if it cannot.
        """
        _to_disk(self._file)
        if self._unnamed:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
            try:
                _to_disk(folder)
            finally:
                os.close(folder)
            self._unnamed = False

    def close(self) -> None:
        """Nothing more will be written. A file that holds nothing goes."""
        with suppress(OSError):  # it failed before, and its trouble is told
            if self.size == 0:
                self.path.unlink()
        with suppress(OSError):
            os.close(self._file)

    def _message(self, topic: str, t_ns: int, data: bytes, hashed: bytes) -> None:
        at = self._epoch_ns + t_ns
        self._writer.add_message(self._channels[topic], at, data, at, self.chain.count % MESSAGE_NUMBERS)
        self.chain.add(topic, t_ns, hashed)

    def _channel(self, topic: str) -> int:
        if topic in RAW:
            schema = self._writer.register_schema("sonofuse/Bytes", "ros1msg", RAW_SCHEMA)
            return self._writer.register_channel(f"/{topic}", "ros1", schema)
        name, inside = (topic[1:], schemas.CHAIN) if topic == TOPIC else (topic, schemas.SCHEMAS[topic])
        schema = self._writer.register_schema(f"sonofuse.{name}", "jsonschema", json.dumps(inside).encode())
        return self._writer.register_channel(f"/{name}", "json", schema)


def _to_disk(descriptor: int) -> None:
    if sys.platform == "darwin":  # there, fsync stops at the drive's own memory
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)
