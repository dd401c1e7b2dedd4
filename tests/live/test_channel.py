"""What the monitor does not take from the watcher is told in the recording, where it is missing."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sonofuse.live import channel
from sonofuse.live.channel import Receiver, Sender
from sonofuse.live.record import Record
from tests.live.recording.made import read, record_all

LONG = "x" * 4000


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Sender, socket.socket]]:
    """A watcher's end with little room, and the monitor's."""
    monkeypatch.setattr(channel, "MOST", 100_000)
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    with ours, theirs:
        yield Sender(ours), theirs


def record(number: int, topic: str = "event") -> Record:
    return Record.of(number, topic, {"what": LONG, "number": number})


def taken(sender: Sender, end: socket.socket) -> list[Record | dict[str, Any]]:
    """Everything that waits, as the other process gets it."""
    receiver, found = Receiver(), list[Record | dict[str, Any]]()
    with suppress(BlockingIOError):
        while True:
            sender.flush()
            found += receiver.feed(end.recv(1 << 20))
    return found


def test_what_finds_no_room_is_noted_where_it_is_missing(ends: tuple[Sender, socket.socket], tmp_path: Path) -> None:
    sender, end = ends
    for number in range(400):  # nobody takes any: 1.6 MB do not fit
        sender.record(record(number, "event" if number % 2 else "view"))
        sender.flush()
    before = taken(sender, end)
    lost = 400 - len(before)
    assert 0 < lost < 400 and sender.dropped == lost
    sender.record(record(1000))
    sender.record(record(1001))
    after = taken(sender, end)
    records = [item for item in (*before, *after) if isinstance(item, Record)]
    assert [one.t_ns for one in records] == [*range(400 - lost), 1000, 1000, 1001]
    note = records[400 - lost]
    assert (note.topic, note.values["what"], note.values["records"]) == ("note", "dropped", lost)
    assert sum(note.values["topics"].values()) == lost and set(note.values["topics"]) == {"view", "event"}
    assert read(record_all(tmp_path, records)) == records


def test_an_answer_is_never_dropped(ends: tuple[Sender, socket.socket]) -> None:
    sender, end = ends
    while not sender.dropped:
        sender.record(record(1))
    sender.reply(2, {"request": 7, "result": ""})
    assert taken(sender, end)[-1] == {"request": 7, "result": ""}
