"""Faults of the microcontroller and its supply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .register import Choice, Quantity, fault

if TYPE_CHECKING:
    from ..rig import Rig


@fault("H5", "G2")
def hung_firmware(rig: Rig) -> None:
    """the firmware runs into an endless loop"""
    rig.platform.hang(rig.bench.now_us)


@fault("H5", "G2", kind=Choice("memory", "os", "value", "interrupt"))
def firmware_raises(rig: Rig, kind: str) -> None:
    """a call inside the firmware raises an exception"""
    rig.platform.fail_call(rig.bench.now_us, kind)


@fault("H5 sensor", "G2", driver="max31865")
def blocked_bus(rig: Rig) -> None:
    """a transfer on the bus of the converters never returns"""
    rig.platform.block_bus(rig.bench.now_us)


@fault("H5", "G5")
def reset_pin(rig: Rig) -> None:
    """the microcontroller is reset by its RUN pin"""
    rig.platform.catch_up(rig.bench.now_us)
    rig.platform.pull_run()


@fault("hardware H5", "G5", off=Quantity("1 s", "1 ms", "60 s"))
def power_loss(rig: Rig, off: float) -> None:
    """the supply is lost, and comes back after a while"""
    rig.platform.catch_up(rig.bench.now_us)
    rig.platform.cut_power()
    rig.bench.at(rig.bench.now_us + round(off * 1e6), rig.platform.restore_power)


@fault("hardware", "G1", needs="supply")
def brown_out(rig: Rig) -> None:
    """the supply supervisor reports a voltage beyond 10 %"""
    rig.bench.force("supply", 0.0)


@fault("hardware H5", "G4", by=Quantity("10 %", "3 %", "50 %"))
def slow_clock(rig: Rig, by: float) -> None:
    """the crystal of the microcontroller runs slow, and all its times are longer than they say"""
    # The rig's time is the device's own: a slow device is a console whose clock runs faster.
    rig.operator.clock_rate = 1 / (1 - by)
