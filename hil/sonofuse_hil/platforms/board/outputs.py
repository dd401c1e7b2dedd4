"""What a bench wants the monitor to see, as a signal board can show it; what it cannot show is refused, never dropped.

Contacts, power levels, flow and the interlock follow the bench. Temperatures do not: each converter reads a fixed
resistor, of which the board can switch to a second, warm one, or open the wire. As long as the bench wants a channel
within the band in which no check can act, the first stands for it.
"""

import copy
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from sonofuse.board import Board

from ...bench import Bench
from ...parts.check import NEVER_US
from ...parts.flow import PULSE
from ...parts.pt100 import A, B
from ..process import RigError
from .wire import PINS, P

FULL = 2048  # steps of the levels; a step is 1.46 mV or 0.06 dB at an AD8307 (25 mV/dB)
COOL_OHM, STEP_OHM = 107.0, 11.0  # resistors in the place of each PT100 (docs/wiring.md)
_NEAR_K = 1.0  # a wanted temperature that the warm resistor stands for
# Where fixed resistors may stand for a channel: below its warning (domain sheet E) and above freezing sensors.
_BAND_C = {"skin_a": (5.0, 38.0), "skin_b": (5.0, 38.0), "transducer": (5.0, 37.0), "water": (16.0, 24.5)}
_TEMPERATURES = tuple(_BAND_C)


def celsius(ohm: float) -> float:
    """The temperature that a PT100 of this resistance has, for 0 degC and more (IEC 60751)."""
    return (math.sqrt(A * A - 4 * B * (1 - ohm / 100)) - A) / (2 * B)


COOL_C, WARM_C = celsius(COOL_OHM), celsius(COOL_OHM + STEP_OHM)
_WIRED = ("stop_loop", "supply", "permit_readback", "second_readback")
_SIGNALS = {
    "permit": PINS.PERMIT,
    "second": PINS.SECOND,
    "buzzer": PINS.BUZZER,
    "stop_loop": PINS.STOP_LOOP,
    "supply": PINS.SUPPLY,
    "permit_readback": PINS.PERMIT_READBACK,
    "second_readback": PINS.SECOND_READBACK,
    "flow": PINS.FLOW,
    "forward": PINS.FORWARD,
    "reflected": PINS.REFLECTED,
    "reference": PINS.REFERENCE,
}
_FORMAT = struct.Struct("<HBBHHHHHI")


class NotCoveredError(RigError):
    """Something that a rig with real boards cannot do; the text says what."""

    def __init__(self, what: str) -> None:
        super().__init__(f"not covered on board: {what}; use --on unix or --on rp2040")


@dataclass(frozen=True)
class Outputs:
    """Everything that a signal board drives, but for the time from which on (signal/protocol.py)."""

    contacts: int
    interlock: int
    temperatures: int
    levels: tuple[int, int, int, int, int]
    half_flow: int

    def pack(self) -> bytes:
        """As the board takes it."""
        return _FORMAT.pack(self.contacts, self.interlock, self.temperatures, *self.levels, self.half_flow)


def check_board(board: Board) -> None:
    """Whether the signal board has a wire for every signal of a monitor.

    Raises:
        NotCoveredError: if the monitor has a channel that is not wired, or elsewhere.
    """
    for name in ("permit", "second", "buzzer"):
        _wired(name, board.pins[name])
    for channel in board.channels:
        if channel.driver == "max31865":
            if channel.name not in _TEMPERATURES:
                raise NotCoveredError(f"no resistors for channel {channel.name} of board {board.name}")
        else:
            _wired(channel.name, int(channel.settings["pin"]))


def _wired(name: str, pin: int) -> None:
    if _SIGNALS.get(name) != pin:
        raise NotCoveredError(f"{name} at GP{pin}: the signal board has it at {_SIGNALS.get(name, 'no pin')}")


