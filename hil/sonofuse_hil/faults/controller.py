"""Faults of the microcontroller and its supply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import bounds
from .register import RESET, Choice, Quantity, fault

if TYPE_CHECKING:
    from ..stand import Stand


@fault("H5", "G2", 29, response=RESET, bound=bounds.always(bounds.TOKEN_US))
def hung_firmware(stand: Stand) -> None:
    """the firmware runs into an endless loop"""
    stand.platform.hang(stand.bench.now_us)


@fault(
    "H5", "G2", response=RESET, bound=bounds.always(bounds.TOKEN_US), kind=Choice("memory", "os", "value", "interrupt")
)
def firmware_raises(stand: Stand, kind: str) -> None:
    """a call inside the firmware raises an exception"""
    stand.platform.fail_call(stand.bench.now_us, kind)


@fault("H5 sensor", "G2", 36, response=RESET, bound=bounds.blocked_us, driver="max31865")
def blocked_bus(stand: Stand) -> Iterator[None]:
    """a transfer on the bus of the converters never returns"""
    stand.platform.block_bus(stand.bench.now_us)
    yield
    stand.platform.free_bus()


@fault("H5", "G5", 50, response=RESET, bound=bounds.always(0))
def reset_pin(stand: Stand) -> None:
    """the microcontroller is reset by its RUN pin"""
    stand.platform.catch_up(stand.bench.now_us)
    stand.platform.pull_run()


@fault("hardware H5", "G5", 51, response=RESET, bound=bounds.always(0), off=Quantity("1 s", "1 ms", "60 s"))
def power_loss(stand: Stand, off: float) -> None:
    """the supply is lost, and comes back after a while"""
    stand.platform.catch_up(stand.bench.now_us)
    stand.platform.cut_power()
    stand.bench.at(stand.bench.now_us + round(off * 1e6), stand.platform.restore_power)


@fault("hardware", "G1", 50, bound=bounds.by_check("supply", "below"), needs="supply")
def brown_out(stand: Stand) -> Iterator[None]:
    """the supply supervisor reports a voltage beyond 10 %"""
    stand.bench.force("supply", 0.0)
    yield
    stand.bench.force("supply", None)


@fault("hardware H5", "G4", 35, bound=bounds.clock_us, by=Quantity("10 %", "3 %", "50 %"))
def slow_clock(stand: Stand, by: float) -> Iterator[None]:
    """the crystal of the microcontroller runs slow, and all its times are longer than they say"""
    # The stand's time is the device's own: a slow device is a console whose clock runs faster.
    stand.console.clock_rate = 1 / (1 - by)
    yield
    stand.console.clock_rate = 1.0
