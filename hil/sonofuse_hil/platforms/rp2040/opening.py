"""Opens a device on the emulated chip: finds the image, builds the files, and says clearly what is missing."""

from dataclasses import dataclass
from pathlib import Path

from sonofuse.image.build import device_files
from sonofuse.limits import SHIPPED

from ..platform import Device
from ..process import RigError
from . import image
from .platform import Rp2040Platform

_UF2_MAGIC = b"UF2\n"


@dataclass(frozen=True)
class Rp2040:
    """The tier "emulated chip"; `uf2` is the interpreter, None for the one that image.find() finds."""

    uf2: Path | None = None
    name: str = "rp2040"

    def open(self, device: Device) -> Rp2040Platform:
        """The device with its files in its file system.

        Raises:
            RigError: if there is no image, or it is none.
        """
        files = device_files(SHIPPED, device.board, packed=device.limits, transform=device.transform)
        return Rp2040Platform(files, device.bench, device.flash, self.image())

    def image(self) -> Path:
        """The interpreter's image.

        Raises:
            RigError: if there is none, or the file is no UF2.
        """
        path = self.uf2 or image.find()
        if path is None:
            raise RigError(f"no interpreter for the emulated chip: {image.HOW}")
        try:
            with path.open("rb") as file:
                head = file.read(len(_UF2_MAGIC))
        except OSError as problem:
            raise RigError(f"{path}: cannot be read ({problem.strerror}); {image.HOW}") from problem
        if head != _UF2_MAGIC:
            raise RigError(f"{path}: is not a UF2 image; {image.HOW}")
        return path
