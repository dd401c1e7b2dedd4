"""Disks that are full, slow, read-only, broken or gone: told in a line, gone on with, never in the way of who puts."""

import errno
import os
import resource
import shutil
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sonofuse.live import part as part_module
from sonofuse.live import recorder as recorder_module
from sonofuse.live.about import Head
from sonofuse.live.backlog import Backlog
from sonofuse.live.chain import Chain
from sonofuse.live.part import Part
from sonofuse.live.record import Record
from sonofuse.live.recorder import Recorder
from sonofuse.live.recording import Recording

from .made import SMALL, files, read, record_all, some, taken, until


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors are tried again at once."""
    monkeypatch.setattr(recorder_module, "RETRY_S", 0.02)


def mounted(folder: Path, options: str) -> Path:
    """A small file system of its own in a folder."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.skip(f"not run: a file system of its own cannot be mounted here ({ran.stderr.strip()})")
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    folder = mounted(tmp_path / "disk", "size=1m")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def read_only_disk(tmp_path: Path) -> Iterator[Path]:
    folder = mounted(tmp_path / "disk", "size=1m,ro")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def random_records(first: int, count: int) -> list[Record]:
    """Records that nothing can compress."""
    return [Record(n, "in", os.urandom(4000)) for n in range(first, first + count)]


def without_notes(records: list[Record]) -> list[Record]:
    return [record for record in records if record.topic != "note"]


def test_a_full_disk_is_told_and_the_same_file_goes_on_when_there_is_room(small_disk: Path) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(700_000))
    recorder = Recorder(small_disk, SMALL)
    records = random_records(0, 150)
    for record in records[:100]:
        recorder.put(record)
    until(lambda: "the disk is full; make room" in recorder.trouble, "full")
    assert recorder.trouble == f"not recording to {small_disk}: the disk is full; make room"
    filler.unlink()
    until(lambda: recorder.trouble == "", "room again")
    for record in records[100:]:
        recorder.put(record)
    assert recorder.close() == ""
    assert len(files(small_disk)) == 1
    assert read(files(small_disk)[0]) == records


def test_what_a_full_disk_cannot_take_is_counted_where_it_is_missing(small_disk: Path) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(900_000))
    recorder = Recorder(small_disk, SMALL, room=64)
    until(lambda: recorder.trouble == "", "it has begun")
    records = random_records(0, 400)
    room = taken(recorder, records[:300])
    until(lambda: "full" in recorder.trouble, "full")
    room += taken(recorder, records[300:])
    dropped = recorder.dropped
    assert dropped == 400 - len(room) > 0
    filler.unlink()
    last = Record(400, "in", b"last")
    until(lambda: recorder.trouble == "", "room again")
    recorder.put(last)
    assert recorder.close() == ""
    told = read(files(small_disk)[0])
    assert without_notes(told) == [*room, last]
    notes = [(at, record.values) for at, record in enumerate(told) if record.topic == "note"]
    assert sum(values["records"] for _, values in notes) == dropped
    for at, values in notes:
        before, after = told[at - 1].t_ns, told[at + 1].t_ns
        assert after - before - 1 == values["records"], "each note stands where the records would have stood"


def test_a_disk_that_stays_full_is_told_at_the_end(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(700_000))
    recorder = Recorder(small_disk, SMALL)
    records = random_records(0, 200)
    for record in records[:20]:
        recorder.put(record)
    assert recorder.flush(10)
    for record in records[20:]:
        recorder.put(record)
    assert recorder.close() == f"not recording to {small_disk}: the disk is full; make room"
    recording = Recording(files(small_disk)[0])
    assert list(recording.records()) == records[:20]
    assert recording.notes[0].startswith("it was not closed: the monitor was killed, or power failed; a batch of")


def test_a_full_disk_at_the_beginning(small_disk: Path) -> None:
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(bytes(4096))
    recorder = Recorder(small_disk, SMALL)
    records = some(20)
    assert taken(recorder, records) == records
    until(lambda: "the disk is full" in recorder.trouble, "full")
    filler.unlink()
    until(lambda: recorder.trouble == "", "room again")
    assert recorder.close() == ""
    assert [read(path) for path in files(small_disk)] == [records]


def test_a_read_only_disk_is_told(read_only_disk: Path) -> None:
    recorder = Recorder(read_only_disk / "recordings", SMALL)
    recorder.put(some(1)[0])
    until(lambda: "read-only" in recorder.trouble, "read-only")
    said = f"not recording to {read_only_disk}/recordings: the disk is read-only; name another folder with --record-to"
    assert recorder.close() == said


