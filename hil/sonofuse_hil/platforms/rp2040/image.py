"""Where the interpreter image for the emulated chip comes from."""

import os
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sonofuse"
VARIABLE = "SONOFUSE_UF2"
HOW = (
    f"put an official MicroPython image for the RP2040 (v1.28, RPI_PICO, micropython.org/download) into {CACHE}, "
    f"set {VARIABLE}, or give --uf2 FILE"
)


def find() -> Path | None:
    """The image that is named by the environment, or the newest in the cache by name; None without one."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return next(iter(sorted(CACHE.glob("*.uf2"), key=lambda path: path.name, reverse=True)), None)
