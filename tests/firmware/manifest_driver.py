"""Runs on the MicroPython VM: a device's files on a littlefs in RAM, damaged in every way; prints what goes unnoticed.

Takes lines of `path hex`, the files of a device as the installer leaves them.
"""

import os
import sys

import manifest
import reserved
import vfs

BLOCK = 4096


class Ram:
    def __init__(self, blocks):
        self.blocks = blocks
        self.data = bytearray(b"\xff" * (blocks * BLOCK))

    def readblocks(self, block, buffer, offset=0):
        at = block * BLOCK + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        at = block * BLOCK + offset
        self.data[at : at + len(buffer)] = buffer

    def ioctl(self, operation, argument):
        return {4: self.blocks, 5: BLOCK}.get(operation, 0)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def refused():
    """Why the firmware would not run, None if it would."""
    fed = []
    try:
        manifest.check("/a", 14, lambda: fed.append(1))
        reserved.blocks("/a", ram)
    except ValueError as problem:
        return str(problem)
    return None


def expect_refused(text, path):
    global tried
    tried += 1
    why = refused()
    if why is None:
        print("unnoticed:", text)
    elif path not in why:
        print("blamed on another file:", text, "->", why)


def damage(path):
    """A file with a bit flipped at its start, middle and end, shorter, longer, empty, and gone."""
    whole = read(path)
    for at in {0, len(whole) // 2, len(whole) - 1}:
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        write(path, flipped)
        expect_refused("%s: bit of byte %d" % (path, at), path)
    for data in (whole[:-1], whole + b"\0", b""):
        write(path, data)
        expect_refused("%s: %d bytes for %d" % (path, len(data), len(whole)), path)
    os.remove(path)
    expect_refused("%s: gone" % path, path)
    write(path, whole)


def every_bit(path, blamed):
    whole = read(path)
    for at in range(len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        write(path, flipped)
        expect_refused("%s: bit of byte %d" % (path, at), blamed)
    write(path, whole)


def beside(path, folder=False):
    if folder:
        os.mkdir(path)
    else:
        write(path, b"")
    expect_refused("%s beside the set" % path, path.split("/")[-1])
    if folder:
        os.rmdir(path)
    else:
        os.remove(path)


def loaders():
    whole = read("/main.py")
    for old, new in ((b"'/a'", b"'/b'"), (b", 14)", b", 15)"), (b"'/a'", b"None"), (b"\nbegin('/a', 14)\n", b"\n")):
        write("/main.py", whole.replace(old, new))
        expect_refused("loader with %s for %s" % (new, old), "/main.py")
    write("/main.py", whole)


def latches():
    record = read("/latch.txt")
    every_bit("/latch.txt", "latch.txt")
    os.remove("/latch.txt")
    expect_refused("no record of the latch", "latch.txt")
    write("/latch.txt", record)
    for name in reserved.FILES:
        whole = read("/" + name)
        write("/" + name, whole)  # another block now
        ram.data[numbers[name] * BLOCK] ^= 1  # and its old one is used by somebody else
        expect_refused("%s moved" % name, name)
        write("/" + name, whole[:-1])
        expect_refused("%s shorter" % name, name)
        os.remove("/" + name)
        expect_refused("%s gone" % name, "latch.txt")
        place(name, whole)


def place(name, data):
    """A reserved file, and the number of its block."""
    write("/" + name, data)
    numbers[name] = [n for n in range(ram.blocks) if ram.data[n * BLOCK : n * BLOCK + BLOCK] == data][-1]
    note()


def note():
    import binascii

    if len(numbers) == len(reserved.FILES):
        body = b"".join([b"%d " % numbers[name] for name in reserved.FILES])
        write("/latch.txt", body + b"%08x\n" % binascii.crc32(body))


tried = 0
numbers = {}
ram = Ram(256)
given = [line.split() for line in sys.stdin]
vfs.VfsLfs2.mkfs(ram, progsize=256)
vfs.umount("/")
vfs.mount(vfs.VfsLfs2(ram, progsize=256), "/")
os.mkdir("/a")
for path, data in given:
    if path in reserved.FILES:
        place(path, bytes.fromhex(data))
    else:
        write("/" + path, bytes.fromhex(data))
print("intact", refused())
for path, _ in given:
    if path not in reserved.FILES:
        damage("/" + path)
every_bit("/a/manifest.txt", "/a/manifest.txt")
for path in ("/a/kernel.py", "/a/more.mpy", "/boot.py"):
    beside(path)
beside("/a/link", folder=True)
loaders()
latches()
print("intact", refused())
print("tried", tried)
