"""Hosts that go wrong: gone, answering without checking, or computing something else."""

import gc
import random
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

from sonofuse import link
from sonofuse.layout import K
from sonofuse.link import F, Telemetry
from sonofuse_core.follow import Follower

from ..line import Line

Act = Callable[[Line], None]  # what goes wrong, at its time; one that a fork of a snapshot can be given


# ---- gone


def hangs(line: Line) -> None:
    line.rig.operator.hung = True


def dies(line: Line) -> None:
    """In the middle of a receipt."""
    hangs(line)
    line.put(link.encode(F.RECEIPT, 0, link.receipt(0, 0x12345678))[:7])


def _cut(to_host: bool, to_device: bool, line: Line) -> None:
    if to_host:
        line.to_host = lambda _t_us, _data: b""
    if to_device:
        line.to_device = lambda _t_us, _data: b""


def cut(to_host: bool, to_device: bool) -> Act:
    """A line of which one wire or both are cut."""
    return partial(_cut, to_host, to_device)


SILENT: dict[str, Act] = {
    "hangs": hangs,
    "dies": dies,
    "unplugged": cut(True, True),
    "hears nothing": cut(True, False),
    "is not heard": cut(False, True),
}


# ---- answering without checking


@dataclass
class Impostor:
    """What is at hand for a thread that answers and has no kernel. Some of these lies spoil a right receipt, which such
    a thread would not even have: the device must not take what is nearly right."""

    last: tuple[int, int]  # number and digest of the last receipt before
    rng: random.Random
    recorded: dict[int, int]  # digests of another treatment, by number
    right: list[tuple[int, int]]  # what an honest host says meanwhile


_Lie = Callable[[Impostor, Telemetry], list[tuple[int, int]]]


def _one_bit_wrong(host: Impostor, _frame: Telemetry) -> list[tuple[int, int]]:
    number, digest = host.right[-1]
    return [(number, digest ^ 1 << host.rng.randrange(32))]


UNCHECKED: dict[str, _Lie] = {
    "repeats its last receipt": lambda host, _frame: [host.last],
    "a frozen digest": lambda host, frame: [(frame.sequence, host.last[1])],
    "a frozen digest for 16 numbers": lambda host, frame: [(frame.sequence - i, host.last[1]) for i in range(16)],
    "the digest of the frame before": lambda host, _frame: [(host.right[-1][0], host.right[-2][1])],
    "a right digest for the next number": lambda host, _frame: [(host.right[-1][0] + 1, host.right[-1][1])],
    "a right digest for the number before": lambda host, _frame: [(host.right[-1][0] - 1, host.right[-1][1])],
    "a digest with one bit wrong": _one_bit_wrong,
    "random digests": lambda host, frame: [(frame.sequence, host.rng.getrandbits(32))],
    "random numbers and digests": lambda host, _frame: [
        (host.rng.getrandbits(16), host.rng.getrandbits(32)) for _ in range(20)
    ],
    "zeros": lambda _host, frame: [(frame.sequence, 0)],
    "receipts of another treatment": lambda host, frame: [(frame.sequence, host.recorded[frame.sequence])],
}


def unchecked(lie: str, seed: int, recorded: dict[int, int]) -> Act:
    """A thread that answers every frame with a lie of UNCHECKED, and is all that is left of the host."""
    return partial(_answer_unchecked, lie, seed, recorded)


def _answer_unchecked(lie: str, seed: int, recorded: dict[int, int], line: Line) -> None:
    hangs(line)
    host = Impostor(_receipts(line)[-1], random.Random(seed), recorded, [])
    decoder = link.Decoder()

    def heard(_t_us: int, data: bytes) -> bytes:
        for frame in decoder.feed(data):
            if isinstance(frame, Telemetry):
                host.right = _receipts(line)
                for number, digest in UNCHECKED[lie](host, frame):
                    line.put(link.encode(F.RECEIPT, frame.sequence, link.receipt(number & 0xFFFF, digest)))
        return data

    line.to_host = heard


def echoes(line: Line) -> None:
    """All that the device sends comes back to it."""
    hangs(line)

    def heard(_t_us: int, data: bytes) -> bytes:
        line.put(data)
        return data

    line.to_host = heard


def _receipts(line: Line) -> list[tuple[int, int]]:
    return [(int.from_bytes(p[:2], "little"), int.from_bytes(p[2:], "little")) for p in list(line.ledger.right)[-3:]]


# ---- computing something else


def flip(words: "array[int]", word: int, bit: int) -> None:
    """One bit of a signed 32-bit word."""
    value = (words[word] & 0xFFFFFFFF) ^ 1 << bit
    words[word] = value - (1 << 32) if value >> 31 else value


def kills(word: int, bit: int) -> bool:
    """Whether this bit of the state is one of an index: flipped, it sends the host's kernel outside its memory, and
    what is left is a host that dies."""
    of_channel = (word - K.S_CHANNELS) % K.CHANNEL_WORDS
    in_ring = word >= K.S_CHANNELS and of_channel == K.C_RISE_POS and bit >= 4
    return in_ring or (word == K.S_CRC_POS and bit == 31)


def state_of(follower: Follower) -> "array[int]":
    """The words behind the read-only view of a follower's state."""
    return cast("array[int]", follower.state.obj)


def limits_of(follower: Follower, blob: bytes) -> "array[int]":
    """A follower's own copy of its limit set, which it shows to nobody."""
    arrays = [cast("array[int]", held) for held in gc.get_referents(follower) if isinstance(held, array)]
    return next(words for words in arrays if words.tobytes() == blob)


def wrong_bit(word: int, bit: int, stuck: bool = False) -> Act:
    """One bit of the state of the host's kernel flips; if it is stuck it is as wrong again after every frame."""
    return partial(_wrong_bit, word, bit, stuck)


def _wrong_bit(word: int, bit: int, stuck: bool, line: Line) -> None:
    words = state_of(_follower(line))
    flip(words, word, bit)
    wrong = words[word] >> bit & 1
    note = line.after

    def after(t_us: int) -> None:
        note(t_us)
        if words[word] >> bit & 1 != wrong:
            flip(words, word, bit)

    if stuck:
        line.after = after


def wrong_limit(word: int, bit: int) -> Act:
    """One bit of a limit flips in the host's own copy."""
    return partial(_wrong_limit, word, bit)


def _wrong_limit(word: int, bit: int, line: Line) -> None:
    flip(limits_of(_follower(line), line.rig.blob), word, bit)


def _follower(line: Line) -> Follower:
    follower = line.rig.operator.watch.follower
    assert follower is not None
    return follower


def thresholds(blob: bytes) -> list[int]:
    """The words of a compiled limit set that are limits, of any check of any channel or of the whole monitor."""
    words = memoryview(blob[:-36]).cast("i")
    rows = [K.H_ROWS + K.ROW_WORDS * channel for channel in range(words[K.H_CHANNELS])]
    found = [
        row + kind + check
        for row in rows
        for kind in (K.R_TRIP, K.R_WARN, K.R_DEBOUNCE)
        for check in range(K.RANGE, K.FOLLOW + 1)
        if words[row + K.R_CHECKS] >> check & 1
    ]
    return [K.H_DEADLINE_US, K.H_MAX_ON_US, K.H_OVER_US, K.H_ENERGY, K.H_RECEIPT_US, *found]
