"""What has to be written to a board, decided from what is there: nothing of it talks to a board."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sonofuse.image import manifest
from sonofuse.image.image import FOLDERS, Image

_SWITCH = re.compile(rb"\nbegin\('(/[ab])', \d+\)\n\Z")


@dataclass(frozen=True)
class Plan:
    """Into which folder, and what: sent over the line, copied from the set that runs, removed. In order."""

    folder: str
    write: tuple[str, ...]
    copy: tuple[str, ...]
    remove: tuple[str, ...]
    switch: bool
    reserve: bool

    @property
    def nothing(self) -> bool:
        return not (self.write or self.copy or self.remove or self.switch or self.reserve)


def running(loader: bytes) -> str | None:
    """The folder of the set that a loader starts; None if it is no loader of ours."""
    found = _SWITCH.search(loader)
    return found[1].decode() if found else None


def complete(image: Image, digests: Mapping[str, str]) -> bool:
    """Whether a folder holds exactly the image's set."""
    return dict(digests) == {name: manifest.entry(data).sha256 for name, data in image.files.items()}


def up_to_date(image: Image, loader: bytes, active: Mapping[str, str]) -> bool:
    """Whether a board runs the image already."""
    folder = running(loader)
    return folder is not None and loader == image.loader_for(folder) and complete(image, active)


def other(folder: str | None) -> str:
    """The folder that is written while the set in `folder` runs."""
    return FOLDERS[1] if folder == FOLDERS[0] else FOLDERS[0]


def plan(image: Image, loader: bytes, active: Mapping[str, str], inactive: Mapping[str, str], reserve: bool) -> Plan:
    """What brings the image onto a board.

    Args:
        loader: main.py as it is on the board, b"" if there is none.
        active, inactive: the SHA-256 of each file in the set that the loader starts, and in the other one; "" for what
            is a folder there.
        reserve: the latch has no blocks of its own yet.
    """
    folder = running(loader)
    if folder is not None and up_to_date(image, loader, active):
        return Plan(folder, (), (), (), False, reserve)
    wanted = {name: manifest.entry(data).sha256 for name, data in image.files.items()}
    changed = [name for name, sha256 in wanted.items() if inactive.get(name) != sha256]
    copy = tuple(name for name in changed if active.get(name) == wanted[name])
    return Plan(
        folder=other(folder),
        write=tuple(name for name in changed if name not in copy),
        copy=copy,
        remove=tuple(name for name, sha256 in inactive.items() if name not in wanted or not sha256),
        switch=True,
        reserve=reserve,
    )
