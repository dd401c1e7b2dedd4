"""The manifest of a set: every file in it by length and SHA-256, and the interpreter. Compared at every boot.

Lines of words: `file SHA-256 BYTES NAME` for each file, `interpreter SHA-256 BYTES` if the image was built for one,
others for people, and at the end `end SHA-256` of all lines before. docs/flashing.md says who writes it.
"""

import binascii
import hashlib
import os

from micropython import const

NAME = "manifest.txt"
FORMAT = "sonofuse 1"
_LOADER = "main.py"
_CHUNK = const(4096)
_MOST = const(256 * 1024)  # bytes in a set: hashed between two feeds of the watchdog
_DIRECTORY = const(0x4000)
_INTERPRETER_AT = const(0x10000000)  # flash as the processor reads it (RP2040 data sheet, 2.2)


def check(folder: "str | None", service: int, feed: "Feed") -> None:
    """Compare the set in `folder` (None: the current one, its loader among it) with its manifest.

    Args:
        service: the board's pin of the service jumper, which the loader has to name too.
        feed: called before the files, and before every 4 KiB of the interpreter.

    Raises:
        ValueError: one line that says what differs.
    """
    base = "" if folder is None else folder + "/"
    files: dict[str, tuple[str, int]] = {}
    for line in _lines(base + NAME):
        words = line.split(" ")
        if words[0] == "file":
            files[words[3]] = (words[1], int(words[2]))
        elif words[0] == "interpreter":
            _interpreter(words[1], int(words[2]), feed)
    if sum([files[name][1] for name in files]) > _MOST:
        raise ValueError("%s: too many bytes for one set" % (base + NAME))
    feed()
    sha, size = files.pop(_LOADER, ("", 0))
    if folder is None:
        _file(_LOADER, sha, size, b"begin(None, -1)\n")
    else:
        _file("/" + _LOADER, sha, size, b"begin(%r, %d)\n" % (folder, service))
    for name in files:
        _file(base + name, files[name][0], files[name][1], b"")
    _nothing_else(folder, files)


def _lines(path: str) -> list[str]:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        raise ValueError("%s: cannot be read; flash again" % path)
    at = data.rfind(b"end ")
    if data[at:] != b"end " + binascii.hexlify(hashlib.sha256(data[: max(at, 0)]).digest()) + b"\n":
        raise ValueError("%s: is damaged; flash again" % path)
    lines = data.decode().split("\n")
    if lines[0] != FORMAT:
        raise ValueError("%s: is of another version; flash again" % path)
    return lines


def _file(path: str, sha: str, size: int, tail: bytes) -> None:
    """`size` bytes with that SHA-256, then `tail`, then nothing."""
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_CHUNK))
    try:
        with open(path, "rb") as file:
            left = size
            while left:
                n = file.readinto(buffer[: min(left, _CHUNK)])
                if not n:
                    raise ValueError("%s: is too short; flash again" % path)
                digest.update(buffer[:n])
                left -= n
            rest = file.read(len(tail) + 1)
    except OSError:
        raise ValueError("%s: cannot be read; flash again" % path)
    if rest != tail or binascii.hexlify(digest.digest()) != sha.encode():
        raise ValueError("%s: differs from its manifest; flash again" % path)


def _interpreter(sha: str, size: int, feed: "Feed") -> None:
    from uctypes import bytearray_at

    digest = hashlib.sha256()
    for at in range(0, size, _CHUNK):
        feed()
        digest.update(bytearray_at(_INTERPRETER_AT + at, min(_CHUNK, size - at)))
    if binascii.hexlify(digest.digest()) != sha.encode():
        raise ValueError("the interpreter differs from the one in the manifest; install that MicroPython again")


def _nothing_else(folder: "str | None", files: "dict[str, tuple[str, int]]") -> None:
    """No file that an import could find, and none that runs before the loader."""
    for entry in os.ilistdir("." if folder is None else folder):
        name = entry[0]
        importable = entry[1] == _DIRECTORY or name.split(".")[-1] in ("py", "mpy")
        if importable and name not in files and not (folder is None and name == _LOADER):
            raise ValueError("%s: is not in the manifest; remove it" % name)
    if folder is not None:
        try:
            os.stat("/boot.py")
        except OSError:
            return
        raise ValueError("/boot.py: runs before the loader; remove it")
