"""Boards on the emulated chip that `sonofuse flash` is let loose on, through a pseudo-terminal, as its own process."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from littlefs import LittleFS, UserContext

from sonofuse.image.image import Image
from sonofuse.image.plan import running
from sonofuse_hil.platforms.rp2040 import filesystem
from sonofuse_hil.platforms.rp2040.chip import Chip
from sonofuse_hil.platforms.rp2040.console import Console
from sonofuse_hil.platforms.rp2040.flash import STORAGE_AT, STORAGE_BYTES

SERVICE_PIN = 14
BLANK = b"\xff" * STORAGE_BYTES


@dataclass
class Board:
    """A chip with its service jumper closed, at its prompt; `storage` is what its file system holds at power-up."""

    uf2: Path
    storage: bytes = BLANK
    chip: Chip = field(init=False)
    console: Console = field(init=False)

    def __post_init__(self) -> None:
        self.chip = Chip(self.uf2, self.storage)
        self.chip.flash.instant = True
        self.chip.drive(SERVICE_PIN, 0)
        self.console = Console(self.chip)
        self.console.boot()
        self.chip.flash.operations.clear()

    def stored(self) -> bytes:
        return bytes(self.chip.mcu.flash[STORAGE_AT : STORAGE_AT + STORAGE_BYTES])

    def files(self) -> dict[str, bytes]:
        return files(self.stored())

    def flash(self, *arguments: str | Path, going: Callable[[], bool] = lambda: True) -> "Ended":
        """Run `sonofuse flash` against it, and the chip as long as the command runs and `going()`."""
        command = [sys.executable, "-m", "sonofuse.cli", "flash", *map(str, arguments), "--port", self.console.port]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            self.console.serve(lambda: process.poll() is None and going())
            if process.poll() is None:
                self.console.unplug()
            out, err = process.communicate(timeout=120)
        assert "Traceback" not in out + err, err
        return Ended(process.returncode, out, err)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, object]:
        """The one JSON object on stdout."""
        found: dict[str, object] = json.loads(self.out)
        return found


def files(storage: bytes) -> dict[str, bytes]:
    """Every file of a file system by its path, without the slash at the front."""
    system = LittleFS(
        context=UserContext(buffer=bytearray(storage)),
        block_size=4096,
        block_count=len(storage) // 4096,
        prog_size=256,
        mount=False,  # it would format what it cannot mount
    )
    system.mount()
    found: dict[str, bytes] = {}
    for folder, _, names in system.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with system.open(path, "rb") as file:
                found[path[1:]] = file.read()
    return found


def runs(found: Mapping[str, bytes], *images: Image) -> int | None:
    """Which of the images the device's loader starts, whole and with nothing else beside it; None if none."""
    folder = running(found.get("main.py", b""))
    if folder is None:
        return None
    inside = {path[2:]: data for path, data in found.items() if path.startswith(f"{folder[1:]}/")}
    for number, image in enumerate(images):
        if inside == dict(image.files) and found["main.py"] == image.loader_for(folder):
            return number
    return None


def installed(image: Image) -> bytes:
    """The file system of a device with this image, as the rig makes it."""
    return filesystem.build(image.on_device())
