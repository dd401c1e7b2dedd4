"""Named faults: everything the rig can break. A new one is a function of a few lines under `@fault`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sonofuse.limits.problems import did_you_mean
from sonofuse.limits.units import DIMENSIONS, UnitError, quantity

from .platforms.vm import _ops

if TYPE_CHECKING:
    from .rig import Rig

Value = float | str


@dataclass(frozen=True)
class Quantity:
    """A parameter with a unit: its default and its bounds, all as people write them."""

    default: str
    low: str
    high: str

    @property
    def accepted(self) -> str:
        return f'"{self.low}" to "{self.high}"'

    def read(self, value: Any) -> float:
        """The value in the base unit of its dimension.

        Raises:
            UnitError: if it has another dimension or is out of bounds.
        """
        dimension = quantity(self.default, *DIMENSIONS)[1]
        amount = quantity(value, dimension)[0]
        if not quantity(self.low, dimension)[0] <= amount <= quantity(self.high, dimension)[0]:
            raise UnitError("is out of bounds", self.accepted)
        return amount


class Choice:
    """A parameter that is one of some words; the first is the default."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.default = words[0]

    @property
    def accepted(self) -> str:
        return " or ".join(f'"{word}"' for word in self.words)

    def read(self, value: Any) -> str:
        """The word.

        Raises:
            UnitError: if it is none of them.
        """
        if value not in self.words:
            raise UnitError("is not one of the choices", f"{did_you_mean(str(value), self.words)} ({self.accepted})")
        return str(value)


Parameter = Quantity | Choice


@dataclass(frozen=True)
class Fault:
    """One fault: what breaks, which hazards (domain sheet C) it leads to and which guarantee answers it.

    `apply(rig, **values)` breaks it at the time of the bench; the values are in base units (s, W, K, degC, L/min, 1).
    """

    name: str
    text: str
    hazards: tuple[str, ...]
    guarantee: str
    apply: Callable[..., None]
    parameters: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])

    def values(self, given: Mapping[str, Any] = {}) -> dict[str, Value]:  # noqa: B006 - read only
        """All parameters in base units, defaults filled in.

        Raises:
            UnitError: if one is unknown, of another unit or out of bounds.
        """
        for name in given:
            if name not in self.parameters:
                raise UnitError(f"{self.name} has no parameter {name!r}", did_you_mean(name, self.parameters))
        return {name: kind.read(given.get(name, kind.default)) for name, kind in self.parameters.items()}


_FAULTS: dict[str, Fault] = {}
_CONVERTED = ("skin_a", "skin_b", "transducer", "water")


def fault(hazards: str, guarantee: str, **parameters: Parameter) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as the fault of its name; its docstring is the fault's text."""

    def register(apply: Callable[..., None]) -> Callable[..., None]:
        name, text = apply.__name__, " ".join((apply.__doc__ or "").split())
        assert name not in _FAULTS and text, f"fault {name}: one name, one text"
        _FAULTS[name] = Fault(name, text, tuple(hazards.split()), guarantee, apply, parameters)
        return apply

    return register


def fault_names() -> list[str]:
    """The names of all faults, sorted."""
    return sorted(_FAULTS)


def get(name: str) -> Fault:
    """The fault of that name.

    Raises:
        KeyError: if there is none; the message says which are known.
    """
    if name not in _FAULTS:
        raise KeyError(f"no fault {name!r}: {did_you_mean(name, _FAULTS)}")
    return _FAULTS[name]


# ---- patient and beam


@fault("H1", "G1", coupling=Quantity("20 %", "0 %", "100 %"))
def lost_coupling(rig: Rig, coupling: float) -> None:
    """the transducer lifts off the skin: only a part of the power enters, the rest comes back and heats the skin"""
    rig.bench.plant.set_coupling(coupling)


@fault("H2", "G1", part=Quantity("100 %", "0 %", "100 %"))
def focus_on_skin(rig: Rig, part: float) -> None:
    """the beam is focused on the skin instead of the bone"""
    rig.bench.plant.set_focus_on_skin(part)


@fault("H8", "G10")
def patient_stop(rig: Rig) -> None:
    """the patient presses the stop button: the normally closed loop opens"""
    rig.bench.force("stop_loop", 0.0)


# ---- RF chain


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


@fault("H5", "G1")
def console_hung(rig: Rig) -> None:
    """the console hangs: it neither switches the generator off nor ends the sonication"""
    rig.operator.hung = True


@fault("H5", "G11", switch=Choice("second", "first"))
def welded_relay(rig: Rig, switch: str) -> None:
    """an interlock relay is welded: it stays closed whatever its coil does"""
    rig.bench.relays[("first", "second").index(switch)].fault = "welded"


@fault("H5", "G11", switch=Choice("second", "first"))
def broken_relay(rig: Rig, switch: str) -> None:
    """an interlock relay opens and never closes again"""
    rig.bench.relays[("first", "second").index(switch)].fault = "broken"


@fault("sensor H4", "G1", channel=Choice("forward", "reflected"))
def detector_dead(rig: Rig, channel: str) -> None:
    """a power detector dies: its output falls below the live zero"""
    rig.bench.detectors[channel].fault = "dead"


@fault("sensor H4", "G1", error=Quantity("2 %", "-20 %", "20 %"))
def reference_error(rig: Rig, error: float) -> None:
    """the reference of the analogue inputs is off, and every power with it"""
    rig.bench.vref.error = error


# ---- temperature and cooling


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


# ---- microcontroller and supply


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
