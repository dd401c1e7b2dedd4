"""Small programs on the emulated chip, for facts about it that only MicroPython itself can show."""

from pathlib import Path

from sonofuse_hil.platforms.rp2040 import filesystem
from sonofuse_hil.platforms.rp2040.chip import Chip


def chip_with(image: Path, source: str, **files: bytes) -> Chip:
    """A chip that runs `source` as its main.py."""
    return Chip(image, filesystem.build({"main.py": source.encode(), **files}))
