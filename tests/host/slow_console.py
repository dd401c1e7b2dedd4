"""A console written from docs/protocol.md and docs/kernel.md alone: slow and obvious, with the reference kernel.

It shares nothing with sonofuse.link and sonofuse_core.follow but the declaration of the link, so that what the page
says wrongly, or leaves out, shows as a digest that is not the device's.
"""

import struct
from binascii import crc_hqx
from collections.abc import Sequence
from dataclasses import dataclass, field

from cobs import cobs

from sonofuse import protocol
from sonofuse.layout import K
from tests.kernels.reference import Reference
from tests.kernels.reference_channel import Sum

CLOCK = 1 << 30
FLAG = {name: bit for name, bit, _ in protocol.FLAGS}
CHANGE = {number: name for name, number, _ in protocol.CHANGES}
FIELDS = {entry.name: entry for part in protocol.ROW for entry in part.fields}
IDENTITY_PART, PICTURE_PART = 2, 3
MINUS_ONE = 65_535


def values(fields: Sequence[protocol.Field], data: bytes, at: int = 0) -> dict[str, int]:
    """Fields by their names, from `at` on."""
    found: dict[str, int] = {}
    for entry in fields:
        found[entry.name] = struct.unpack_from("<" + entry.code, data, at)[0]
        at += entry.size
    return found


def fold(digest: int, word: int) -> int:
    """The digest with one more word in it."""
    mixed = (digest ^ word % 2**32) * protocol.FOLD % 2**32
    return mixed ^ mixed >> 15


@dataclass
class Row:
    """One tick, as its row says it; what it does not say is None."""

    flags: int
    elapsed_us: int | None = None
    now_us: int | None = None
    before_us: int | None = None
    changed: int | None = None
    set_point: tuple[int, int, int] | None = None
    contacts: list[int] = field(default_factory=list[int])
    counts: list[int] = field(default_factory=list[int])
    slow: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    end: int = 0


def row(data: bytes, at: int, how: str, tick_us: int) -> Row:
    """The row that begins at a byte.

    Raises:
        struct.error: if it does not end in these bytes.
    """

    def take(name: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + FIELDS[name].code, data, at)
        at += FIELDS[name].size
        return int(value)

    read = Row(take("flags"))
    if not read.flags & FLAG["TIME"]:
        read.elapsed_us = take("elapsed")
        if read.elapsed_us == protocol.LONG:
            read.elapsed_us = take("elapsed_us")
        else:
            read.elapsed_us += tick_us - protocol.USUAL_BEFORE_US
    else:
        read.now_us, read.before_us = take("now_us"), take("before_us")
    if read.flags & FLAG["CHANGED"]:
        read.changed = take("changed")
    if read.flags & FLAG["SET"]:
        read.set_point = (take("set_mw"), take("set_us"), take("energy"))
    contacts = how.count("c")
    for first in range(0, contacts, 8):
        byte = take("contacts")
        read.contacts += [byte >> bit & 1 for bit in range(min(8, contacts - first))]
    read.counts = [take("count") for _ in range(how.count("a"))]
    read.slow = [(take("channel"), take("raw")) for _ in range(read.flags >> protocol.SLOW_SHIFT)]
    read.end = at
    return read


