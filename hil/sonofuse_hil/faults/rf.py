"""Faults of the RF chain: generator, console, relays, detectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..breaking import broken
from . import bounds
from .register import Choice, Quantity, fault

if TYPE_CHECKING:
    from ..parts.generator import Generator
    from ..parts.relay import Relay
    from ..stand import Stand


def _broken(part: Generator | Relay, fault: str) -> Iterator[None]:
    part.fault = fault
    yield
    if part.fault == fault:  # else it is broken in another way by now
        part.fault = ""


@fault("H4", "G1", 15, bound=bounds.beyond("power", "forward", "above"), power=Quantity("200 W", "0 W", "500 W"))
def overpower(stand: Stand, power: float) -> Iterator[None]:
    """the generator gives full power whatever was set"""
    stand.bench.generator.overpower_w = power
    yield from _broken(stand.bench.generator, "overpower")


@fault("H4", "G1", 15, bound=bounds.beyond("error", "forward", "set"), error=Quantity("40 %", "-90 %", "900 %"))
def power_error(stand: Stand, error: float) -> Iterator[None]:
    """the generator's output is off by a share of its set power"""
    generator = stand.bench.generator
    before, generator.error = generator.error, error
    yield
    generator.error = before


@fault("H5", "G1", 17)
def stuck_gate(stand: Stand) -> Iterator[None]:
    """the generator's gate stays on: RF ends only where the interlock relays open"""
    yield from _broken(stand.bench.generator, "stuck_on")


@fault("H5", "G3", 46, bound=bounds.receipt_us)
def console_hung(stand: Stand) -> Iterator[None]:
    """the console hangs: it gives no receipts, and neither switches the generator off nor ends the sonication"""
    stand.console.hung = True
    yield
    stand.console.hung = False


@fault("H5", "G1", 24)
def nobody_there(stand: Stand) -> Iterator[None]:
    """nobody is at the console, which gives its receipts: the generator stays on, and no sonication is ended"""
    stand.console.absent = True
    yield
    stand.console.absent = False


@fault("H5", "G11", 17, switch=Choice("second", "first"))
def welded_relay(stand: Stand, switch: str) -> Iterator[None]:
    """an interlock relay is welded: it stays closed whatever its coil does"""
    yield from _broken(stand.bench.relays[("first", "second").index(switch)], "welded")


@fault("H5", "G11", 32, bound=bounds.by_readback, switch=Choice("second", "first"))
def broken_relay(stand: Stand, switch: str) -> Iterator[None]:
    """an interlock relay opens and never closes again"""
    yield from _broken(stand.bench.relays[("first", "second").index(switch)], "broken")


@fault("sensor H4", "G1", 20, bound=bounds.by_own("range"), breaks="dead", channel=Choice("forward", "reflected"))
def detector_dead(stand: Stand, channel: str) -> Iterator[None]:
    """a power detector dies: its output falls below the live zero"""
    yield from broken(stand.bench, channel, "dead")


@fault("sensor H4", "G1", 31, bound=bounds.reference_us, error=Quantity("2 %", "-20 %", "20 %"))
def reference_error(stand: Stand, error: float) -> Iterator[None]:
    """the reference of the analogue inputs is off, and every power with it"""
    reference = stand.bench.vref
    before, reference.error = reference.error, error
    yield
    reference.error = before
