"""Faults of temperature sensors and cooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .register import Choice, Quantity, fault

if TYPE_CHECKING:
    from ..rig import Rig

_CONVERTED = ("skin_a", "skin_b", "transducer", "water")


@fault("sensor H1 H9", "G1", channel=Choice(*_CONVERTED))
def sensor_open(rig: Rig, channel: str) -> None:
    """a wire of a temperature sensor breaks"""
    rig.bench.converter(channel).set_fault(rig.bench.now_us, "open")


@fault("sensor H1 H9", "G1", channel=Choice(*_CONVERTED))
def sensor_short(rig: Rig, channel: str) -> None:
    """a temperature sensor is short-circuited"""
    rig.bench.converter(channel).set_fault(rig.bench.now_us, "short")


@fault("sensor H1 H9", "G1", channel=Choice(*_CONVERTED))
def sensor_stuck(rig: Rig, channel: str) -> None:
    """a converter goes on converting but repeats the same count"""
    rig.bench.converter(channel).set_fault(rig.bench.now_us, "stuck")


@fault("sensor H1 H9", "G1", channel=Choice(*_CONVERTED))
def sensor_silent(rig: Rig, channel: str) -> None:
    """a converter stops converting"""
    rig.bench.converter(channel).set_fault(rig.bench.now_us, "halted")


@fault("sensor H1 H9", "G1", channel=Choice(*_CONVERTED), offset=Quantity("5 K", "-100 K", "100 K"))
def sensor_offset(rig: Rig, channel: str, offset: float) -> None:
    """a temperature sensor is suddenly off by an offset"""
    rig.bench.sensors[channel].offset_c += offset


@fault("sensor H1 H9", "G1", channel=Choice(*_CONVERTED), level=Choice("zeros", "ones"))
def sensor_line(rig: Rig, channel: str, level: str) -> None:
    """the data line of a converter is stuck at one level"""
    rig.bench.converter(channel).set_fault(rig.bench.now_us, level)


@fault("H9", "G1", flow=Quantity("0 L/min", "0 L/min", "4 L/min"))
def flow_lost(rig: Rig, flow: float) -> None:
    """the cooling water of the transducer slows down or stops"""
    rig.bench.plant.set_flow(flow)
    rig.bench.force("flow", flow * 1000)


@fault("H9 H1", "G1", temperature=Quantity("35 degC", "0 degC", "60 degC"))
def warm_water(rig: Rig, temperature: float) -> None:
    """the chiller fails: the cooling water has another temperature"""
    rig.bench.plant.set_water(temperature)
