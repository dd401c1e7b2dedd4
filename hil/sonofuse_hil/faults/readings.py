"""What a channel shows, whatever is true: the part behind it sees another temperature, power, voltage or flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..breaking import broken
from . import bounds
from .cooling import WATCHED
from .register import Choice, Quantity, fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..stand import Stand

_RAMP_STEP_US = 1_000  # far smaller than a conversion
_HOTTEST_C = 300.0  # that every thermometer's part knows
_POWERS = ("forward", "reflected")


def _forced(stand: Stand, channel: str, value: float) -> Iterator[None]:
    stand.bench.force(channel, value)
    yield
    stand.bench.force(channel, None)


@fault("sensor H1 H9", "G1", channel=Choice(*WATCHED), temperature=Quantity("60 degC", "-60 degC", "320 degC"))
def shows_temperature(stand: Stand, channel: str, temperature: float) -> Iterator[None]:
    """a temperature sensor has a temperature, whatever its place has"""
    yield from _forced(stand, channel, temperature)


@fault("sensor H2 H5", "G1", channel=Choice(*WATCHED), rate=Quantity("10 K/s", "0 K/s", "100 K/s"))
def shows_rise(stand: Stand, channel: str, rate: float) -> Iterator[None]:
    """a temperature sensor rises in a straight line, from what it shows now on"""
    bench, name = stand.bench, stand.bench.channel(channel).name
    start_us, place = bench.now_us, bench.channel(channel).watches
    from_c = bench.forced.get(name, bench.plant.read(place))
    lasting = True

    def rise() -> None:
        if lasting:
            bench.force(name, min(_HOTTEST_C, from_c + rate * (bench.now_us - start_us) * 1e-6))
            bench.at(bench.now_us + _RAMP_STEP_US, rise)

    rise()
    yield
    lasting = False
    bench.force(name, None)


@fault("sensor H4 H5", "G1", channel=Choice(*_POWERS), power=Quantity("200 W", "0 W", "5 kW"))
def shows_power(stand: Stand, channel: str, power: float) -> Iterator[None]:
    """a power detector has a power at its coupler, whatever the generator gives"""
    yield from _forced(stand, channel, power)


@fault("sensor H4", "G1", channel=Choice("reference"), voltage=Quantity("2.2 V", "0 V", "3.3 V"))
def shows_voltage(stand: Stand, channel: str, voltage: float) -> Iterator[None]:
    """the second reference has a voltage"""
    yield from _forced(stand, channel, voltage)


@fault("sensor H9", "G1", needs="flow", flow=Quantity("0.5 L/min", "0 L/min", "10 L/min"))
def shows_flow(stand: Stand, flow: float) -> Iterator[None]:
    """the flow meter turns as with a flow, whatever the water does"""
    yield from _forced(stand, "flow", flow * 1e3)


@fault(
    "sensor H4",
    "G1",
    bound=bounds.by_own("range"),
    breaks="zeros",
    channel=Choice(*_POWERS, "reference"),
    level=Choice("zeros", "ones"),
)
def input_line(stand: Stand, channel: str, level: str) -> Iterator[None]:
    """an analogue input is stuck at one end of its range"""
    yield from broken(stand.bench, channel, level)


@fault("sensor H4", "G1", bound=bounds.by_own("stuck"), breaks="stuck", channel=Choice(*_POWERS))
def detector_stuck(stand: Stand, channel: str) -> Iterator[None]:
    """a power detector goes on giving the same voltage, without its noise"""
    yield from broken(stand.bench, channel, "stuck")


@fault("sensor H1 H9", "G1", bound=bounds.by_own("stale"), breaks="drdy_low", channel=Choice(*WATCHED))
def ready_line(stand: Stand, channel: str) -> Iterator[None]:
    """the ready line of a converter is stuck at ready, so that it never says that a conversion is new"""
    yield from broken(stand.bench, channel, "drdy_low")
