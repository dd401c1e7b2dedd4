"""Breaks the part behind a channel, whatever part the board has there."""

from collections.abc import Iterator

from sonofuse.board import BoardChannel

from .bench import Bench
from .parts.ad8307 import Ad8307
from .parts.adc import Adc
from .parts.contact import Contact
from .parts.flow import Flow
from .parts.max31865 import Max31865
from .parts.ntc import Ntc

_DETECTORS = {"ad8307": Ad8307.FAULTS, "ntc": Ntc.FAULTS, "voltage": ()}
_DRIVERS = {"max31865": Max31865.FAULTS, "pulses": Flow.FAULTS, "contact": Contact.FAULTS}


def faults_of(channel: BoardChannel) -> tuple[str, ...]:
    """Every fault that the parts of a channel have."""
    if channel.driver == "adc":
        return (*_DETECTORS[str(channel.settings["detector"])], *Adc.FAULTS)
    return _DRIVERS[channel.driver]


def broken(bench: Bench, name: str, fault: str) -> Iterator[None]:
    """Break what is behind a channel, and mend it when asked for more, unless it is broken in another way by then.

    Raises:
        KeyError, ValueError: as `break_part`.
    """
    break_part(bench, name, fault)
    yield
    if _fault_of(bench, bench.channel(name)) == fault:
        break_part(bench, name, "")


def break_part(bench: Bench, name: str, fault: str) -> None:
    """Break what is behind a channel (its name, or what it watches), or mend it with "".

    Raises:
        KeyError: if the board has no such channel.
        ValueError: if no part of it has that fault.
    """
    channel = bench.channel(name)
    if fault and fault not in faults_of(channel):
        known = ", ".join(faults_of(channel))
        raise ValueError(f"channel {channel.name}: no part of it has the fault {fault!r}: choose from {known}")
    name = channel.name
    if channel.driver == "max31865":
        bench.converter(name).set_fault(bench.now_us, fault)
    elif channel.driver == "pulses":
        assert bench.flow is not None
        bench.flow.set_fault(bench.now_us, fault)
    elif channel.driver == "contact":
        bench.contacts[name].fault = fault
    else:
        sensor = bench.thermometers.ntcs.get(name) or bench.detectors.get(name)
        if sensor is not None:
            sensor.fault = fault if fault in sensor.FAULTS else ""
        bench.adcs[name].fault = fault if fault in Adc.FAULTS else ""


def _fault_of(bench: Bench, channel: BoardChannel) -> str:
    """What is broken behind a channel, "" = nothing."""
    name = channel.name
    if channel.driver == "max31865":
        return bench.converter(name).fault
    if channel.driver == "pulses":
        assert bench.flow is not None
        return bench.flow.fault
    if channel.driver == "contact":
        return bench.contacts[name].fault
    sensor = bench.thermometers.ntcs.get(name) or bench.detectors.get(name)
    return (sensor.fault if sensor is not None else "") or bench.adcs[name].fault
