"""Faults of temperature sensors and cooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..breaking import break_part
from .register import Choice, Quantity, fault

if TYPE_CHECKING:
    from ..rig import Rig

_WATCHED = ("skin_a", "skin_b", "transducer", "water")


@fault("sensor H1 H9", "G1", breaks="open", channel=Choice(*_WATCHED))
def sensor_open(rig: Rig, channel: str) -> None:
    """a wire of a temperature sensor breaks"""
    break_part(rig.bench, channel, "open")


@fault("sensor H1 H9", "G1", breaks="short", channel=Choice(*_WATCHED))
def sensor_short(rig: Rig, channel: str) -> None:
    """a temperature sensor is short-circuited"""
    break_part(rig.bench, channel, "short")


@fault("sensor H1 H9", "G1", breaks="stuck", channel=Choice(*_WATCHED))
def sensor_stuck(rig: Rig, channel: str) -> None:
    """a converter goes on converting but repeats the same count"""
    break_part(rig.bench, channel, "stuck")


@fault("sensor H1 H9", "G1", breaks="halted", channel=Choice(*_WATCHED))
def sensor_silent(rig: Rig, channel: str) -> None:
    """a converter stops converting"""
    break_part(rig.bench, channel, "halted")


@fault("sensor H1 H9", "G1", channel=Choice(*_WATCHED), offset=Quantity("5 K", "-100 K", "100 K"))
def sensor_offset(rig: Rig, channel: str, offset: float) -> None:
    """a temperature sensor is suddenly off by an offset"""
    rig.bench.sensors[rig.bench.channel(channel).name].offset_c += offset


@fault("sensor H1 H9", "G1", breaks="zeros", channel=Choice(*_WATCHED), level=Choice("zeros", "ones"))
def sensor_line(rig: Rig, channel: str, level: str) -> None:
    """the data line of a converter is stuck at one level"""
    break_part(rig.bench, channel, level)


@fault("H9", "G1", flow=Quantity("0 L/min", "0 L/min", "4 L/min"))
def flow_lost(rig: Rig, flow: float) -> None:
    """the cooling water of the transducer slows down or stops"""
    rig.bench.plant.set_flow(flow)
    if rig.bench.flow is not None:
        rig.bench.force("flow", flow * 1000)


@fault("H9 H1", "G1", temperature=Quantity("35 degC", "0 degC", "60 degC"))
def warm_water(rig: Rig, temperature: float) -> None:
    """the chiller fails: the cooling water has another temperature"""
    rig.bench.plant.set_water(temperature)
