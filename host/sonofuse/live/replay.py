"""Replay: what a recording says came in goes through a fresh Watch, and what that makes is held against the recording.

Everything must be the same: each decision, each event, each byte on the line with its time. Only the seal of a command
cannot be, because it is made with the device's key, which is in no recording.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from cobs import cobs

from sonofuse.link import SEALED
from sonofuse.live.about import ANY, About
from sonofuse.live.difference import difference, shown
from sonofuse.live.record import INPUTS, OUTCOMES, Record
from sonofuse.live.summary import Summary
from sonofuse.live.watch import WatchError
from sonofuse.protocol import SEAL

KEY = bytes(32)
"""Seals commands in a replay, so that they are made at all."""
_BEHIND_SEAL = SEAL[-1].size + 2  # the MAC, and the frame's CRC, which follows from it


class Watched(Protocol):
    """What is replayed (live/watch.py)."""

    def received(self, t_ns: int, data: bytes) -> None: ...
    def passed(self, t_ns: int) -> None: ...
    def command(self, t_ns: int, what: str, **values: Any) -> int: ...
    def take(self) -> list[Record]: ...


class Recorded(Protocol):
    """What can be replayed: whatever the format, it says what it is about, and gives its records in their order.

    `ended` is known when all have been read: False if more may have followed than is there.
    """

    @property
    def about(self) -> About: ...
    @property
    def ended(self) -> bool: ...
    def records(self) -> Iterator[Record]: ...


MakeWatch = Callable[[bytes, bytes, Mapping[str, bytes]], Watched]  # from a limit set, a key, and keys by chip
SameOut = Callable[[bytes, bytes], bool]


@dataclass
class Replayed:
    """How far a replay has come. `different` is the first difference in words, "" for none; `gap` says where records
    are missing, so that what follows cannot be compared."""

    summary: Summary
    compared: int = 0
    different: str = ""
    gap: str = ""

    @property
    def same(self) -> bool:
        """Everything was compared, and nothing differs."""
        return not self.different and not self.gap


def same_out(recorded: bytes, replayed: bytes) -> bool:
    """Whether two frames on the line are the same, up to the MAC of a sealed command."""
    if recorded == replayed:
        return True
    try:
        one, other = (bytes(cobs.decode(frame.strip(b"\0"))) for frame in (recorded, replayed))
    except cobs.DecodeError:
        return False
    sealed = len(one) == len(other) > _BEHIND_SEAL and one[0] in SEALED
    return sealed and one[:-_BEHIND_SEAL] == other[:-_BEHIND_SEAL]


class Replay:
    """One replay; `run` it once. `result` stands also when `run` raises: up to there all is good."""

    def __init__(self, recorded: Recorded, make: MakeWatch, same: SameOut = same_out) -> None:
        self._recorded, self._same = recorded, same
        self._board = recorded.about.limits_file().board
        keys = dict.fromkeys(recorded.about.keys, KEY)
        self._watch = make(recorded.about.limit_set, keys.pop(ANY, b""), keys)
        self._made: deque[Record] = deque()
        self.result = Replayed(Summary(self._board))

    def run(self) -> Replayed:
        """Read the whole recording; stop to compare at the first difference or gap.

        Raises:
            RecordingError: where the recording is damaged.
        """
        result = self.result
        for record in self._recorded.records():
            result.summary.add(record)
            if not result.same:
                continue
            result.gap = _gap(record)
            if not result.gap:
                self._say(record.t_ns, self._step(record))
        if result.same and self._recorded.ended and self._made:
            made = self._made[0]
            self._say(made.t_ns, f"the replay goes on with {shown(made, self._board)}, the recording ends")
        return result

    def _step(self, record: Record) -> str:
        """Feed or compare one record; how it differs."""
        if record.topic in INPUTS:
            if self._made:
                return f"the replay has {shown(self._made[0], self._board)}, the recording has not"
            return self._feed(record)
        if record.topic not in OUTCOMES:
            return ""
        if not self._made:
            self._watch.passed(record.t_ns)  # it arose because time went on
            self._take()
        if not self._made:
            return f"the recording has {shown(record, self._board)}, the replay has not"
        made = self._made.popleft()
        self.result.compared += 1
        if made == record or (
            (made.t_ns, made.topic, record.topic) == (record.t_ns, "out", "out") and self._same(record.data, made.data)
        ):
            return ""
        return difference(record, made, self._board)

    def _feed(self, record: Record) -> str:
        if record.topic == "in":
            self._watch.received(record.t_ns, record.data)
        else:
            try:
                values = record.values
                with suppress(WatchError):  # it was refused then too, or what follows differs
                    self._watch.command(record.t_ns, str(values.pop("what")), **values)
            except (ValueError, KeyError, TypeError) as error:
                return f"{shown(record, self._board)} is no command ({error})"
        self._take()
        return ""

    def _take(self) -> None:
        self._made.extend(record for record in self._watch.take() if record.topic in OUTCOMES)

    def _say(self, t_ns: int, text: str) -> None:
        if text:
            self.result.different = f"at {self.result.summary.seconds(t_ns):.6f} s {text}"


def _gap(record: Record) -> str:
    if record.topic != "note":
        return ""
    values = record.values
    missing = {topic: count for topic, count in values.get("topics", {}).items() if topic != "view"}
    if values.get("what") != "dropped" or not missing:
        return ""
    return f"{sum(missing.values())} records are missing here, because {values.get('reason', 'they were dropped')}"
