"""A firmware image: one whole set of files with its manifest, and the loader that starts it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sonofuse.image import latch, manifest
from sonofuse.image.manifest import LOADER, Manifest, ManifestError, switch, without_switch

FOLDERS = ("/a", "/b")
"""The two sets of a device: one runs, the other one is written."""


@dataclass(frozen=True)
class Image:
    """`files` are those of the set, in the order of writing, the manifest last; `loader` is without its last line."""

    manifest: Manifest
    files: Mapping[str, bytes]
    loader: bytes

    def loader_for(self, folder: str | None) -> bytes:
        """The loader that starts the set in `folder`; None is the folder that the loader itself is in."""
        return self.loader + switch(folder, -1 if folder is None else self.manifest.pins[0])

    def flat(self) -> dict[str, bytes]:
        """The image as `sonofuse build` leaves it: all in one folder."""
        return {**self.files, LOADER: self.loader_for(None)}

    def on_device(self, folder: str = FOLDERS[0]) -> dict[str, bytes]:
        """The files of a fresh device by path; the loader comes last, because it starts what is there."""
        reserved = {name: latch.pattern(name) for name in latch.FILES}
        placed = {f"{folder[1:]}/{name}": data for name, data in self.files.items()}
        return {**reserved, **placed, LOADER: self.loader_for(folder)}


def read(folder: Path) -> Image:
    """An image that `sonofuse build` wrote.

    Raises:
        ManifestError: if the folder holds none, or a file of it differs from its manifest; one line says which.
    """
    path = folder / manifest.NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror}); make it with sonofuse build") from error
    try:
        made = manifest.read(data)
    except ManifestError as error:
        raise ManifestError(f"{path}: {error}; build it again") from error
    files: dict[str, bytes] = {}
    for name, expected in made.files.items():
        try:
            content = (folder / name).read_bytes()
            files[name] = without_switch(content) if name == LOADER else content
        except OSError as error:
            raise ManifestError(f"{folder / name}: cannot be read ({error.strerror}); build it again") from error
        except ValueError as error:
            raise ManifestError(f"{folder / name}: {error}; build it again") from error
        if manifest.entry(files[name]) != expected:
            raise ManifestError(f"{folder / name}: differs from its manifest; build it again")
    if LOADER not in files:
        raise ManifestError(f"{path}: names no {LOADER}; build it again")
    loader = files.pop(LOADER)
    return Image(made, {**files, manifest.NAME: data}, loader)
