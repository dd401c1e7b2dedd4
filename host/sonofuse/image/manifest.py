"""The manifest of a set, as `firmware/manifest.py` reads it: written here, and read back from a device."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

NAME = "manifest.txt"
LOADER = "main.py"
_FORMAT = "sonofuse 1"


class ManifestError(ValueError):
    """A manifest that is damaged, or is none."""


@dataclass(frozen=True)
class Entry:
    """A file: its SHA-256 in hex and its length in bytes; the loader's without its last line."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """What a set is made of, and from what it was built.

    `commit` is "" if it is not known; `pins` are those of the service jumper and of the two permits; `mpy` is the
    format of the compiled files; `interpreter` is None if the set was built for any.
    """

    version: str
    commit: str
    board: str
    mcu: str
    pins: tuple[int, int, int]
    mpy: str
    files: Mapping[str, Entry]
    interpreter: Entry | None = None


def entry(data: bytes) -> Entry:
    return Entry(hashlib.sha256(data).hexdigest(), len(data))


def switch(folder: str | None, service: int) -> bytes:
    """The last line of the loader: the folder of the set that runs and the pin of the service jumper."""
    return f"begin({folder!r}, {service})\n".encode()


def without_switch(loader: bytes) -> bytes:
    """A loader without its last line, whose digest does not depend on the set that runs.

    Raises:
        ValueError: if the last line is no call of begin.
    """
    head, found, tail = loader.rpartition(b"\nbegin(")
    if not found or not tail.endswith(b")\n") or tail.count(b"\n") != 1:
        raise ValueError(f"{LOADER}: the last line has to be a call of begin")
    return head + b"\n"


def write(manifest: Manifest) -> bytes:
    """The bytes of a manifest; the last line is the SHA-256 of all lines before."""
    lines = [_FORMAT]
    for key, value in (
        ("version", manifest.version),
        ("commit", manifest.commit),
        ("board", manifest.board),
        ("mcu", manifest.mcu),
        ("pins", " ".join(str(pin) for pin in manifest.pins)),
        ("mpy", manifest.mpy),
    ):
        lines.append(f"{key} {value}")
    if manifest.interpreter is not None:
        lines.append(f"interpreter {manifest.interpreter.sha256} {manifest.interpreter.size}")
    lines += [f"file {item.sha256} {item.size} {name}" for name, item in manifest.files.items()]
    body = ("\n".join(lines) + "\n").encode()
    return body + f"end {hashlib.sha256(body).hexdigest()}\n".encode()


def read(data: bytes) -> Manifest:
    """A manifest from its bytes.

    Raises:
        ManifestError: if they are damaged, or no manifest of this version.
    """
    body, found, end = data.rpartition(b"\nend ")
    body += b"\n"
    if not found or end != hashlib.sha256(body).hexdigest().encode() + b"\n":
        raise ManifestError("is damaged: its last line is not the SHA-256 of the lines before")
    first, *lines = body.decode().splitlines()
    if first != _FORMAT:
        raise ManifestError(f"is of another version ({first!r}, this is {_FORMAT!r})")
    values: dict[str, str] = {}
    files: dict[str, Entry] = {}
    interpreter: Entry | None = None
    try:
        for line in lines:
            key, _, rest = line.partition(" ")
            if key == "file":
                sha256, size, name = rest.split(" ", 2)
                files[name] = Entry(sha256, int(size))
            elif key == "interpreter":
                sha256, size = rest.split(" ")
                interpreter = Entry(sha256, int(size))
            else:
                values[key] = rest
        service, permit, second = (int(pin) for pin in values.pop("pins").split())
        return Manifest(**values, pins=(service, permit, second), files=files, interpreter=interpreter)
    except (KeyError, TypeError, ValueError) as problem:
        raise ManifestError(f"cannot be read ({problem})") from problem
