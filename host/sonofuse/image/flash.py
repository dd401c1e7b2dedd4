"""Brings an image onto a board: the set that runs stays untouched until the new one is whole and has been read back.

The last step replaces the loader, whose last line names the set, by renaming a file, which littlefs does in one piece.
A board that is cut off at any moment therefore runs the old set or the new one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonofuse import keys
from sonofuse.console import NOT_AS_EXPECTED, CommandError
from sonofuse.image import device_key, latch, manifest
from sonofuse.image.image import Image
from sonofuse.image.manifest import LOADER
from sonofuse.image.plan import Plan, complete, other, plan, running, up_to_date
from sonofuse.image.suit import at_rest, same_board, same_interpreter, suitable
from sonofuse.image.target import Target

Progress = Callable[[str, int, int], None]  # what, bytes done, bytes in all
_NEW = "/main.new"
_NEW_RECORD = "/latch.new"


@dataclass(frozen=True)
class Done:
    """What a run of flash did, or would do; `bytes` went over the line."""

    port: str
    plan: Plan
    key: device_key.Todo
    bytes: int
    before: str | None

    @property
    def nothing(self) -> bool:
        return self.plan.nothing and self.key.nothing

    def as_json(self, image: Image) -> dict[str, Any]:
        return {
            "port": self.port,
            "board": image.manifest.board,
            "version": image.manifest.version,
            "commit": image.manifest.commit,
            "manifest_sha256": manifest.entry(image.files[manifest.NAME]).sha256,
            "ran_before": self.before,
            "folder": self.plan.folder,
            "written": list(self.plan.write),
            "copied": list(self.plan.copy),
            "removed": list(self.plan.remove),
            "latch_reserved": self.plan.reserve,
            "chip": self.key.chip.hex(),
            "key": self.key.what,
            "key_file": str(self.key.file),
            "key_made": self.key.make,
            "changed": not self.nothing,
            "bytes": self.bytes,
        }


def flash(
    target: Target,
    image: Image,
    *,
    replace: bool,
    key: Path | None,
    new_key: bool,
    dry_run: bool,
    progress: Progress,
) -> Done:
    """Bring the image and a key onto the board; writes nothing if the board has both already.

    Args:
        replace: also over firmware for another board, or over another program.
        key: the file that holds the key; None is where this computer keeps it, or makes one.
        new_key: also over another key.
        dry_run: only find out what would be written.

    Raises:
        CommandError: if the board does not suit the image, has another key, is gone, or does not hold what was written.
    """
    suitable(target.ask("identify"), image)
    seen = target.ask("look", image.manifest.pins[1:])
    at_rest(seen)
    loader = bytes.fromhex(seen["loader"])
    folder = running(loader)
    active: dict[str, str] = {} if folder is None else target.ask("digests", folder)
    if not replace:
        same_board(target, image, folder, active, loader)
    same_interpreter(target, image)
    inactive: dict[str, str] = {}
    if not up_to_date(image, loader, active):
        inactive = target.ask("digests", other(folder))
    todo = plan(image, loader, active, inactive, not _has_latch(target, seen))
    provision = device_key.plan(seen, key, new_key)
    size = sum(len(image.files[name]) for name in todo.write) + todo.switch * len(image.loader_for(todo.folder))
    size += keys.KEY_BYTES * provision.sends
    if not dry_run:
        progress("key", 0, size)
        device_key.carry_out(target, provision)
        _carry_out(target, image, todo, folder, size, progress)
    return Done(target.port, todo, provision, size, folder)


def _carry_out(target: Target, image: Image, todo: Plan, before: str | None, size: int, progress: Progress) -> None:
    if todo.reserve:
        progress("latch", 0, size)
        _reserve(target)
    done = 0
    if todo.switch:
        target.do("make", todo.folder)
    for name in todo.remove:
        target.do("remove", f"{todo.folder}/{name}")
    for name in todo.copy:
        progress(name, done, size)
        target.do("copy", f"{before}/{name}", f"{todo.folder}/{name}")
    for name in todo.write:
        progress(name, done, size)
        target.write(f"{todo.folder}/{name}", image.files[name])
        done += len(image.files[name])
    if not todo.switch:
        return
    progress("reading back", done, size)
    if not complete(image, target.ask("digests", todo.folder)):
        raise CommandError(NOT_AS_EXPECTED, f"{target.port}: the board does not hold what was written; run this again")
    loader = image.loader_for(todo.folder)
    target.write(_NEW, loader)
    _read_back(target, _NEW, loader)
    target.do("os.rename", _NEW, f"/{LOADER}")
    _read_back(target, f"/{LOADER}", loader)
    progress("done", size, size)


def _read_back(target: Target, path: str, data: bytes) -> None:
    if target.ask("digest", path) != manifest.entry(data).sha256:
        raise CommandError(NOT_AS_EXPECTED, f"{target.port}: {path} does not read back; run this again")


def _reserve(target: Target) -> None:
    """Give the latch its blocks; the record is renamed into place before they are erased, so that none is ever lost."""
    numbers = [int(number) for number in target.ask("reserve", latch.FILES)]
    target.write(_NEW_RECORD, latch.record(numbers))
    target.do("os.rename", _NEW_RECORD, f"/{latch.RECORD}")
    target.do("erase", numbers)


def _has_latch(target: Target, seen: Mapping[str, Any]) -> bool:
    """Whether the record is sound, and each reserved file still lies in the block that it names."""
    try:
        numbers = latch.blocks(bytes.fromhex(seen["record"]))
    except ValueError:
        return False
    if len(set(numbers)) != len(latch.FILES):
        return False
    return all(target.ask("same", f"/{name}", number) for name, number in zip(latch.FILES, numbers, strict=True))
