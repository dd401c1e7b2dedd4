"""Faults of temperature sensors and cooling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..breaking import broken
from . import bounds
from .register import Choice, Quantity, fault

if TYPE_CHECKING:
    from ..stand import Stand

WATCHED = ("skin_a", "skin_b", "transducer", "water")


@fault("sensor H1 H9", "G1", 1, bound=bounds.by_own("range"), breaks="open", channel=Choice(*WATCHED))
def sensor_open(stand: Stand, channel: str) -> Iterator[None]:
    """a wire of a temperature sensor breaks"""
    yield from broken(stand.bench, channel, "open")


@fault("sensor H1 H9", "G1", 2, bound=bounds.by_own("range"), breaks="short", channel=Choice(*WATCHED))
def sensor_short(stand: Stand, channel: str) -> Iterator[None]:
    """a temperature sensor is short-circuited"""
    yield from broken(stand.bench, channel, "short")


@fault("sensor H1 H9", "G1", 3, bound=bounds.by_own("stuck"), breaks="stuck", channel=Choice(*WATCHED))
def sensor_stuck(stand: Stand, channel: str) -> Iterator[None]:
    """a converter goes on converting but repeats the same count"""
    yield from broken(stand.bench, channel, "stuck")


@fault("sensor H1 H9", "G1", 40, bound=bounds.by_own("stale"), breaks="halted", channel=Choice(*WATCHED))
def sensor_silent(stand: Stand, channel: str) -> Iterator[None]:
    """a converter stops converting"""
    yield from broken(stand.bench, channel, "halted")


@fault(
    "sensor H1 H9",
    "G1",
    5,
    bound=bounds.by_pair("offset"),
    channel=Choice(*WATCHED),
    offset=Quantity("5 K", "-100 K", "100 K"),
)
def sensor_offset(stand: Stand, channel: str, offset: float) -> Iterator[None]:
    """a temperature sensor is suddenly off by an offset"""
    sensor = stand.bench.sensors[stand.bench.channel(channel).name]
    sensor.offset_c += offset
    yield
    sensor.offset_c -= offset


@fault(
    "sensor H1 H9",
    "G1",
    11,
    bound=bounds.by_own("range"),
    breaks="zeros",
    channel=Choice(*WATCHED),
    level=Choice("zeros", "ones"),
)
def sensor_line(stand: Stand, channel: str, level: str) -> Iterator[None]:
    """the data line of a converter is stuck at one level"""
    yield from broken(stand.bench, channel, level)


@fault("H9", "G1", bound=bounds.flow_us, flow=Quantity("0 L/min", "0 L/min", "4 L/min"))
def flow_lost(stand: Stand, flow: float) -> Iterator[None]:
    """the cooling water of the transducer slows down or stops"""
    bench = stand.bench
    before = bench.plant.transducer.flow_l_min
    bench.plant.set_flow(flow)
    if bench.flow is not None:
        bench.force("flow", flow * 1000)
    yield
    bench.plant.set_flow(before)
    if bench.flow is not None:
        bench.force("flow", None)


@fault("H9 H1", "G1", temperature=Quantity("35 degC", "0 degC", "60 degC"))
def warm_water(stand: Stand, temperature: float) -> Iterator[None]:
    """the chiller fails: the cooling water has another temperature"""
    plant = stand.bench.plant
    before = plant.transducer.water_c
    plant.set_water(temperature)
    yield
    plant.set_water(before)
