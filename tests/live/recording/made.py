"""Recordings for the tests, small ones and from a device in the rig."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sonofuse.live.about import About
from sonofuse.live.record import Record
from sonofuse.live.recorder import Recorder
from sonofuse.live.recording import Recording

SMALL = About("dev/1 é", "limits\r\n", b"\x00\x01set", "board\n", "0.0")
"""Not usable for a replay, and short."""


def some(count: int, topic: str = "in", size: int = 20) -> list[Record]:
    """So many records of a topic, each with its number."""
    return [
        Record(1000 + n, topic, n.to_bytes(4, "little") * (size // 4))
        if topic in ("in", "out")
        else Record.of(1000 + n, topic, {"what": "x", "n": n})
        for n in range(count)
    ]


def taken(recorder: Recorder, records: Iterable[Record]) -> list[Record]:
    """Put records; those that found room."""
    found: list[Record] = []
    for record in records:
        dropped = recorder.dropped
        recorder.put(record)
        if recorder.dropped == dropped:
            found.append(record)
    return found


def record_all(folder: Path, records: Sequence[Record], about: About = SMALL) -> Path:
    """Record, close, and see that nothing was lost; the first file."""
    recorder = Recorder(folder, about)
    assert taken(recorder, records) == list(records)
    assert recorder.close() == ""
    return files(folder)[0]


def files(folder: Path) -> list[Path]:
    """The recordings in a folder, parts in their order."""
    return sorted(folder.glob("*.mcap"), key=lambda path: (len(path.name), path.name))


def read(path: Path) -> list[Record]:
    """All records of a recording."""
    return list(Recording(path).records())


def until(happens: Callable[[], bool], what: str) -> None:
    """Wait for something that another thread does; ten seconds are far more than it needs."""
    end_s = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < end_s, f"never: {what}"
        time.sleep(0.002)


@dataclass
class Kept:
    """Records as another format might hold them."""

    about: About
    kept: list[Record]
    ended: bool = True

    def records(self) -> Iterator[Record]:
        return iter(self.kept)
