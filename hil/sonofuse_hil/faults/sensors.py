"""Faults of sensors that show a temperature or a flow, but not the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..breaking import broken
from . import bounds
from .cooling import WATCHED
from .register import BOOT, Choice, Quantity, fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..parts.thermometer import Thermometer
    from ..stand import Stand

_CONTACT = "skin_contact"  # closed while both skin sensors lie on the skin: no shipped board has it


def _sensor(stand: Stand, channel: str) -> Thermometer:
    return stand.bench.sensors[stand.bench.channel(channel).name]


@fault(
    "sensor H1 H9",
    "G1",
    4,
    bound=bounds.drift_us,
    channel=Choice(*WATCHED),
    rate=Quantity("1 K/s", "-50 K/s", "50 K/s"),
)
def sensor_drift(stand: Stand, channel: str, rate: float) -> Iterator[None]:
    """a temperature sensor drifts: its error grows steadily"""
    sensor = _sensor(stand, channel)
    before_c = sensor.offset_c
    sensor.drift_c_per_s += rate
    yield
    sensor.drift_c_per_s -= rate
    sensor.offset_c = before_c


@fault("sensor H1 H9", "G1", 6, channel=Choice(*WATCHED), noise=Quantity("1 K", "0 K", "100 K"))
def sensor_noise(stand: Stand, channel: str, noise: float) -> Iterator[None]:
    """a temperature sensor becomes noisy: a standard deviation per conversion"""
    sensor = _sensor(stand, channel)
    before_c, sensor.noise_c = sensor.noise_c, noise
    yield
    sensor.noise_c = before_c


@fault(
    "sensor H1 H9",
    "G1",
    7,
    bound=bounds.by_pair("bias"),
    channel=Choice(*WATCHED),
    bias=Quantity("5 K", "-100 K", "100 K"),
)
def rf_interference(stand: Stand, channel: str, bias: float) -> Iterator[None]:
    """RF gets into the leads of a temperature sensor: it is off by a bias as long as there is forward power"""
    bench, sensor = stand.bench, _sensor(stand, channel)
    applied_c = 0.0

    def follow(watts: float) -> None:
        nonlocal applied_c
        wanted_c = bias if watts > 0.0 else 0.0
        sensor.offset_c += wanted_c - applied_c
        applied_c = wanted_c

    bench.on_power.append(follow)
    follow(bench.watts)
    yield
    bench.on_power.remove(follow)
    follow(0.0)


@fault(
    "sensor H1",
    "G1",
    8,
    bound=bounds.by_check(_CONTACT, "below"),
    channel=Choice("skin_a", "skin_b"),
    air=Quantity("24 degC", "0 degC", "60 degC"),
)
def detached_sensor(stand: Stand, channel: str, air: float) -> Iterator[None]:
    """a sensor comes off the skin and shows the air; a board that watches skin_contact sees that"""
    bench = stand.bench
    places, name = bench.thermometers.elsewhere, bench.channel(channel).name
    sensed = bench.board.watching(_CONTACT) is not None
    places[name] = air
    if sensed:
        bench.force(_CONTACT, 0.0)
    yield
    places.pop(name, None)
    if sensed:
        bench.force(_CONTACT, None)


@fault(
    "sensor H1 H9",
    "G1",
    9,
    response="I",
    phase=BOOT,
    channel=Choice(*WATCHED),
    other=Choice("transducer", "water", "skin_a", "skin_b"),
)
def swapped_sensors(stand: Stand, channel: str, other: str) -> Iterator[None]:
    """two temperature sensors are plugged in the other way round"""
    bench, places = stand.bench, stand.bench.thermometers.elsewhere
    first, second = bench.channel(channel), bench.channel(other)
    places[first.name], places[second.name] = second.watches, first.watches
    yield
    for one in (first, second):
        places.pop(one.name, None)


@fault(
    "sensor H1 H9",
    "G1",
    10,
    response="I",
    phase=BOOT,
    driver="max31865",
    channel=Choice(*WATCHED),
    resistance=Quantity("1000 %", "10 %", "2000 %"),
)
def wrong_sensor(stand: Stand, channel: str, resistance: float) -> Iterator[None]:
    """a resistance thermometer of another type is plugged in: its resistance is a share of the right one's"""
    sensor = stand.bench.thermometers.pt100s[stand.bench.channel(channel).name]
    before_ohm = sensor.r0_ohm
    sensor.r0_ohm = before_ohm * resistance
    yield
    sensor.r0_ohm = before_ohm


@fault("sensor H1 H2 H9", "G1", 13, channel=Choice(*WATCHED), lag=Quantity("5 s", "0 s", "600 s"))
def slow_sensor(stand: Stand, channel: str, lag: float) -> Iterator[None]:
    """a temperature sensor has lost contact in part: it follows its place with a long time constant"""
    sensor = _sensor(stand, channel)
    before_s, sensor.tau_s = sensor.tau_s, lag
    yield
    sensor.tau_s = before_s


@fault("sensor H9", "G1", 14, bound=bounds.flow_us, needs="flow", level=Choice("high", "low"))
def flow_meter_stuck(stand: Stand, level: str) -> Iterator[None]:
    """the output of the flow meter stays at one level"""
    yield from broken(stand.bench, "flow", f"stuck_{level}")


@fault("sensor H9", "G1", 14, needs="flow")
def flow_meter_lies(stand: Stand) -> Iterator[None]:
    """the cooling water stands still, and its meter goes on turning"""
    plant = stand.bench.plant
    before = plant.transducer.flow_l_min
    plant.set_flow(0.0)
    yield
    plant.set_flow(before)
