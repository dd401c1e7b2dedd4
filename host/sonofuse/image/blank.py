"""A board without MicroPython: the drive that its boot ROM shows, and an interpreter copied onto it."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError
from sonofuse.image import manifest, uf2
from sonofuse.image.image import Image

_MARK = "INFO_UF2.TXT"
_IDS = {"rp2040": "RPI-RP2"}  # Board-ID in that file, by chip
_MEDIA = ("/media/*/*", "/media/*", "/run/media/*/*", "/Volumes/*", "/mnt/*")
HOW = (
    "hold BOOTSEL while plugging the board in, so that its drive RPI-RP2 appears, and give --uf2 FILE with an official "
    "MicroPython (RPI_PICO, micropython.org/download)"
)


def drives(mcu: str, given: Path | None = None) -> list[Path]:
    """The mounted drives of boards in their boot ROM, or the given folder if it is one."""
    found = [given] if given is not None else [path for root in _MEDIA for path in _matches(root)]
    return [path for path in found if _board_id(path) == _IDS[mcu]]


def install(path: Path, image: Image, given: Path | None = None) -> tuple[Path, str]:
    """Copy an interpreter onto the drive of a blank board; the drive, and the interpreter's version.

    Raises:
        CommandError: if the file or the drive cannot be used, or the image was built for another interpreter.
    """
    try:
        interpreter = uf2.read(path)
    except uf2.Uf2Error as error:
        raise CommandError(BAD_INPUT, str(error)) from error
    mcu, wanted = image.manifest.mcu, image.manifest.interpreter
    if interpreter.mcu != mcu:
        raise CommandError(BAD_INPUT, f"{path}: is for an {interpreter.mcu}, the image for an {mcu}")
    if wanted is not None and manifest.entry(interpreter.data) != wanted:
        raise CommandError(BAD_INPUT, f"{path}: is not the interpreter that the image was built for")
    found = drives(mcu, given)
    if len(found) != 1:
        where = f"{given}: no drive" if given is not None else f"{len(found)} drives"
        raise CommandError(ENVIRONMENT, f"{where} of a blank board found, not one: {HOW}, or name it with --drive")
    try:
        with (found[0] / path.name).open("wb") as file:
            file.write(path.read_bytes())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CommandError(ENVIRONMENT, f"{found[0]}: cannot be written ({error.strerror})") from error
    return found[0], uf2.dotted(interpreter.version)


def wait_until_gone(drive: Path, patience_s: float = 30.0) -> bool:
    """Whether the drive went away, as it does when the board has taken over what was copied and starts it."""
    until_s = time.monotonic() + patience_s
    while (drive / _MARK).exists():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.2)
    return True


def _matches(pattern: str) -> Iterable[Path]:
    root = Path("/")
    return sorted(root.glob(pattern.lstrip("/")))


def _board_id(drive: Path) -> str:
    try:
        lines = (drive / _MARK).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("Board-ID:")), "")
