"""The recorder: keeps every record on the disk, in threads of its own, and is in nobody's way.

Records are handed to the operating system every 40 ms and the disk is asked for them at once, so that neither the end
of this process nor that of power loses more than 100 ms of them (docs/recording.md says of which disk).
"""

import errno
import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sonofuse.live.about import About, Head
from sonofuse.live.backlog import ROOM, Backlog
from sonofuse.live.chain import Chain
from sonofuse.live.part import CLOSED, CONTINUED, Part
from sonofuse.live.record import Record
from sonofuse.live.syncer import Point, Syncer

WRITE_S = 0.04  # leaves 60 ms of the 100 to a busy machine
RETRY_S = 1.0  # after an error of the disk
LONGEST_RETRY = 32  # times that, for a disk that takes a new part and then fails again and again
BATCH = 1000  # records in one chunk of the file
BEHIND_NS = 1_000_000_000  # a record that waits longer than this for the disk is trouble
PART_NS, PART_BYTES = 600_000_000_000, 1 << 28  # a part's index stays in memory: about 12 MB after ten minutes
_AT_ONCE = ("event", "command", "note")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_WHY = {
    errno.ENOSPC: "the disk is full; make room",
    errno.EDQUOT: "your quota is used up; make room",
    errno.EROFS: "the disk is read-only; name another folder with --record-to",
    errno.EEXIST: "there is a file of that name; name another folder with --record-to",
    errno.ENOTDIR: "a part of that path is a file; name another folder with --record-to",
    errno.EACCES: "you may not write there; name another folder with --record-to",
    errno.EPERM: "you may not write there; name another folder with --record-to",
}


class Recorder:
    """Records to `<UTC time>-<device>.mcap` in a folder, beginning now; never raises for what a disk does.

    A disk that is full is tried again every second, and the same file goes on. After any other error a new part of the
    recording begins, `<UTC time>-<device>-2.mcap` and so on, with what the disk had not confirmed; and every ten
    minutes, so that memory stays bounded.
    """

    def __init__(
        self, folder: Path, about: About, *, room: int = ROOM, now: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.folder, self._about, self._now = folder, about, now
        self._epoch_ns = max(0, time.time_ns() - now())
        self._recording = os.urandom(8).hex()
        self._stem = ""
        self._backlog = Backlog(room, now)
        self._syncer = Syncer(lambda point: self._backlog.forget(point.records))
        self._part: Part | None = None
        self._parts = 0
        self._ending = False
        self._begun_ns = 0
        self._point = Point()
        self._trouble, self._trouble_since = "not yet", 0
        self._patience = 1
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def put(self, record: Record) -> None:
        """Take a record; from any thread. It waits for nothing and never raises; without room it counts the record."""
        self._backlog.put(record)
        if record.topic in _AT_ONCE:
            self._wake.set()

    @property
    def trouble(self) -> str:
        """What a person must see to, in one line; "" while the disk has everything that is older than a second."""
        why = self._trouble
        behind_ns = self._backlog.behind_ns
        if not why and behind_ns > BEHIND_NS:
            why = f"the disk has taken nothing for {behind_ns / 1e9:.0f} s"
        if not self._thread.is_alive() and not self._closing.is_set():
            why = "the recorder has ended; start the monitor again"
        return f"not recording to {self.folder}: {why}" if why else ""

    @property
    def dropped(self) -> int:
        """Records that found no room, from the beginning; notes in the recording say where."""
        return self._backlog.dropped

    @property
    def file(self) -> Path | None:
        """The file that is written now."""
        part = self._part
        return None if part is None else part.path

    @property
    def kept(self) -> Point:
        """What the disk has for certain; its head is worth noting elsewhere when the recording is closed."""
        return self._syncer.safe

    def flush(self, timeout_s: float) -> bool:
        """Wait until the disk has all that was put; whether it has. Not for the thread that must never wait."""
        self._wake.set()
        return self._backlog.wait(timeout_s)

    def close(self, timeout_s: float = 5.0) -> str:
        """End the recording. What is wrong with it, "" if all of it is on the disk."""
        self._backlog.close(self._now())
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout_s)
        self._syncer.stop(timeout_s)
        if not self._trouble and (self._thread.is_alive() or self._syncer.done < self._syncer.asked):
            self._trouble = "the disk has not taken the end of the recording"
        return self.trouble

    def _run(self) -> None:
        pause_s = 0.0
        while True:
            self._wake.wait(pause_s)
            self._wake.clear()
            closing = self._closing.is_set()
            try:
                self._step(closing)
                pause_s = WRITE_S
            except OSError as error:
                self._failed(error)
                pause_s = RETRY_S * self._patience
            if closing:
                return

    def _step(self, closing: bool) -> None:
        """Everything that waits goes into the file."""
        if self._syncer.failed is not None:
            raise self._syncer.failed
        while True:
            part = self._part = self._part or self._open()
            if part.write():
                self._syncer.ask(part, self._point, self._ending)
            if self._ending:
                self._part, self._ending = None, False
                continue
            records = self._backlog.since(self._point.records, BATCH)
            if not records:
                break
            self._add(part, records)
        if closing:
            self._add(part, [], CLOSED)
            part.write()
            self._syncer.ask(part, self._point, close=True)
        if closing or self._syncer.done > self._trouble_since:  # at the end, `close` waits for the disk
            self._trouble, self._patience = "", 1

    def _add(self, part: Part, records: list[Record], end: str = "") -> None:
        now_ns = self._now()
        if not end and (now_ns - self._begun_ns > PART_NS or part.size > PART_BYTES):
            self._ending, end = True, CONTINUED
        part.add(records, now_ns, end)
        self._point = Point(self._point.records + len(records), part.chain.count, part.chain.head)

    def _open(self) -> Part:
        self.folder.mkdir(parents=True, exist_ok=True)
        started = datetime.now(UTC)
        stem = self._stem or free_name(self.folder, started, self._about.device)
        name = f"{stem}.mcap" if self._parts == 0 else f"{stem}-{self._parts + 1}.mcap"
        head = Head(
            self._about, self._recording, self._parts + 1, started.isoformat(timespec="milliseconds"), self._epoch_ns,
            self._point.count, self._point.head,
        )  # fmt: skip
        part = Part(self.folder / name, head, Chain(self._point.count, self._point.head))
        self._stem, self._parts, self._begun_ns = stem, self._parts + 1, self._now()
        return part

    def _failed(self, error: OSError) -> None:
        """A full disk may have room again; any other error ends the part, and all that is not safe is written anew."""
        part = self._part
        reason = error.strerror or str(error)
        if part is not None and (error.errno not in _FULL or self._syncer.failed is not None):
            if part.size == 0:
                self._parts -= 1  # nobody will see it
            else:
                self._patience = min(2 * self._patience, LONGEST_RETRY)
            self._part, self._ending = None, False
            self._point = self._syncer.restart(part)
            self._backlog.put(Record.of(self._now(), "note", {"what": "part", "reason": reason}))
        self._trouble = _WHY.get(error.errno or 0, f"{reason}; name another folder with --record-to")
        self._trouble_since = self._syncer.asked


def free_name(folder: Path, at: datetime, device: str) -> str:
    """A name that no file in the folder has."""
    while True:
        milliseconds = f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}Z"
        stem = f"{milliseconds}-{re.sub(r'[^A-Za-z0-9._-]+', '_', device) or 'device'}"
        if not (folder / f"{stem}.mcap").exists():
            return stem
        at += timedelta(milliseconds=1)
