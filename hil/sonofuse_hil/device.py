"""The files of a device in a folder, as they would lie in its flash: firmware, board, limit set."""

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sonofuse.board import BOARDS
from sonofuse.console import package_version
from sonofuse.image import latch, manifest
from sonofuse.layout import FIRMWARE
from sonofuse.twin import plain_twin

Transform = Callable[[str, str], str]  # file name, source -> source

NATIVE = not (sys.platform == "darwin" and platform.machine() == "arm64")
"""Whether the VM runs native code; on Apple Silicon its decorators are a SyntaxError, and the plain twin runs."""

_VM = Path(__file__).parent / "platforms" / "vm"
_CHIP = _VM / "chip.py"  # instead of the firmware's: there is no chip here
KEY = bytes(range(32))
"""The key of every device in the rig."""
FILES = tuple(sorted(path.name for path in FIRMWARE.glob("*.py") if path.name != "__init__.py"))


def source(name: str) -> Path:
    """Where the source of a firmware file lies that the software tier runs: all but one are the chip's own."""
    return _CHIP if name == _CHIP.name else FIRMWARE / name


def mistake(file: str, old: str, new: str, occurrences: int = 1) -> Transform:
    """Firmware in which a text of one file is replaced by another.

    Raises:
        ValueError: if the firmware has no such file; when it is installed, if the text is not there exactly so often.
    """
    if file not in FILES:
        raise ValueError(f"{file} is no file of the firmware")

    def transform(name: str, source: str) -> str:
        if name != file:
            return source
        if source.count(old) != occurrences:
            raise ValueError(
                f"{file}: {old!r} is there {source.count(old)} times, not {occurrences}: adapt this mistake"
            )
        return source.replace(old, new)

    return transform


def both(first: Transform, second: Transform) -> Transform:
    """One after the other."""
    return lambda name, source: second(name, first(name, source))


def install(
    folder: Path, limits: bytes | None, board: str | Path = "rev_a", transform: Transform | None = None
) -> None:
    """Write a device's files into `folder`; `limits` None leaves the limit set out.

    The set lies flat, with its loader and the record of the latch's blocks, which are all that the rig's flash holds.

    Args:
        transform: rewrites sources on the way, for instrumented firmware and mutants.
    """
    for name in FILES:
        path = source(name)
        if transform is None and NATIVE:
            shutil.copyfile(path, folder / name)
            continue
        text = path.read_text(encoding="utf-8")
        if transform is not None:
            text = transform(name, text)
        (folder / name).write_text(text if NATIVE else plain_twin(text), encoding="utf-8")
    path = Path(board)
    shutil.copyfile(path if path.suffix == ".py" else BOARDS / f"{board}.py", folder / "board.py")
    if limits is not None:
        (folder / "limits.bin").write_bytes(limits)
    for name in latch.FILES:
        (folder / name).write_bytes(latch.BLANK)
    (folder / latch.RECORD).write_bytes(latch.record(range(len(latch.FILES))))
    seal(folder)
    (folder / "key.bin").write_bytes(KEY)


def vm_modules() -> Path:
    """Where the VM finds what stands in for the chip's own modules, or their plain twins."""
    return _VM if NATIVE else Path(_plain_modules().name)


@cache
def _plain_modules() -> "tempfile.TemporaryDirectory[str]":
    folder = tempfile.TemporaryDirectory(prefix="sonofuse-vm-")
    for path in _VM.glob("*.py"):
        (Path(folder.name) / path.name).write_text(plain_twin(path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def seal(folder: Path) -> None:
    """Write the manifest of the files that lie in `folder` now."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in (".py", ".bin")}
    files[manifest.LOADER] = manifest.without_switch(files[manifest.LOADER])
    entries = {name: manifest.entry(data) for name, data in files.items()}
    made = manifest.Manifest(package_version(), "", "", "", (-1, -1, -1), "", entries)
    (folder / manifest.NAME).write_bytes(manifest.write(made))
