"""The latch's blocks: no use of the file system touches them, on the file system's reference implementation."""

import random

import pytest
from littlefs import LittleFS, LittleFSError, UserContext

from sonofuse.image import latch
from sonofuse_hil.platforms.rp2040 import filesystem

BLOCK = latch.BLOCK


class Watched(UserContext):
    """A flash that notes which blocks are programmed or erased."""

    def __init__(self, data: bytes) -> None:
        super().__init__(buffer=bytearray(data))
        self.touched: set[int] = set()

    def prog(self, cfg: object, block: int, off: int, data: bytes) -> int:
        self.touched.add(block)
        return int(super().prog(cfg, block, off, data))

    def erase(self, cfg: object, block: int) -> int:
        self.touched.add(block)
        return int(super().erase(cfg, block))


def mounted(flash: UserContext) -> LittleFS:
    system = LittleFS(
        context=flash, block_size=BLOCK, block_count=len(flash.buffer) // BLOCK, prog_size=256, mount=False
    )
    system.mount()
    return system


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))])
def test_the_file_system_never_touches_them(seed: int) -> None:
    reserved = {name: latch.pattern(name) for name in latch.FILES}
    stored = filesystem.build({**reserved, "a/kernel.mpy": bytes(8000), "a/limits.bin": bytes(4672), "main.py": b"1\n"})
    blocks = filesystem.reserved_blocks(stored)
    flash = Watched(stored)
    for number in blocks:  # the latch has written its records
        flash.buffer[number * BLOCK : number * BLOCK + 8] = b"a record"
    rng = random.Random(seed)
    for _ in range(2):
        system = mounted(flash)
        fill(system, rng)
        for name in system.listdir("/"):
            if name.startswith("file"):
                system.remove(name)
        system.unmount()
    assert len(flash.touched) > 340  # it went around the whole flash
    assert not flash.touched & set(blocks)
    assert filesystem.reserved_blocks(bytes(flash.buffer)) == blocks
    assert all(flash.buffer[number * BLOCK :][:8] == b"a record" for number in blocks)


def fill(system: LittleFS, rng: random.Random) -> None:
    """Write files of all sizes, and delete one now and then, until there is no room for a block."""
    most, number = 200_000, 0
    while True:
        number += 1
        try:
            with system.open(f"file{number}", "wb") as file:
                file.write(rng.randbytes(rng.randrange(1, most)))
        except LittleFSError:  # no space left
            if most < BLOCK:
                return
            most //= 4
        if number % 5 == 0:
            system.remove(f"file{number - 1}")


def test_a_file_that_is_not_reserved_does_move() -> None:
    """The canary: the same watch sees the blocks of a file that is written anew."""
    stored = filesystem.build({"file": b"x" * BLOCK})
    flash = Watched(stored)
    system = mounted(flash)
    before = stored.index(b"x" * BLOCK) // BLOCK
    with system.open("file", "wb") as file:
        file.write(b"y" * BLOCK)
    system.unmount()
    assert bytes(flash.buffer).index(b"y" * BLOCK) // BLOCK != before


def test_blocks_are_found_only_if_there_is_one() -> None:
    stored = filesystem.build({name: latch.pattern(name) for name in latch.FILES})
    assert len(set(filesystem.reserved_blocks(stored))) == len(latch.FILES)
    with pytest.raises(ValueError, match="found in 0 blocks"):
        latch.find(stored, latch.FILES[0])
    with pytest.raises(ValueError, match="found in 2 blocks"):
        latch.find(latch.pattern("latch.0") * 2, "latch.0")


def test_a_record_is_read_back_and_every_flipped_bit_of_it_is_noticed() -> None:
    record = latch.record((17, 18))
    assert latch.blocks(record) == (17, 18)
    for at in range(len(record)):
        damaged = bytearray(record)
        damaged[at] ^= 1 << at % 8
        with pytest.raises(ValueError, match=r"."):
            latch.blocks(bytes(damaged))
