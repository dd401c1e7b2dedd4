"""Runs on the board: sent over its raw REPL by target.py. Says what is there, and writes files.

Nothing here decides anything; the host does. Ctrl-C ends every wait, so that a run that was broken off does not leave a
board that hears nothing.
"""

import binascii
import hashlib
import json
import os
import sys

_LEVELS = 0xD0000004  # SIO GPIO_IN (RP2040 data sheet, 2.3.1.7)
_SAMPLES = 400  # some milliseconds: a permit has an edge every 50 us
_DIRECTORY = 0x4000
_BLOCK = 4096
_KEY_BYTES = 32


def say(answer):
    print(json.dumps(answer))


def identify():
    """Interpreter and chip; on any board, whatever it is."""
    it = sys.implementation
    chip = getattr(it, "_machine", sys.platform)
    say({"name": it[0], "version": list(it[1][:3]), "machine": chip, "mpy": getattr(it, "_mpy", 0)})


def look(pins):
    """The root's files, the loader, the latch's record, how often one of `pins` was high; the number of the chip as the
    firmware says it, and the SHA-256 of its key."""
    from machine import mem32, unique_id

    files = [entry[0] for entry in os.ilistdir("/")]
    mask = 0
    for pin in pins:
        mask |= 1 << pin
    say(
        {
            "files": files,
            "loader": _content("/main.py") if "main.py" in files else "",
            "record": _content("/latch.txt") if "latch.txt" in files else "",
            "high": sum([1 for _ in range(_SAMPLES) if mem32[_LEVELS] & mask]),
            "chip": binascii.hexlify((unique_id() + bytes(8))[:8]).decode(),
            "key": _key() if "key.bin" in files else "",
        }
    )


def _key():
    """Its SHA-256, "" for what the firmware takes for no key; the key itself is never said."""
    return _digest("/key.bin") if os.stat("/key.bin")[6] == _KEY_BYTES else ""


def content(path):
    """A small file in hex."""
    say(_content(path))


def _content(path):
    with open(path, "rb") as file:
        return binascii.hexlify(file.read()).decode()


def digest(path):
    """The SHA-256 of a file."""
    say(_digest(path))


def _digest(path):
    made = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            data = file.read(_BLOCK)
            if not data:
                return binascii.hexlify(made.digest()).decode()
            made.update(data)


def digests(folder):
    """The SHA-256 of every file in a folder, by name; "" for a folder in it."""
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        entries = []
    say({e[0]: "" if e[1] == _DIRECTORY else _digest(folder + "/" + e[0]) for e in entries})


def interpreter(size):
    """The SHA-256 of so many bytes of the interpreter, in the flash itself."""
    from uctypes import bytearray_at

    made = hashlib.sha256()
    for at in range(0, size, _BLOCK):
        made.update(bytearray_at(0x10000000 + at, min(_BLOCK, size - at)))
    say(binascii.hexlify(made.digest()).decode())


def make(folder):
    try:
        os.mkdir(folder)
    except OSError as problem:
        if problem.errno != 17:  # it is there already
            raise


def receive(path, size):
    """Write a file from the next `size` bytes on the line, in which 0x1b stands before a substitute for it and 0x03."""
    data = sys.stdin.buffer.read(size).replace(b"\x1b1", b"\x03").replace(b"\x1b0", b"\x1b")
    with open(path, "wb") as file:
        file.write(data)


def copy(source, target):
    with open(source, "rb") as file:
        data = file.read()
    with open(target, "wb") as file:
        file.write(data)


def remove(path):
    if os.stat(path)[0] == _DIRECTORY:
        for entry in list(os.ilistdir(path)):
            remove(path + "/" + entry[0])
        os.rmdir(path)
    else:
        os.remove(path)


def same(path, number):
    """Whether the file is one block, and that one."""
    import rp2

    raw = bytearray(_BLOCK)
    rp2.Flash().readblocks(number, raw, 0)
    try:
        with open(path, "rb") as file:
            say(file.read() == raw)
    except OSError:
        say(False)


def reserve(names):
    """A fresh file of one block for each name; the numbers of their blocks."""
    say([_reserve(name) for name in names])


def _reserve(name):
    attempt = 0
    while True:
        data = _pattern("sonofuse " + name + (" " + str(attempt) if attempt else ""))
        if not _blocks_with(data):  # what an attempt that was broken off left in the flash would be found too
            break
        attempt += 1
    with open("/" + name, "wb") as file:
        file.write(data)
    found = _blocks_with(data)
    if len(found) != 1:
        raise OSError("%s: found in %d blocks" % (name, len(found)))
    return found[0]


def _pattern(seed):
    part = hashlib.sha256(seed.encode()).digest()
    made = bytearray()
    while len(made) < _BLOCK:
        made += part
        part = hashlib.sha256(part).digest()
    return made


def _blocks_with(data):
    import rp2

    flash = rp2.Flash()
    head = bytearray(32)
    whole = bytearray(_BLOCK)
    found = []
    for number in range(flash.ioctl(4, 0)):
        flash.readblocks(number, head, 0)
        if head == data[:32]:
            flash.readblocks(number, whole, 0)
            if whole == data:
                found.append(number)
    return found


def erase(numbers):
    import rp2

    flash = rp2.Flash()
    for number in numbers:
        flash.ioctl(6, number)