@pytest.mark.skipif(os.geteuid() == 0, reason="not run: root may write everywhere")
def test_a_folder_of_somebody_else_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    recorder = Recorder(tmp_path, SMALL)
    until(lambda: "you may not write there" in recorder.trouble, "not writable")
    recorder.close()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    recorder = Recorder(tmp_path / "file", SMALL)
    until(lambda: "there is a file of that name" in recorder.trouble, "it is a file")
    recorder.close()
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_goes_away_is_told_in_the_recording_that_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    recorder = Recorder(folder, SMALL)
    for record in some(10):
        recorder.put(record)
    assert recorder.flush(10)
    shutil.rmtree(folder)
    until(lambda: len(files(folder)) == 1, "a new part")
    later = some(20)[10:]
    for record in later:
        recorder.put(record)
    assert recorder.close() == ""
    recording = Recording(files(folder)[0])
    told = list(recording.records())
    assert recording.head.part == 2
    assert without_notes(told) == later
    assert [record.values["what"] for record in told if record.topic == "note"] == ["part"]


class Disk:
    """A disk whose fsync does what a test wants: fails so many times, or hangs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fails = 0
        self.goes = threading.Event()
        self.goes.set()
        self.hangs = threading.Event()
        self._really = os.fsync
        monkeypatch.setattr(part_module, "_to_disk", self._sync)

    def _sync(self, descriptor: int) -> None:
        if not self.goes.is_set():
            self.hangs.set()
            assert self.goes.wait(30)
        if self.fails:
            self.fails -= 1
            raise OSError(errno.EIO, "Input/output error")
        self._really(descriptor)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk(monkeypatch)
    yield made
    made.goes.set()


def test_a_disk_that_does_not_answer_is_told_and_nobody_waits_for_it(tmp_path: Path, disk: Disk) -> None:
    now_ns = 1000
    recorder = Recorder(tmp_path, SMALL, room=100, now=lambda: now_ns)
    until(lambda: recorder.trouble == "", "it has begun")
    disk.goes.clear()
    recorder.put(some(1)[0])
    assert disk.hangs.wait(10)
    room = taken(recorder, some(300)[1:])
    views = taken(recorder, some(300, "view"))
    trip = Record.of(2000, "event", {"what": "state", "state": "TRIPPED", "cause": 1025})
    assert taken(recorder, [trip]) == [trip], "it finds room behind all else"
    assert (len(room), len(views), recorder.dropped) == (93, 0, 299 - 93 + 300)
    assert recorder.trouble == ""
    now_ns += 1_500_000_000
    assert recorder.trouble == f"not recording to {tmp_path}: the disk has taken nothing for 2 s"
    until(lambda: len(read(files(tmp_path)[0])) == 96, "the operating system has all of it, whatever the disk does")
    disk.goes.set()
    until(lambda: recorder.trouble == "", "the disk answers")
    recorder.put(Record(3000, "in", b"last"))
    assert recorder.close() == ""
    told = read(files(tmp_path)[0])
    assert without_notes(told) == [some(1)[0], *room, trip, Record(3000, "in", b"last")]
    notes = [(at, record.values) for at, record in enumerate(told) if record.topic == "note"]
    assert [(at, values["topics"]) for at, values in notes] == [(94, {"in": 206}), (97, {"view": 300})]


def test_who_puts_does_not_wait_while_every_call_to_the_disk_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes = threading.Event()
    for name in ("open", "pwrite", "fsync", "fstat"):
        monkeypatch.setattr(os, name, _hanging(getattr(os, name), goes))
    try:
        recorder = Recorder(tmp_path / "hangs", SMALL, room=500)
        putting = threading.Thread(target=taken, args=(recorder, some(1000)), daemon=True)
        putting.start()
        putting.join(10)
        assert not putting.is_alive()
        assert recorder.dropped == 1000 - 469
        assert recorder.close(0.01).startswith(f"not recording to {tmp_path}/hangs: ")
    finally:
        goes.set()
    until(lambda: files(tmp_path / "hangs") != [], "it ends when the disk lets it")


def _hanging(call: Callable[..., Any], goes: threading.Event) -> Callable[..., Any]:
    def hang(*arguments: Any, **named: Any) -> Any:
        if threading.current_thread().name.startswith("recorder"):
            assert goes.wait(30)
        return call(*arguments, **named)

    return hang


def test_a_disk_that_fails_gets_a_new_part_with_all_that_was_not_safe(tmp_path: Path, disk: Disk) -> None:
    recorder = Recorder(tmp_path, SMALL)
    records = some(60)
    for record in records[:20]:
        recorder.put(record)
    assert recorder.flush(10)
    disk.goes.clear()
    for record in records[20:40]:
        recorder.put(record)
    assert disk.hangs.wait(10)
    disk.fails = 1
    disk.goes.set()
    until(lambda: "Input/output error" in recorder.trouble, "it failed")
    until(lambda: recorder.trouble == "", "a new part")
    for record in records[40:]:
        recorder.put(record)
    assert recorder.close() == ""
    first, second = files(tmp_path)
    assert second.name == first.name.replace(".mcap", "-2.mcap")
    recording = Recording(second)
    told = list(recording.records())
    assert without_notes(told) == records
    assert [record.values["reason"] for record in told if record.topic == "note"] == ["Input/output error"]
    assert recording.chain.head == recorder.kept.head


def test_trouble_lasts_until_the_disk_has_confirmed_something(tmp_path: Path, disk: Disk) -> None:
    disk.fails = 6
    recorder = Recorder(tmp_path, SMALL)
    recorder.put(some(1)[0])
    said = []
    while disk.fails:
        said.append(recorder.trouble)
        time.sleep(0.001)
    assert "" not in said
    until(lambda: recorder.trouble == "", "the seventh time it works")
    assert recorder.close() == ""
    assert len(files(tmp_path)) == 7
    assert without_notes(read(files(tmp_path)[-1])) == some(1)


def test_a_part_that_holds_nothing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = 3
    really = os.pwrite

    def pwrite(descriptor: int, data: memoryview, at: int) -> int:
        nonlocal left
        left -= 1
        if left >= 0:
            raise OSError(errno.EIO, "Input/output error")
        return really(descriptor, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    recorder = Recorder(tmp_path, SMALL)
    until(lambda: recorder.trouble == "", "the fourth time it works")
    assert recorder.close() == ""
    assert len(files(tmp_path)) == 1
    assert Recording(files(tmp_path)[0]).head.part == 1


def test_a_longest_file_gives_several_parts(tmp_path: Path) -> None:
    records = random_records(0, 100)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))
    try:
        recorder = Recorder(tmp_path, SMALL)
        for batch in range(10):
            for record in records[batch * 10 : batch * 10 + 10]:
                recorder.put(record)
            assert recorder.flush(10)
        assert recorder.close() == ""
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    parts = files(tmp_path)
    assert len(parts) > 2
    assert without_notes(read(parts[0])) == records


def test_a_recorder_that_died_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(Recorder, "_step", lambda *_: 1 / 0)
    recorder = Recorder(tmp_path, SMALL)
    until(lambda: "the recorder has ended; start the monitor again" in recorder.trouble, "it died")


def test_a_trip_is_brought_to_the_disk_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "WRITE_S", 3600)
    recorder = Recorder(tmp_path, SMALL)
    until(lambda: files(tmp_path) != [], "it has begun")
    recorder.put(some(1)[0])
    recorder.put(some(1, "event")[0])
    until(lambda: recorder.kept.records == 2, "on the disk, though an hour must pass for all else")
    recorder.close()


def test_the_disk_is_asked_for_the_file_and_for_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, bool]] = []

    def note(descriptor: int) -> None:
        status = os.fstat(descriptor)
        asked.append((status.st_ino, stat.S_ISDIR(status.st_mode)))

    monkeypatch.setattr(part_module, "_to_disk", note)
    recorder = Recorder(tmp_path, SMALL)
    for record in some(3):
        recorder.put(record)
        before = len(asked)
        assert recorder.flush(10)
        assert len(asked) > before, "asked before it is said that the disk has it"
    assert recorder.close() == ""
    assert set(asked) == {(files(tmp_path)[0].stat().st_ino, False), (tmp_path.stat().st_ino, True)}


def test_a_part_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.mcap"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        Part(path, Head(SMALL, "0", 1, "", 0, 0, bytes(32)), Chain())
    assert path.read_bytes() == b"mine"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    first = record_all(tmp_path, some(3))
    for number in range(2, 5):
        record_all(tmp_path, some(number))
    assert read(first) == some(3)
    assert len(files(tmp_path)) == 4


def test_a_backlog_waits_for_nothing_but_its_own_additions() -> None:
    backlog = Backlog(4)
    assert [backlog.put(record) for record in some(6)] == [True] * 4 + [False] * 2
    assert not backlog.wait(0)
    backlog.forget(4)
    assert backlog.wait(0)
    backlog.close(9)
    assert [record.values["records"] for record in backlog.since(4, 10)] == [2]
