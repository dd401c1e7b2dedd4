"""The files of a device in a folder, as they would lie in its flash: firmware, board, limit set."""

import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from sonofuse.board import BOARDS
from sonofuse.layout import FIRMWARE
from sonofuse.twin import plain_twin

Transform = Callable[[str, str], str]  # file name, source -> source

NATIVE = not (sys.platform == "darwin" and platform.machine() == "arm64")
"""Whether the VM runs native code; on Apple Silicon its decorators are a SyntaxError, and the plain twin runs."""

FILES = tuple(sorted(path.name for path in FIRMWARE.glob("*.py") if path.name != "__init__.py"))


def install(
    folder: Path, limits: bytes | None, board: str | Path = "rev_a", transform: Transform | None = None
) -> None:
    """Write a device's files into `folder`; `limits` None leaves the limit set out.

    Args:
        transform: rewrites sources on the way, for instrumented firmware and mutants.
    """
    for name in FILES:
        if transform is None and NATIVE:
            shutil.copyfile(FIRMWARE / name, folder / name)
            continue
        source = (FIRMWARE / name).read_text(encoding="utf-8")
        if transform is not None:
            source = transform(name, source)
        (folder / name).write_text(source if NATIVE else plain_twin(source), encoding="utf-8")
    path = Path(board)
    shutil.copyfile(path if path.suffix == ".py" else BOARDS / f"{board}.py", folder / "board.py")
    if limits is not None:
        (folder / "limits.bin").write_bytes(limits)
