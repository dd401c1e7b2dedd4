"""Boards on the emulated chip that `sonofuse flash` is let loose on, through a pseudo-terminal, as its own process."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from littlefs import LittleFS, UserContext

from sonofuse.cli import main
from sonofuse.image import manifest
from sonofuse.image.build import LIMITS
from sonofuse.image.image import Image, read
from sonofuse.image.manifest import LOADER
from sonofuse.image.plan import running
from sonofuse.link import Decoder, Frame, Telemetry
from sonofuse_hil.platforms.rp2040 import filesystem
from sonofuse_hil.platforms.rp2040.chip import Chip
from sonofuse_hil.platforms.rp2040.console import Console
from sonofuse_hil.platforms.rp2040.flash import STORAGE_AT, STORAGE_BYTES

SERVICE_PIN = 14
BOOT_US = 2_000_000
BLANK = b"\xff" * STORAGE_BYTES


@dataclass
class Board:
    """A chip at its prompt, its service jumper closed; `storage` is what its file system holds at power-up."""

    uf2: Path
    storage: bytes = BLANK
    service: bool = True
    chip: Chip = field(init=False)
    console: Console = field(init=False)

    def __post_init__(self) -> None:
        self.chip = Chip(self.uf2, self.storage)
        self.chip.flash.instant = True
        self.chip.drive(SERVICE_PIN, not self.service)
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


def sonofuse(*arguments: str | Path) -> Path:
    """Run the command line in this process; the last argument, which is a folder."""
    assert main([str(argument) for argument in arguments]) == 0
    return Path(arguments[-1])


def boot(uf2: Path, storage: bytes, flip: int | None = None) -> tuple[int, int]:
    """Switch a device on with its service jumper open: state and cause of its first telemetry.

    Args:
        flip: a byte of the interpreter to damage.

    Raises:
        TimeoutError: if it says nothing for two simulated seconds.
    """
    chip = Chip(uf2, storage)
    if flip is not None:
        chip.mcu.flash[flip] ^= 1
    chip.flash.instant = True
    chip.drive(SERVICE_PIN, 1)
    decoder = Decoder()
    frames: list[Frame] = []
    chip.uart.sent = lambda byte: frames.extend(decoder.feed(bytes([byte])))
    while not frames:
        if chip.now_us > BOOT_US:
            raise TimeoutError("no telemetry")
        chip.run_until(chip.now_us + 1_000)
    first = frames[0]
    assert isinstance(first, Telemetry)
    return first.state, first.cause


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


def small(folder: Path, target: Path) -> Path:
    """The image in a folder again, without its large modules."""
    image = read(folder)
    kept = {name: data for name, data in image.files.items() if len(data) < 1000 or name == LIMITS}
    entries = {name: manifest.entry(data) for name, data in {**kept, LOADER: image.loader}.items()}
    made = manifest.write(replace(image.manifest, files=entries))
    target.mkdir()
    for name, data in {**kept, LOADER: image.loader_for(None), manifest.NAME: made}.items():
        (target / name).write_bytes(data)
    return target


def installed(image: Image) -> bytes:
    """The file system of a device with this image, as the rig makes it."""
    return filesystem.build(image.on_device())
