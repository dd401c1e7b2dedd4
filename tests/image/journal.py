"""Everything a chip writes into its flash, so that its content after a cut at any moment can be made again."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sonofuse_hil.platforms.rp2040.chip import Chip
from sonofuse_hil.platforms.rp2040.flash import STORAGE_AT, STORAGE_BYTES

_PROGRAM, _SIZES = 0x02, {0x20: 4096, 0xD8: 65536}


class Journal:
    """Operations in order, from a known content on."""

    def __init__(self, chip: Chip) -> None:
        self._before = bytes(chip.mcu.flash)
        self.operations: list[tuple[int, int, bytes]] = []  # command, address, payload

    def after(self, count: int, share: float) -> bytes:
        """The file system's area when the power goes inside operation number `count`, that share of it being done."""
        flash = bytearray(self._before)
        for command, at, payload in self.operations[:count]:
            _apply(flash, command, at, payload, 1.0)
        if count < len(self.operations):
            _apply(flash, *self.operations[count], share)
        return bytes(flash[STORAGE_AT : STORAGE_AT + STORAGE_BYTES])

    def cuts(self, seed: int, count: int) -> list[bytes]:
        """So many contents, each after a cut at a random moment."""
        rng = random.Random(seed)
        return [self.after(rng.randrange(len(self.operations)), rng.random()) for _ in range(count)]


@contextmanager
def journal(chip: Chip) -> Iterator[Journal]:
    """Keep a journal of what the chip writes meanwhile."""
    made = Journal(chip)
    ssi: Any = chip.mcu.ssi
    inner = ssi._apply_command

    def apply() -> None:
        command = bytes(ssi._tx_buffer)
        if len(command) >= 4 and ssi._write_enabled and (command[0] == _PROGRAM or command[0] in _SIZES):
            made.operations.append((command[0], int.from_bytes(command[1:4], "big"), command[4:]))
        inner()

    ssi._apply_command = apply
    try:
        yield made
    finally:
        ssi._apply_command = inner


def _apply(flash: bytearray, command: int, at: int, payload: bytes, share: float) -> None:
    if command == _PROGRAM:
        done = int(share * len(payload))
        for number, byte in enumerate(payload[:done]):
            flash[at + number] &= byte
        if done < len(payload):
            flash[at + done] &= payload[done] | 0x0F  # the byte in hand is half programmed
    else:
        done = int(share * _SIZES[command])
        flash[at : at + done] = b"\xff" * done
        if done < _SIZES[command]:
            flash[at + done] |= 0x55
