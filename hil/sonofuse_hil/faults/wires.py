"""What happens to bytes on a wire: lost one frame at a time or many in a burst, damaged here and there."""

import random
from collections.abc import Callable

from ..bench import Filter


def until(end_us: int, filtered: Filter) -> Filter:
    """A filter up to a time; from then on everything arrives. What it holds back by then is lost."""
    return lambda t_us, data: filtered(t_us, data) if t_us < end_us else data


def burst(from_us: int, d_us: int, rng: random.Random | None = None) -> Filter:
    """Every byte that arrives in this time is lost, or noise instead if there is chance to draw it from."""

    def through(t_us: int, data: bytes) -> bytes:
        if not from_us <= t_us < from_us + d_us:
            return data
        return rng.randbytes(len(data)) if rng is not None else b""

    return through


def bursts(every_us: int, longest_us: int, rng: random.Random, noise: bool) -> tuple[Filter, Callable[[], int]]:
    """Bursts of any length up to the longest, at any moment, with at least `every_us` between two; and how many."""
    state = {"from": 0, "to": 0, "count": 0}

    def through(t_us: int, data: bytes) -> bytes:
        if t_us >= state["to"]:
            state["from"] = t_us + every_us + rng.randrange(20_000)
            state["to"] = state["from"] + rng.randint(1, longest_us)
            state["count"] += 1
        if t_us < state["from"]:
            return data
        return rng.randbytes(len(data)) if noise else b""

    return through, lambda: state["count"] - 1


def framewise(spoil: Callable[[int, bytes], bytes]) -> Filter:
    """Each frame, with its closing zero, arrives as `spoil` leaves it, when the last of it has come."""
    rest = bytearray()

    def through(t_us: int, data: bytes) -> bytes:
        rest.extend(data)
        arrived = b""
        while (end := rest.find(0)) >= 0:
            frame = bytes(rest[: end + 1])
            del rest[: end + 1]
            arrived += spoil(t_us, frame)
        return arrived

    return through


def one_frame(
    every_us: int, rng: random.Random, spoil: Callable[[bytes], bytes] = lambda _frame: b""
) -> tuple[Filter, Callable[[], int]]:
    """A frame now and then is lost, or spoilt, with at least `every_us` between two; and how many were."""
    state = {"next": 0, "count": 0}

    def now_and_then(t_us: int, frame: bytes) -> bytes:
        if len(frame) == 1 or t_us < state["next"]:
            return frame
        state["next"] = t_us + every_us + rng.randrange(40_000)
        state["count"] += 1
        return spoil(frame)

    return framewise(now_and_then), lambda: state["count"]


def one_byte(rng: random.Random) -> Callable[[bytes], bytes]:
    """Bits of one byte of a frame are wrong; its closing zero counts too."""

    def spoil(frame: bytes) -> bytes:
        spoilt = bytearray(frame)
        spoilt[rng.randrange(len(frame))] ^= rng.randint(1, 255)
        return bytes(spoilt)

    return spoil


def bit_errors(rate: float, rng: random.Random) -> Filter:
    """Each bit is wrong with this probability."""
    left = round(rng.expovariate(rate))

    def through(_t_us: int, data: bytes) -> bytes:
        nonlocal left
        damaged = bytearray(data)
        while left < 8 * len(data):
            damaged[left >> 3] ^= 1 << (left & 7)
            left += 1 + round(rng.expovariate(rate))
        left -= 8 * len(data)
        return bytes(damaged)

    return through
