"""Puts a device's key onto it: written beside the one that is there, read back by its SHA-256, renamed into its place.

A board that is cut off at any moment therefore holds the old key, the new one, or as before none; without one nothing
can be started. What is on the board is compared by its SHA-256: no key is ever read back.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonofuse import keys
from sonofuse.console import BAD_INPUT, NOT_AS_EXPECTED, CommandError
from sonofuse.image.target import Target

_NAME = "key.bin"  # firmware/authority.py
_NEW = "key.new"
KEPT, WRITTEN, REPLACED = "kept", "written", "replaced"


@dataclass(frozen=True)
class Todo:
    """What brings a key onto a board. `what` is KEPT (it has it), WRITTEN or REPLACED; the key is in `file`, where it
    has to be made first if `make`. The key itself is not in here, so that nothing that shows this can show it."""

    what: str
    file: Path
    make: bool
    clear: tuple[str, ...]  # files that are no key, or of an attempt that was cut off
    chip: bytes

    @property
    def sends(self) -> bool:
        """Whether a key goes over the line."""
        return self.what != KEPT

    @property
    def nothing(self) -> bool:
        return not (self.sends or self.clear)


def plan(seen: Mapping[str, Any], given: Path | None, new_key: bool) -> Todo:
    """Find out what is to be done; nothing is written or made yet.

    Args:
        seen: what `look` of on_device.py says.
        given: the file with the key; None is where this computer keeps it.
        new_key: also in place of another one.

    Raises:
        CommandError: if the file holds no key, or the board has another one that is to stay.
    """
    chip, digest = bytes.fromhex(seen["chip"]), str(seen["key"])
    file = given or keys.place(chip)
    clear = tuple(name for name in (_NEW, *([] if digest else [_NAME])) if name in seen["files"])
    if given is None and not os.path.lexists(file):
        if digest and not new_key:
            text = f"the device {chip.hex()} has a key, and this computer none for it ({file} is missing)"
            raise CommandError(BAD_INPUT, f"{text}: copy that file from where it was flashed, or use --new-key")
        return Todo(REPLACED if digest else WRITTEN, file, True, clear, chip)
    if digest == hashlib.sha256(keys.read(file)).hexdigest():
        return Todo(KEPT, file, False, clear, chip)
    if digest and not new_key:
        text = f"the device {chip.hex()} has another key than {file}"
        raise CommandError(BAD_INPUT, f"{text}: name the right one with --key FILE, or replace it with --new-key")
    return Todo(REPLACED if digest else WRITTEN, file, False, clear, chip)


def carry_out(target: Target, todo: Todo) -> None:
    """Do it.

    Raises:
        CommandError: if a new key cannot be kept here, or the board is gone or does not hold what was written.
    """
    for name in todo.clear:
        target.do("remove", f"/{name}")
    if not todo.sends:
        return
    key = keys.make(todo.chip) if todo.make else keys.read(todo.file)
    target.write(f"/{_NEW}", key)
    if target.ask("digest", f"/{_NEW}") != hashlib.sha256(key).hexdigest():
        raise CommandError(NOT_AS_EXPECTED, f"{target.port}: the key does not read back; run this again")
    target.do("os.rename", f"/{_NEW}", f"/{_NAME}")
