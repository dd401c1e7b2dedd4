"""Opens a device on the emulated chip: finds the image, builds the files, and says clearly what is missing."""

from dataclasses import dataclass
from pathlib import Path

from sonofuse.image import uf2
from sonofuse.image.build import build_image
from sonofuse.limits import SHIPPED

from ...device import KEY
from ..platform import Device
from ..process import RigError
from . import image
from .platform import Rp2040Platform


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
        path = self.image()
        built = build_image(
            SHIPPED, device.board, packed=device.limits, transform=device.transform, interpreter=uf2.read(path)
        )
        files = built.on_device() | {"/key.bin": KEY}
        return Rp2040Platform(files, device.bench, device.flash, path)

    def image(self) -> Path:
        """The interpreter's image.

        Raises:
            RigError: if there is none, or the file is no MicroPython for the RP2040.
        """
        path = self.uf2 or image.find()
        if path is None:
            raise RigError(f"no interpreter for the emulated chip: {image.HOW}")
        try:
            uf2.read(path)
        except uf2.Uf2Error as error:
            raise RigError(f"{error}; {image.HOW}") from error
        return path
