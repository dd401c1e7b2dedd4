"""MicroPython's os: the part that the firmware uses."""

from collections.abc import Iterator

def ilistdir(folder: str, /) -> Iterator[tuple[str, int, int, int]]: ...  # name, kind, inode, bytes
def stat(path: str, /) -> tuple[int, ...]: ...
def urandom(n: int, /) -> bytes: ...
