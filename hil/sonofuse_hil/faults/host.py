"""Faults of the console and of who sits at it: wrong, early or repeated commands, a program that begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..platforms.process import RigError
from ..stand import Commander
from . import bounds
from .register import BOOT, Quantity, fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..stand import Stand


def commander(stand: Stand) -> Commander:
    """The stand's console, if a fault can make it command something.

    Raises:
        RigError: if it is another program.
    """
    if not isinstance(stand.console, Commander):
        raise RigError("this fault needs a console that the rig operates: not covered where a program has the link")
    return stand.console


@fault(
    "operator H4",
    "G12",
    47,
    response="-",
    phase=BOOT,
    commands=True,
    power=Quantity("500 W", "0 W", "2000 W"),
    duration=Quantity("10 s", "0 s", "600 s"),
)
def out_of_range_command(stand: Stand, power: float, duration: float) -> Iterator[None]:
    """the console arms a power or duration that the limits do not allow, with a right seal"""
    console = commander(stand)
    console.set_point = (round(power * 1e3), round(duration * 1e6))
    yield
    console.set_point = None


@fault("link H5", "G3", 48, bound=bounds.restart_us, commands=True, off=Quantity("500 ms", "1 ms", "60 s"))
def console_restarts(stand: Stand, off: float) -> None:
    """the console's program crashes and is started again after a while"""
    console = commander(stand)
    console.hung = True

    def again() -> None:
        console.restart()
        console.hung = False

    stand.bench.at(stand.bench.now_us + round(off * 1e6), again)


@fault("H3", "G12", 54, response="I", phase=BOOT, commands=True, every=Quantity("20 ms", "5 ms", "10 s"))
def impatient_operator(stand: Stand, every: float) -> Iterator[None]:
    """somebody presses start again and again, also before the cooling gap is over"""
    console = commander(stand)
    before_us, console.again_us = console.again_us, round(every * 1e6)
    yield
    console.again_us = before_us


@fault("operator H5", "G6", 55, response="-", phase=BOOT, commands=True)
def early_acknowledgement(stand: Stand) -> Iterator[None]:
    """somebody acknowledges every trip at once, whether its cause is gone or not"""
    console = commander(stand)
    console.acknowledges = True
    yield
    console.acknowledges = False
