"""Reads one part of a recording back, also one that was cut off anywhere, and holds it against its chain."""

import itertools
import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import zstandard
from mcap.exceptions import McapError
from mcap.records import Attachment, Channel, Chunk, DataEnd, Footer, McapRecord, Message, Metadata
from mcap.stream_reader import MAGIC_SIZE, CRCValidationError, StreamReader, breakup_chunk
from mcap.writer import MCAP0_MAGIC

from sonofuse.live.about import MEDIA_TYPES, METADATA, AboutError, Head, read_head
from sonofuse.live.chain import TOPIC, Chain
from sonofuse.live.part import MESSAGE_NUMBERS
from sonofuse.live.record import RAW, TOPICS, Record

_PREFIX = struct.Struct("<BQ")  # of every record of an MCAP file: its kind, and how many bytes follow
_CHUNK_SIGN = struct.pack("<I4s", 4, b"zstd")  # in the head of every chunk that the recorder writes
_ZEROS = 8  # a record may end in so many: an offset of 0
_NAMES = {TOPIC: TOPIC} | {f"/{topic}": topic for topic in TOPICS}
_DAMAGE = (McapError, ValueError, struct.error, zstandard.ZstdError, OverflowError, MemoryError, OSError)


class RecordingError(ValueError):
    """A recording that cannot be used as it is, in one line. `altered`: it is one of ours, and was changed."""

    def __init__(self, path: Path, text: str, altered: bool = False) -> None:
        super().__init__(f"{path}: {text}")
        self.altered = altered


