"""Faults of the RF chain: generator, console, relays, detectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..breaking import break_part
from .register import Choice, Quantity, fault

if TYPE_CHECKING:
    from ..rig import Rig


@fault("H4", "G1", power=Quantity("200 W", "0 W", "500 W"))
def overpower(rig: Rig, power: float) -> None:
    """the generator gives full power whatever was set"""
    rig.bench.generator.overpower_w = power
    rig.bench.generator.fault = "overpower"


@fault("H4", "G1", error=Quantity("40 %", "-90 %", "900 %"))
def power_error(rig: Rig, error: float) -> None:
    """the generator's output is off by a share of its set power"""
    rig.bench.generator.error = error


@fault("H5", "G1")
def stuck_gate(rig: Rig) -> None:
    """the generator's gate stays on: RF ends only where the interlock relays open"""
    rig.bench.generator.fault = "stuck_on"


@fault("H5", "G3")
def console_hung(rig: Rig) -> None:
    """the console hangs: it gives no receipts, and neither switches the generator off nor ends the sonication"""
    rig.operator.hung = True


@fault("H5", "G1")
def nobody_there(rig: Rig) -> None:
    """nobody is at the console, which gives its receipts: the generator stays on, and no sonication is ended"""
    rig.operator.absent = True


@fault("H5", "G11", switch=Choice("second", "first"))
def welded_relay(rig: Rig, switch: str) -> None:
    """an interlock relay is welded: it stays closed whatever its coil does"""
    rig.bench.relays[("first", "second").index(switch)].fault = "welded"


@fault("H5", "G11", switch=Choice("second", "first"))
def broken_relay(rig: Rig, switch: str) -> None:
    """an interlock relay opens and never closes again"""
    rig.bench.relays[("first", "second").index(switch)].fault = "broken"


@fault("sensor H4", "G1", breaks="dead", channel=Choice("forward", "reflected"))
def detector_dead(rig: Rig, channel: str) -> None:
    """a power detector dies: its output falls below the live zero"""
    break_part(rig.bench, channel, "dead")


@fault("sensor H4", "G1", error=Quantity("2 %", "-20 %", "20 %"))
def reference_error(rig: Rig, error: float) -> None:
    """the reference of the analogue inputs is off, and every power with it"""
    rig.bench.vref.error = error
