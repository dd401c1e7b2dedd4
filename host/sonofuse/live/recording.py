"""A recording read back: all its parts in their order, as one. Nothing is ever repaired: recordings are evidence."""

import re
from collections.abc import Iterator
from pathlib import Path

from sonofuse.live.about import About, Head
from sonofuse.live.chain import Chain
from sonofuse.live.part import CLOSED, CONTINUED
from sonofuse.live.part_file import PartFile, RecordingError
from sonofuse.live.record import Record


class Recording:
    """A recording, by the path of any of its parts; the others are looked for beside it. `sought` is a head of its
    chain that was kept elsewhere; `chain.met` says whether it came.

    Raises:
        RecordingError: if the file cannot be read, is not a recording, or nothing of it is whole.
    """

    def __init__(self, path: Path, sought: bytes = b"") -> None:
        given = PartFile(path)
        given.close()
        if given.head is None:
            raise RecordingError(path, "was cut off before its beginning was whole: there is nothing in it")
        self.path, self._sought = path, sought
        self.notes: list[str] = []
        """What is worth knowing and no fault, as far as it has been read."""
        self.chain = Chain()
        """Messages so far, and what stands for them."""
        self.ended = False
        """It was closed, as far as it has been read: not killed, not cut."""
        self._parts = self._beside(given.head)

    @property
    def head(self) -> Head:
        """The beginning of the first part that is here."""
        return self._parts[0][1]

    @property
    def about(self) -> About:
        """What a replay needs."""
        return self.head.about

    @property
    def files(self) -> list[Path]:
        """Its parts."""
        return [path for path, _ in self._parts]

    def records(self) -> Iterator[Record]:
        """Every record, each only after the chain has vouched for it.

        Raises:
            RecordingError: if something is damaged or was altered, removed, added or moved; what came before is good.
        """
        self.notes, self.ended = [], False
        self.chain = Chain(self.head.count, self.head.head, self._sought)
        last = ""
        for number, (path, head) in enumerate(self._parts):
            # A part goes on where the disk was sure of the one before, which may hold more.
            limit = min((later.count for _, later in self._parts[number + 1 :]), default=None)
            if limit is not None and limit <= head.count:
                continue
            if (head.count, head.head) != (self.chain.count, self.chain.head):
                text = f"does not go on where {last} ends: a part is missing, or was exchanged or altered"
                raise RecordingError(path, text, altered=True)
            part = PartFile(path)
            try:
                for batch in part.batches(self.chain, limit):
                    yield from batch
            finally:
                part.close()
            last = path.name
            if limit is None:
                self._note_end(part)

    def _note_end(self, part: PartFile) -> None:
        self.ended = part.end == CLOSED
        if part.end == CONTINUED:
            self.notes.append("it goes on in a part that is not here")
        elif not self.ended:
            torn = f"; a batch of {part.torn_bytes} bytes was not whole" if part.torn_bytes else ""
            self.notes.append(f"it was not closed: the monitor was killed, or power failed{torn}")
        if part.loose:
            self.notes.append(f"{part.loose} messages at its end are left out: the chain does not vouch for them")

    def _beside(self, given: Head) -> list[tuple[Path, Head]]:
        stem = self.path.stem
        if given.part > 1:
            stem = stem.removesuffix(f"-{given.part}")
        numbered = re.compile(re.escape(stem) + r"(-\d+)?\.mcap")
        found: dict[int, tuple[Path, Head]] = {given.part: (self.path, given)}
        for path in sorted(self.path.parent.iterdir()):
            if path == self.path or not numbered.fullmatch(path.name):
                continue
            part = PartFile(path)
            part.close()
            if part.head is not None and part.head.recording == given.recording:
                found.setdefault(part.head.part, (path, part.head))
        return [found[number] for number in sorted(found)]