class PartFile:
    """One file. When it has been read, `torn_bytes` at its end are of a batch that was being written when all ended,
    `loose` counts whole messages that no message of the chain vouches for, and `end` is what the last message says.

    Raises:
        RecordingError: if it cannot be read, is no MCAP file, or not ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn_bytes = self.loose = 0
        self.end = ""
        try:
            self._file = path.open("rb")
            self._size = self._file.seek(0, 2)
            self._solid = self._before_zeros()
            self._file.seek(max(0, self._size - MAGIC_SIZE))
            self._finished = self._file.read() == MCAP0_MAGIC and self._size > MAGIC_SIZE
            self._file.seek(0)
            magic = self._file.read(MAGIC_SIZE)
            self._file.seek(0)
        except OSError as error:
            raise RecordingError(path, f"cannot be read ({error.strerror}); give the path of a recording") from error
        if magic != MCAP0_MAGIC[: min(MAGIC_SIZE, self._size)]:
            raise RecordingError(path, "is not an MCAP file; give one that the monitor recorded")
        self._items = self._read()
        self.head = self._head()
        """None if the file was cut off before this was whole."""

    def batches(self, chain: Chain, limit: int | None = None) -> Iterator[list[Record]]:
        """Its records, batch by batch, each only after the chain has vouched for it; no more than the first `limit`
        messages of the recording, if a later part begins there.

        Raises:
            RecordingError: if something is damaged or was altered, removed, added or moved.
        """
        assert self.head is not None, "nothing of it is whole"
        chain.begin(self.head.hashed())
        topics: dict[int, str] = {}
        batch: list[Record] = []
        for item in self._flat():
            if isinstance(item, Channel):
                topics[item.id] = _NAMES.get(item.topic, "")
            if not isinstance(item, Message):
                continue
            if chain.count == limit:
                break
            if self.end:
                self._altered(f"message {chain.count} was added behind the end")
            topic, t_ns, data = self._message(item, topics, chain)
            if topic == TOPIC:
                self._vouched(data, chain, len(batch))
                yield batch
                batch = []
            else:
                batch.append(Record(t_ns, topic, data))
            chain.add(topic, t_ns, data)
        self.loose = len(batch)
        if limit is not None and chain.count != limit:
            self._altered(f"messages {chain.count} to {limit - 1} are missing")

    def close(self) -> None:
        self._file.close()

    def _message(self, message: Message, topics: dict[int, str], chain: Chain) -> tuple[str, int, bytes]:
        assert self.head is not None
        topic = topics.get(message.channel_id)
        if not topic:
            self._altered(f"message {chain.count} is on a channel that no recording has")
        if message.sequence != chain.count % MESSAGE_NUMBERS:
            self._altered(f"chain broken at message {chain.count}: here is the one numbered {message.sequence}")
        t_ns, data = message.log_time - self.head.epoch_ns, message.data
        if topic in RAW:
            length, data = int.from_bytes(data[:4], "little"), data[4:]
            if len(message.data) < 4 or length != len(data):
                self._altered(f"chain broken at message {chain.count}: its length was altered")
        try:
            Record(t_ns, topic if topic in TOPICS else "note", data)
        except ValueError:
            t_ns = -1
        if t_ns < 0 or message.publish_time != message.log_time:
            self._altered(f"chain broken at message {chain.count}: its time was altered")
        return topic, t_ns, data

    def _vouched(self, data: bytes, chain: Chain, batch: int) -> None:
        try:
            said = json.loads(data)
            agrees = (said["count"], said["head"]) == (chain.count, chain.head.hex())
            self.end = str(said.get("end", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            agrees = False
        if not agrees:
            first = chain.count - batch
            self._altered(f"chain broken between messages {first} and {chain.count}: one of them was altered")

    def _head(self) -> Head | None:
        files: dict[str, bytes] = {}
        metadata: dict[str, str] | None = None
        messages = False
        for item in self._items:
            if isinstance(item, Metadata) and item.name == METADATA:
                metadata = item.metadata
            elif isinstance(item, Attachment):
                files[item.name] = item.data
            elif isinstance(item, Channel | Chunk | Message):
                self._items = itertools.chain((item,), self._items)
                messages = True
                break
        if not messages and not self._finished and len(files) < len(MEDIA_TYPES):
            return None
        if metadata is None:
            raise RecordingError(self.path, "is an MCAP file, but none that the monitor recorded")
        try:
            return read_head(metadata, files)
        except AboutError as error:
            if not messages and self._in_zeros():
                return None
            self._altered(str(error))

    def _flat(self) -> Iterator[McapRecord]:
        for item in self._items:
            if not isinstance(item, Chunk):
                yield item
                continue
            try:
                inside = breakup_chunk(item, validate_crc=True)
            except _DAMAGE:
                if not self._in_zeros():
                    self._altered(f"damaged in the chunk before byte {self._file.tell()}")
                self.torn_bytes = self._size - self._began
                return
            yield from inside

    def _read(self) -> Iterator[McapRecord]:
        """The records of the file, up to where it was cut off."""
        records = StreamReader(self._file, emit_chunks=True, validate_crcs=True, record_size_limit=None).records
        at = self._began = MAGIC_SIZE
        item: McapRecord | None = None
        ended = False
        while not self._cut(at, isinstance(item, Footer)):
            try:
                item = next(records, None)
            except _DAMAGE as error:
                if self._in_zeros():
                    self.torn_bytes = self._size - at
                    return
                if isinstance(error, CRCValidationError):  # of the whole; every message is held against the chain
                    self._altered("something beside its messages was altered")
                self._altered(f"damaged at byte {at}")
            ended = ended or isinstance(item, DataEnd)  # the one that has the CRC of all messages together
            if isinstance(item, Footer) and not (ended and item.summary_crc == self._summary_crc(item)):
                if self._in_zeros():
                    self.torn_bytes = self._size - at
                    return
                self._altered("its index was altered")
            self._began, at = at, self._file.tell()
            if item is None:
                if at != self._size:
                    self._altered(f"{self._size - at} bytes follow its end")
                return
            yield item

    def _summary_crc(self, footer: Footer) -> int:
        """CRC-32 of the index, up to where it stands itself: the last four bytes of the footer."""
        end = self._file.tell()
        start = min(footer.summary_start, end)
        self._file.seek(start)
        crc = zlib.crc32(self._file.read(max(0, end - 4 - start)))
        self._file.seek(end)
        return crc

    def _cut(self, at: int, only_magic: bool) -> bool:
        """Whether the file was cut off before the record at that place was whole."""
        back = self._file.tell()
        self._file.seek(at)
        prefix = self._file.read(_PREFIX.size)
        ends = at + MAGIC_SIZE
        if not only_magic:
            ends = at + _PREFIX.size + (int(_PREFIX.unpack(prefix)[1]) if len(prefix) == _PREFIX.size else 0)
        cut = ends > min(self._size, self._solid + _ZEROS)
        if cut:
            rest = self._file.read(max(0, self._size - self._file.tell()))  # a file that is written now has grown
            if self._finished or (prefix + rest).count(_CHUNK_SIGN) > 1:
                self._altered(f"damaged at byte {at}")
            self.torn_bytes = self._size - at
        self._file.seek(back)
        return cut

    def _in_zeros(self) -> bool:
        """Whether the record that was read last ends in the zeros at the end of the file."""
        return self._solid < self._file.tell() and not self._finished

    def _before_zeros(self) -> int:
        """Where the zeros begin in which the file ends: what some file systems leave when power fails."""
        end = self._size
        while end > 0:
            begin = max(0, end - 65536)
            self._file.seek(begin)
            solid = self._file.read(end - begin).rstrip(b"\0")
            if solid:
                return begin + len(solid)
            end = begin
        return 0

    def _altered(self, text: str) -> NoReturn:
        raise RecordingError(self.path, text, altered=True)
