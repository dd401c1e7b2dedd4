"""Faults of the microcontroller and its supply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..platforms.vm import _ops
from .register import Choice, Quantity, fault

if TYPE_CHECKING:
    from ..rig import Rig


def _order(rig: Rig, order: int) -> None:
    rig.platform.order = (rig.bench.now_us, order)


@fault("H5", "G2")
def hung_firmware(rig: Rig) -> None:
    """the firmware runs into an endless loop"""
    _order(rig, _ops.HANG)


@fault("H5", "G2", kind=Choice("memory", "os", "value", "interrupt"))
def firmware_raises(rig: Rig, kind: str) -> None:
    """a call inside the firmware raises an exception"""
    orders = {
        "memory": _ops.MEMORY_ERROR,
        "os": _ops.OS_ERROR,
        "value": _ops.VALUE_ERROR,
        "interrupt": _ops.INTERRUPT,
    }
    _order(rig, orders[kind])


@fault("H5 sensor", "G2")
def blocked_bus(rig: Rig) -> None:
    """a transfer on the bus of the converters never returns"""
    rig.platform.blocked = (rig.bench.now_us, _ops.SPI_TRANSFER)


@fault("H5", "G5")
def reset_pin(rig: Rig) -> None:
    """the microcontroller is reset by its RUN pin"""
    _bring_up_to_date(rig)
    rig.platform.pull_run()


@fault("hardware H5", "G5", off=Quantity("1 s", "1 ms", "60 s"))
def power_loss(rig: Rig, off: float) -> None:
    """the supply is lost, and comes back after a while"""
    _bring_up_to_date(rig)
    rig.platform.cut_power()
    rig.bench.at(rig.bench.now_us + round(off * 1e6), rig.platform.restore_power)


@fault("hardware", "G1")
def brown_out(rig: Rig) -> None:
    """the supply supervisor reports a voltage beyond 10 %"""
    rig.bench.force("supply", 0.0)


def _bring_up_to_date(rig: Rig) -> None:
    """The bench is ahead of its platform while an event is carried out; a reset must not lie before it."""
    rig.platform.now_us = max(rig.platform.now_us, rig.bench.now_us)
