"""Whether an image suits a board: chip, interpreter, and what is installed there already."""

from collections.abc import Mapping
from typing import Any

from sonofuse.console import BAD_INPUT, NOT_AS_EXPECTED, CommandError
from sonofuse.image import manifest
from sonofuse.image.image import Image
from sonofuse.image.target import Target
from sonofuse.image.uf2 import OLDEST, dotted

_ARCHITECTURES = {"rp2040": 4}
"""MicroPython's number of the architecture that each chip loads (py/persistentcode.h)."""


def suitable(seen: Mapping[str, Any], image: Image) -> None:
    """The chip and the interpreter are what the image was compiled for.

    Args:
        seen: what `identify` of on_device.py says.

    Raises:
        CommandError: if not.
    """
    mcu = image.manifest.mcu
    if seen["name"] != "micropython":
        raise CommandError(BAD_INPUT, f"the board runs {seen['name']}, not MicroPython: install it with --uf2 FILE")
    if str(seen["machine"]).rpartition(" with ")[2].lower() != mcu:
        raise CommandError(BAD_INPUT, f"the board is a {seen['machine']}; the image is for an {mcu}")
    version = tuple(int(part) for part in seen["version"])
    if version[:2] < OLDEST:
        text = f"MicroPython {dotted(version)} on the board is too old, {dotted(OLDEST)} is needed"
        raise CommandError(BAD_INPUT, f"{text}: install it with --uf2 FILE")
    accepted = int(seen["mpy"])
    major, _, minor = image.manifest.mpy.partition(".")
    native = not minor or (accepted >> 8 & 3, accepted >> 10) == (int(minor), _ARCHITECTURES[mcu])
    if accepted & 0xFF != int(major) or not native:
        text = f"the board's MicroPython {dotted(version)} does not load .mpy files of version {image.manifest.mpy}"
        raise CommandError(BAD_INPUT, f"{text}: build the image with the mpy-cross of that MicroPython")


def at_rest(seen: Mapping[str, Any]) -> None:
    """No permit is given, and nothing starts before the loader.

    Args:
        seen: what `look` of on_device.py says.

    Raises:
        CommandError: if not.
    """
    if seen["high"]:
        raise CommandError(NOT_AS_EXPECTED, "the permit is not low: close the service jumper and reset the board")
    if "boot.py" in seen["files"]:
        raise CommandError(BAD_INPUT, "boot.py on the board would run before the loader: remove it first")


def same_board(target: Target, image: Image, folder: str | None, active: Mapping[str, str], loader: bytes) -> None:
    """What runs on the board is firmware for the same board, or nothing.

    Raises:
        CommandError: if it is something else.
    """
    if folder is None and loader:
        text = "the board holds another program (main.py): save it, then use --replace to write over it"
        raise CommandError(BAD_INPUT, text)
    if folder is None or manifest.NAME not in active:
        return
    try:
        installed = manifest.read(bytes.fromhex(target.ask("content", f"{folder}/{manifest.NAME}"))).board
    except manifest.ManifestError:
        return  # it refuses itself, so that nothing is lost
    if installed != image.manifest.board:
        text = f"the image is for the board {image.manifest.board}, what is installed is for {installed}"
        raise CommandError(BAD_INPUT, f"{text}: use --replace if this is another board now")


def same_interpreter(target: Target, image: Image) -> None:
    """The interpreter in the flash is the one that the image was built for, if it was built for one.

    Raises:
        CommandError: if not; the firmware would refuse to run.
    """
    wanted = image.manifest.interpreter
    if wanted is not None and target.ask("interpreter", wanted.size) != wanted.sha256:
        text = "the image was built for another MicroPython than the board's: install that one with --uf2 FILE"
        raise CommandError(BAD_INPUT, text)
