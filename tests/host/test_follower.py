"""The host's follower against the one written from the page: the same rows, whatever is in them, the same digest."""

import struct
from random import Random

import pytest

from sonofuse import link, protocol
from sonofuse.layout import K
from sonofuse.limits import SHIPPED, compile_limits, load
from sonofuse_core.follow import Follower
from tests.kernels.reference import Reference

from .slow_console import CHANGE, CLOCK, FLAG, SlowConsole

TICK_US = 1000
LIMITS = load(SHIPPED)
BLOB = compile_limits(LIMITS)
HOW = "".join(channel.driver[0] for channel in LIMITS.board.channels)


def row(chance: Random, changes: tuple[int, ...]) -> bytes:
    """A row of any kind, packed as the page says."""
    flags = chance.choice((0, FLAG["ON"], FLAG["ON"], FLAG["ON"] | FLAG["LATE"]))
    kind = chance.random()
    if kind < 0.05:
        flags |= FLAG["TIME"]
        time = struct.pack("<II", chance.randrange(CLOCK), chance.randrange(CLOCK))
    elif kind < 0.1:
        time = struct.pack("<BH", protocol.LONG, chance.randrange(65_536))
    else:
        time = bytes([chance.randrange(255)])
    changed = bytes([chance.choice(changes)]) if chance.random() < 0.05 else b""
    flags |= FLAG["CHANGED"] * len(changed)
    set_point = b""
    if chance.random() < 0.05:
        flags |= FLAG["SET"]
        set_point = struct.pack(
            "<III", chance.randrange(1, 120_000), chance.randrange(40_000_000), chance.randrange(CLOCK)
        )
    contacts = bytes([chance.randrange(1 << HOW.count("c"))])
    counts = b"".join(struct.pack("<H", chance.randrange(65_536)) for _ in range(HOW.count("a")))
    slow = [number for number, letter in enumerate(HOW) if letter in protocol.SLOW and chance.random() < 0.2]
    conversions = b"".join(
        struct.pack("<BH", number, chance.choice((65_535, chance.randrange(7_000, 12_000)))) for number in slow
    )
    flags |= len(slow) << protocol.SLOW_SHIFT
    return bytes([flags]) + time + changed + set_point + contacts + counts + conversions


def frame(tick: int, rows: list[bytes]) -> bytes:
    """The payload of telemetry with these rows."""
    return (
        protocol.TELEMETRY.head.pack(tick) + b"".join(rows) + protocol.TELEMETRY.end.pack(3, 0, 0, 0, 0, 0, len(rows))
    )


class Pair:
    """Both consoles after the same picture."""

    def __init__(self, chance: Random, tick: int) -> None:
        reference = Reference(BLOB)
        reference.tick([chance.randrange(CLOCK), *[0] * (K.I_CHANNELS - 1), *[0] * (2 * len(HOW))])
        state, self.tick, self.sequence = reference.state_words(), tick, 0
        picture = struct.pack("<III", tick, chance.randrange(2**32), protocol.FOLDED * 3)
        picture += struct.pack(f"<{K.I_CHANNELS + len(state)}i", *[0] * K.I_CHANNELS, *state)
        identity = struct.pack("<HH8s8s32sI", protocol.VERSION, TICK_US, bytes(8), bytes(8), BLOB[-32:], 250_000)
        self.follower, self.slow = Follower(BLOB, HOW.encode()), SlowConsole(BLOB)
        self.follower.join(picture)
        for part, whole in ((link.IDENTITY, identity + HOW.encode()), (link.PICTURE, picture)):
            for offset in range(0, len(whole), 128):
                piece = whole[offset : offset + 128]
                data = protocol.DATA.head.pack(part, len(piece), 0, offset, len(whole), piece)
                self.slow.received(link.encode(protocol.DATA.kind, 0, data))

    def hear(self, rows: list[bytes]) -> None:
        """The next frame, for both."""
        payload = frame(self.tick, rows)
        self.follower.frame(payload)
        self.slow.received(link.encode(protocol.TELEMETRY.kind, self.sequence, payload))
        self.tick, self.sequence = (self.tick + len(rows)) % CLOCK, self.sequence + 1


@pytest.mark.parametrize("tick", [0, 123_456, CLOCK - 500])
def test_whatever_is_in_the_rows_both_get_the_same_digest(tick: int) -> None:
    chance = Random(tick)
    pair = Pair(chance, tick)
    changes = tuple(number for number, name in CHANGE.items() if name != "ANEW")
    kept = False
    for _ in range(60):
        rows = [row(chance, changes if kept else changes[:1]) for _ in range(chance.randrange(1, 21))]
        kept = kept or any(data[0] & FLAG["CHANGED"] for data in rows)
        pair.hear(rows)
        assert pair.slow.digests[pair.sequence - 1] == pair.follower.digest
        assert pair.follower.tick == pair.tick
    assert kept and list(pair.follower.state) == pair.slow.kernel.state_words()


def test_after_a_change_that_only_a_picture_tells_neither_has_a_digest() -> None:
    pair = Pair(Random(1), 0)
    pair.hear([bytes([FLAG["CHANGED"], 128, protocol.R.ANEW]) + bytes(1 + 2 * HOW.count("a"))])
    assert pair.slow.digests == {} and not pair.follower.joined and pair.follower.changed