class View:
    """Looks at a bench. `on_w` is forward power with the interlock closed, W, as last looked at."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.on_w = 0.0
        self.run_low = self.cut = False
        self.dropped: frozenset[int] = frozenset()

    def outputs(self) -> Outputs:
        """What the bench wants now.

        Raises:
            NotCoveredError: if the signal board cannot show it.
        """
        bench = self._bench
        now = bench.now_us
        for name in bench.contacts:
            if name.endswith("_readback") and (name in bench.forced or bench.contacts[name].fault):
                raise NotCoveredError(f"{name} that does not follow its relay")
        contacts = (
            (P.STOP_LOOP if bench.contacts["stop_loop"].level(now) else 0)
            | (P.SUPPLY if bench.contacts["supply"].level(now) else 0)
            | (P.RUN_LOW if self.run_low else 0)
            | (P.CUT if self.cut else 0)
        )
        interlock = 0
        for number, relay in enumerate(bench.relays):
            bits = {"welded": P.WELDED, "broken": P.BROKEN, "": 0}[relay.fault]
            interlock |= (bits | (P.DROPPED if number in self.dropped else 0)) << number
        return Outputs(contacts, interlock, self._temperatures(), self._levels(), self._half_flow())

    def _levels(self) -> tuple[int, int, int, int, int]:
        bench = self._bench
        ungated = copy.copy(bench.generator)
        ungated.interlock = ()
        self.on_w = on_w = ungated.watts(bench.now_us)
        reflection = bench.plant.reflection()
        off = (bench.coupler.forward_w(0.0, 0.0), bench.coupler.reflected_w(0.0, reflection))
        on = (bench.coupler.forward_w(on_w, 0.0), bench.coupler.reflected_w(on_w, reflection))
        reference_v = bench.forced.get("reference", bench.analog.second.volts(bench.now_us))
        return (
            self._power("forward", off[0]),
            self._power("reflected", off[1]),
            self._power("forward", on[0]),
            self._power("reflected", on[1]),
            self._steps("reference", reference_v),
        )

    def _power(self, name: str, watts: float) -> int:
        return self._steps(name, self._bench.detectors[name].volts(self._bench.forced.get(name, watts)))

    def _steps(self, name: str, volts: float) -> int:
        """Steps of the output; an error of the converter's reference shows as the opposite error of every input."""
        fault = self._bench.adcs[name].fault
        if fault == "stuck":
            raise NotCoveredError(f"{name}: a converter of the microcontroller that repeats its last count")
        if fault:
            return 0 if fault == "zeros" else FULL
        share = volts / self._bench.vref.volts(self._bench.now_us)
        return max(0, min(FULL, round(share * FULL)))

    def _half_flow(self) -> int:
        flow = self._bench.flow
        if flow is None:
            return P.FLOW_LOW
        if flow.next_event_us() == NEVER_US:
            return P.FLOW_HIGH if flow.level(self._bench.now_us) else P.FLOW_LOW
        ml_min = self._bench.forced.get("flow", self._bench.tolerances.flow_ml_min)
        return round(PULSE / (ml_min * flow.pulses_per_litre) / 2 / P.FLOW_US)

    def _temperatures(self) -> int:
        bits = 0
        for name, converter in self._bench.converters.values():
            place = _TEMPERATURES.index(name)
            fault = converter.fault
            if fault == "open":
                bits |= P.OPEN << place
            elif fault:
                raise NotCoveredError(f"{name}: a converter with fault {fault!r}")
            elif self._is_warm(name):
                bits |= P.WARM << place
        return bits

    def _is_warm(self, name: str) -> bool:
        sensor = self._bench.sensors[name]
        if sensor.drift_c_per_s:
            raise NotCoveredError(f"{name}: a sensor that drifts")
        wanted_c = self._bench.forced.get(name)
        if wanted_c is None:
            wanted_c = self._bench.plant.read(name) + sensor.offset_c
        if abs(wanted_c - WARM_C) <= _NEAR_K:
            return True
        low_c, high_c = _BAND_C[name]
        if not low_c <= wanted_c <= high_c:
            raise NotCoveredError(
                f"{name} at {wanted_c:.1f} degC: its resistors show {COOL_C:.1f} and {WARM_C:.1f} degC, for "
                f"{low_c:g} to {high_c:g} degC and for themselves"
            )
        return False


def signals() -> Iterable[tuple[str, int]]:
    """Every signal of a monitor that the board has a wire for, and its pin on both boards."""
    return _SIGNALS.items()