class SlowConsole:
    """Follows a device from the bytes that it sends; it asks for nothing itself.

    Somebody else has to READ identity and picture. `digests` has, by the number of a frame of telemetry, the digest
    after its last tick; `rows` every row that was made.
    """

    def __init__(self, limits: bytes) -> None:
        self.kernel = Reference(limits)
        self.digests: dict[int, int] = {}
        self.rows: list[Row] = []
        self.how, self.tick_us = "", 0
        self.identity: dict[str, object] = {}
        self._rest = b""
        self._parts: dict[int, bytes] = {}
        self._frames: list[bytes] = []  # that came before it was known how to read them
        self._waiting: dict[int, Row] = {}  # by the number of the tick
        self._ends: dict[int, int] = {}  # number of the tick behind a frame -> number of the frame
        self._inputs: list[int] = []
        self._kept: list[Sum] = []
        self._tick: int | None = None  # the next one; None while not joined
        self._digest = self._at = 0

    def received(self, data: bytes) -> None:
        """Bytes from the device."""
        *frames, self._rest = (self._rest + data).split(b"\0")
        for coded in frames:
            if coded:
                body = cobs.decode(coded)
                assert crc_hqx(body[:-2], 0xFFFF) == int.from_bytes(body[-2:], "little")
                self._frame(body[0], int.from_bytes(body[1:3], "little"), body[3:-2])

    def _frame(self, kind: int, sequence: int, payload: bytes) -> None:
        if kind == protocol.TELEMETRY.kind:
            self._frames.append(struct.pack("<H", sequence) + payload)
        elif kind == protocol.DATA.kind:
            self._piece(values(protocol.DATA.fields[:-1], payload), payload[protocol.DATA.head.size - 128 :])
        if self.how:
            for kept in self._frames:
                self._telemetry(int.from_bytes(kept[:2], "little"), kept[2:])
            self._frames.clear()
            self._follow()

    def _piece(self, about: dict[str, int], data: bytes) -> None:
        part, offset = about["part"], about["offset"]
        so_far = b"" if offset == 0 else self._parts.get(part, b"")
        if offset != len(so_far):
            return  # asked for twice
        self._parts[part] = so_far + data[: about["length"]]
        if len(self._parts[part]) == about["total"]:
            whole = self._parts.pop(part)
            if part == IDENTITY_PART:
                self.how = whole[sum(entry.size for entry in protocol.IDENTITY) :].decode()
                self.tick_us = values(protocol.IDENTITY, whole)["tick_us"]
                self.identity = dict(values(protocol.IDENTITY, whole))
            elif part == PICTURE_PART:
                self._join(whole)

    def _join(self, picture: bytes) -> None:
        head = values(protocol.PICTURE, picture)
        words = [word for (word,) in struct.iter_unpack("<i", picture[sum(entry.size for entry in protocol.PICTURE) :])]
        self._tick, self._digest, self._at = head["tick"], head["digest"], head["at"]
        state = words[K.I_CHANNELS :]
        self.kernel.load(state)
        self._inputs = words[: K.I_CHANNELS]
        for channel in range(len(self.how)):
            at = K.S_CHANNELS + channel * K.CHANNEL_WORDS
            self._inputs += [state[at + K.C_SEQ], state[at + K.C_RAW]]

    def _telemetry(self, sequence: int, payload: bytes) -> None:
        tick = values(protocol.TELEMETRY.fields, payload)["tick"]
        end = len(payload) - protocol.TELEMETRY.end.size
        count = values(protocol.TELEMETRY.tail, payload, end)["rows"]
        at = protocol.TELEMETRY.head.size
        for number in range(count):
            read = row(payload, at, self.how, self.tick_us)
            self._waiting[(tick + number) % CLOCK] = read
            at = read.end
        assert at == end, "the rows fill the frame"
        self._ends[(tick + count) % CLOCK] = sequence

    def _follow(self) -> None:
        while self._tick is not None and self._tick in self._waiting:
            read = self._waiting.pop(self._tick)
            if read.changed is not None and CHANGE[read.changed] == "ANEW":
                self._tick = None
                return
            self._make(read)
            self.rows.append(read)
            self._tick = (self._tick + 1) % CLOCK
            if self._tick in self._ends:
                self.digests[self._ends.pop(self._tick)] = self._digest

    def _make(self, read: Row) -> None:
        kernel, inputs = self.kernel, self._inputs
        if read.changed is not None:
            self._change(CHANGE[read.changed])
        if read.before_us is not None and read.now_us is not None:
            kernel.now = read.before_us
            inputs[K.I_NOW] = read.now_us
        else:
            assert read.elapsed_us is not None
            inputs[K.I_NOW] = (kernel.now + read.elapsed_us) % CLOCK
        inputs[K.I_ON] = int(bool(read.flags & FLAG["ON"]))
        inputs[K.I_RECEIPT_US] = CLOCK - 1 if read.flags & FLAG["LATE"] else 0
        if read.set_point is not None:
            inputs[K.I_SET_MW], inputs[K.I_SET_US], inputs[K.I_ENERGY] = read.set_point
        contacts, counts = iter(read.contacts), iter(read.counts)
        for channel, letter in enumerate(self.how):
            if letter not in protocol.SLOW:
                self._convert(channel, next(contacts) if letter == "c" else next(counts))
        for channel, raw in read.slow:
            self._convert(channel, -1 if raw == MINUS_ONE else raw)
        kernel.tick(inputs)
        self._digest_tick()

    def _convert(self, channel: int, raw: int) -> None:
        at = K.I_CHANNELS + 2 * channel
        self._inputs[at] = (self._inputs[at] + 1) % 65_536
        self._inputs[at + 1] = raw

    def _change(self, how: str) -> None:
        kernel = self.kernel
        if how == "BACK":
            for channel, dose in zip(kernel.channels, self._kept, strict=True):
                channel.dose = Sum(dose.high, dose.low)
            return
        kernel.energy, kernel.on_us = Sum(), 0
        self._kept = [Sum(channel.dose.high, channel.dose.low) for channel in kernel.channels]
        if how == "NEW_TREATMENT":
            for channel in kernel.channels:
                channel.dose = Sum()

    def _digest_tick(self) -> None:
        kernel, state = self.kernel, self.kernel.state_words()
        self._digest = fold(self._digest, kernel.token)
        self._digest = fold(self._digest, kernel.cause * 2**16 ^ kernel.warn)
        for word in state[self._at : self._at + protocol.FOLDED]:
            self._digest = fold(self._digest, word)
        self._at += protocol.FOLDED
        if self._at >= len(state):
            self._at = 0
