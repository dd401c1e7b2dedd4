"""The key of a device as this computer keeps it: whoever has it may start (firmware/authority.py).

A text file of 64 hexadecimal digits that nobody else may read. No message of this module quotes what a file holds.
"""

import os
import re
import secrets
import stat
from pathlib import Path
from tempfile import NamedTemporaryFile

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError
from sonofuse.layout import Constants

KEY_BYTES = Constants("authority.py").KEY_BYTES
_DIGITS = 2 * KEY_BYTES
_LARGEST = 1024  # bytes: a larger file is none
_HEX = re.compile(rb"[0-9a-fA-F]*")
_OTHERS = 0o077


def place(chip: bytes) -> Path:
    """Where this computer keeps the key of the device with that chip number, whether there is one or not.

    Raises:
        CommandError: if there is no folder for it.
    """
    folder = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    if not folder.is_absolute():  # the XDG base directory specification: a relative one is ignored
        try:
            folder = Path.home() / ".config"
        except RuntimeError:
            text = "there is no home folder to keep keys in; set XDG_CONFIG_HOME, or give --key FILE"
            raise CommandError(ENVIRONMENT, text) from None
    return folder.joinpath("sonofuse", "keys", f"{chip.hex()}.key")


def find(chip: bytes, given: Path | None) -> bytes:
    """The key of a device: KEY_BYTES bytes, from the file that is given or from where this computer keeps it.

    Raises:
        CommandError: if there is none, or the file is not one that can be trusted; one line says why.
    """
    if given is not None:
        return read(given)
    kept = place(chip)
    if not os.path.lexists(kept):
        text = f"no key for the device {chip.hex()} ({kept} is missing); copy it from the computer that flashed the "
        raise CommandError(ENVIRONMENT, f"{text}device, or give --key FILE")
    return read(kept)


def kept() -> dict[str, bytes]:
    """The keys that this computer keeps, by the number of the device's chip in hexadecimal.

    Raises:
        CommandError: if one of them cannot be trusted.
    """
    return {path.stem: read(path) for path in sorted(place(b"").parent.glob("*.key"))}


def read(path: Path) -> bytes:
    """The key in a file.

    Raises:
        CommandError: if it cannot be read, may be read by others, or holds no key.
    """
    if re.fullmatch(f"[0-9a-fA-F]{{{_DIGITS}}}", path.name) and not os.path.lexists(path):
        raise CommandError(BAD_INPUT, "--key takes the name of a file, not the key; keep keys out of command lines")
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe must not make us wait
    except OSError as error:
        text = f"{path}: the key cannot be read ({error.strerror}); name a file with {_DIGITS} hexadecimal digits"
        raise CommandError(ENVIRONMENT, text) from None
    try:
        mode = os.fstat(opened).st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "no file"
            raise CommandError(BAD_INPUT, f"{path}: is {what}; name a file with {_DIGITS} hexadecimal digits")
        if mode & _OTHERS:
            text = f"{path}: others may read this key or change it (mode {stat.S_IMODE(mode):o}); chmod 600 it"
            raise CommandError(BAD_INPUT, f"{text}, or make a new one if somebody may have read it")
        held = os.read(opened, _LARGEST + 1).strip()
    except OSError as error:
        raise CommandError(ENVIRONMENT, f"{path}: the key cannot be read ({error.strerror})") from None
    finally:
        os.close(opened)
    if len(held) > _LARGEST or not _HEX.fullmatch(held):
        raise CommandError(BAD_INPUT, f"{path}: is no key; a key is {_DIGITS} hexadecimal digits and nothing else")
    if len(held) != _DIGITS:
        raise CommandError(BAD_INPUT, f"{path}: has {len(held)} hexadecimal digits; a key has {_DIGITS}")
    return bytes.fromhex(held.decode())


def make(chip: bytes) -> bytes:
    """Make a key for a device and keep it: it is on the disk when this returns, whole, or not at all.

    Raises:
        CommandError: if it cannot be written, or there is one already.
    """
    kept = place(chip)
    key = secrets.token_bytes(KEY_BYTES)
    try:
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=kept.parent, prefix=".new-") as file:  # O_EXCL, mode 0600
            file.write(key.hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, kept)  # never in place of another one
        folder = os.open(kept.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        text = f"{kept}: the new key cannot be written ({error.strerror}); make that folder writable"
        raise CommandError(ENVIRONMENT, f"{text}, or give --key FILE") from None
    return key
