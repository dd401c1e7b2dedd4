"""What a recording says of itself: all that a replay needs beside the messages. Never the key."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sonofuse.board import BoardError, load_board
from sonofuse.console import package_version
from sonofuse.limits.model import LimitsFile
from sonofuse.limits.problems import LimitsError
from sonofuse.limits.read import load

METADATA = "sonofuse"  # the name of the file's metadata record
FORMAT = "1"
LIMITS, LIMIT_SET, BOARD = "limits.toml", "limits.bin", "board.py"
ANY = "any"  # in About.keys: a key for whichever device is there
MEDIA_TYPES = {LIMITS: "application/toml", LIMIT_SET: "application/octet-stream", BOARD: "text/x-python"}


class AboutError(ValueError):
    """What a recording says of itself cannot be used; the text says why."""


@dataclass(frozen=True)
class About:
    """`limits` and `board` are the texts of the files in force, `limit_set` the compiled limits that device and host
    compared with; `device` names the device, `version` is that of sonofuse. `keys` names the devices that the host had
    a key for, by the number of their chip or ANY, because without one it sends no commands; the keys are not here."""

    device: str
    limits: str
    limit_set: bytes
    board: str
    version: str
    keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, device: str, limits: LimitsFile, limit_set: bytes, keys: Iterable[str] = ()) -> "About":
        """From limits that were read from a file just now.

        Raises:
            OSError: if its file or the board's has gone.
        """
        texts = [Path(file).read_bytes().decode() for file in (limits.file, limits.board.file)]
        return cls(device, texts[0], limit_set, texts[1], package_version(), tuple(keys))

    def limits_file(self) -> LimitsFile:
        """The limits, read again from what is kept here.

        Raises:
            AboutError: if this version cannot read them.
        """
        with tempfile.TemporaryDirectory(prefix="sonofuse-") as folder:
            limits, board = Path(folder) / LIMITS, Path(folder) / BOARD
            limits.write_bytes(self.limits.encode())
            board.write_bytes(self.board.encode())
            try:
                return load(limits, load_board(board))
            except (BoardError, LimitsError) as error:
                first = str(error).splitlines()[0].replace(f"{folder}/", "")
                raise AboutError(f"its limits cannot be read by this version: {first}") from error


@dataclass(frozen=True)
class Head:
    """The beginning of one part of a recording (there is one part, unless it grew long or a disk failed).

    `recording` is the same in all its parts, `part` counts from 1. `epoch_ns` + t_ns is the UTC time of a message. The
    part goes on after `count` messages with the chain's `head`.
    """

    about: About
    recording: str
    part: int
    started: str
    epoch_ns: int
    count: int
    head: bytes

    def files(self) -> dict[str, bytes]:
        """What is attached to the part, by name."""
        about = self.about
        return {LIMITS: about.limits.encode(), LIMIT_SET: about.limit_set, BOARD: about.board.encode()}

    def metadata(self) -> dict[str, str]:
        """All the rest as text, with the SHA-256 of what is attached."""
        return {
            "format": FORMAT,
            "version": self.about.version,
            "device": self.about.device,
            "keys": " ".join(self.about.keys),
            "recording": self.recording,
            "part": str(self.part),
            "started": self.started,
            "epoch_ns": str(self.epoch_ns),
            "count": str(self.count),
            "head": self.head.hex(),
            **{f"sha256 {name}": hashlib.sha256(data).hexdigest() for name, data in self.files().items()},
        }

    def hashed(self) -> bytes:
        """What enters the chain at the beginning of the part."""
        return json.dumps(self.metadata(), sort_keys=True).encode()


def read_head(metadata: Mapping[str, str], files: Mapping[str, bytes]) -> Head:
    """The beginning of a part, from its metadata and what is attached.

    Raises:
        AboutError: if something is missing or was altered, or a newer version wrote it.
    """
    if metadata.get("format") != FORMAT:
        raise AboutError(f"format {metadata.get('format')!r} is of another version of sonofuse: install that one")
    for name in MEDIA_TYPES:
        if name not in files:
            raise AboutError(f"{name} is missing in it")
        if hashlib.sha256(files[name]).hexdigest() != metadata.get(f"sha256 {name}"):
            raise AboutError(f"{name} in it was altered")
    try:
        limits, board = files[LIMITS].decode(), files[BOARD].decode()
        keys = tuple(metadata["keys"].split())
        about = About(metadata["device"], limits, files[LIMIT_SET], board, metadata["version"], keys)
        number = {name: int(metadata[name]) for name in ("part", "epoch_ns", "count")}
        return Head(
            about, metadata["recording"], number["part"], metadata["started"], number["epoch_ns"], number["count"],
            bytes.fromhex(metadata["head"]),
        )  # fmt: skip
    except (KeyError, ValueError) as error:
        raise AboutError(f"what it says of itself is damaged ({error})") from error
