"""Faults of the line between device and console, and what somebody says on it."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

from sonofuse import link
from sonofuse_firmware.states import ON

from ..line import Frames
from . import bounds
from .floods import FLOODS, harmless
from .forgeries import Forger
from .register import BOOT, Choice, Quantity, fault
from .wires import bit_errors, framewise, one_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..bench import Filter
    from ..stand import Stand

_BOTH, _TO_DEVICE, _FROM_DEVICE = DIRECTIONS = ("both", "to the device", "from the device")


def _spoilt(stand: Stand, to_board: Filter | None, from_board: Filter | None) -> Iterator[None]:
    """The line with these filters, until it is mended."""
    bench = stand.bench
    given = [(bench.to_board, to_board), (bench.from_board, from_board)]
    put = [(wire, spoil) for wire, spoil in given if spoil is not None]
    for wire, spoil in put:
        wire.append(spoil)
    yield
    for wire, spoil in put:
        wire.remove(spoil)


def _chance(stand: Stand, number: int) -> random.Random:
    return random.Random(100 * stand.seed + number)


def _nothing(_t_us: int, _data: bytes) -> bytes:
    return b""


@fault("link H5", "G3", 41, bound=bounds.receipt_us, wire=Choice(*DIRECTIONS))
def unplugged(stand: Stand, wire: str) -> Iterator[None]:
    """the plug of the link is pulled, or one of its wires breaks"""
    yield from _spoilt(stand, None if wire == _FROM_DEVICE else _nothing, None if wire == _TO_DEVICE else _nothing)


@fault("link H5", "G3", 42, rate=Quantity("1 %", "0.0001 %", "50 %"))
def line_noise(stand: Stand, rate: float) -> Iterator[None]:
    """bits on the line are wrong, in both directions: so many of them"""
    yield from _spoilt(stand, bit_errors(rate, _chance(stand, 1)), bit_errors(rate, _chance(stand, 2)))


@fault("link H5", "G12", 43, response="-", phase=BOOT, after=Quantity("50 ms", "1 ms", "60 s"))
def replayed_commands(stand: Stand, after: float) -> Iterator[None]:
    """whatever is commanded with a seal is said again by somebody a while later"""
    bench = stand.bench
    frames = Frames()

    def listen(t_us: int, data: bytes) -> bytes:
        for kind, number, payload in frames.feed(data):
            if kind in link.SEALED:
                again = link.encode(kind, number, payload)
                bench.at(t_us + round(after * 1e6), partial(bench.put, again))
        return data

    yield from _spoilt(stand, listen, None)


@fault("link H5", "G12", 44, response="-", kind=Choice(*FLOODS), every=Quantity("10 ms", "0.2 ms", "10 s"))
def flood(stand: Stand, kind: str, every: float) -> Iterator[None]:
    """somebody floods the line with what the device must not obey, a frame each time"""
    bench, chance = stand.bench, _chance(stand, 3)
    forger = Forger(chance.randbytes(8), stand.blob[-32:], 0, chance)
    lasting = True

    def pour() -> None:
        if lasting:
            frame = FLOODS[kind](forger)
            if harmless(frame, ON):
                bench.put(frame)
            bench.at(bench.now_us + round(every * 1e6), pour)

    pour()
    yield
    lasting = False


@fault("link H5", "G12", 45, response="-", bound=bounds.cut_us, every=Quantity("200 ms", "0 s", "60 s"))
def truncated_frames(stand: Stand, every: float) -> Iterator[None]:
    """frames to the device are cut: one after each such time, with 0 s each of them"""

    def cut(frame: bytes) -> bytes:
        return frame[: len(frame) // 2] + b"\0"

    if every > 0.0:
        spoil, _ = one_frame(round(every * 1e6), _chance(stand, 4), cut)
    else:
        spoil = framewise(lambda _t_us, frame: cut(frame))
    yield from _spoilt(stand, spoil, None)


@fault("link H5", "G3", 40, bound=bounds.stale_us, late=Quantity("300 ms", "0 s", "60 s"))
def stale_frames(stand: Stand, late: float) -> Iterator[None]:
    """what the device says arrives late, and its time stamps are old by then"""
    bench = stand.bench

    def through(t_us: int, data: bytes) -> bytes:
        bench.at(t_us + round(late * 1e6), lambda: bench.on_received(bench.now_us, data))
        return b""

    yield from _spoilt(stand, None, through)


@fault("link H5", "G3", 40)
def reordered_frames(stand: Stand) -> Iterator[None]:
    """of what the device says every second frame arrives behind the next one"""
    held = b""

    def swap(_t_us: int, frame: bytes) -> bytes:
        nonlocal held
        if len(frame) == 1:  # the zero before a frame
            return frame
        if not held:
            held = frame
            return b""
        both, held = frame + held, b""
        return both

    yield from _spoilt(stand, None, framewise(swap))
