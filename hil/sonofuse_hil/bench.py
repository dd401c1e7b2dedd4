"""The bench: every signal of one board, from the permit through generator, tissue and sensors back to the pins."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from sonofuse.board import Board, BoardChannel

from .parts.ad8307 import Ad8307
from .parts.adc import Adc
from .parts.check import NEVER_US
from .parts.contact import Contact
from .parts.coupler import Coupler
from .parts.flow import Flow
from .parts.generator import Generator
from .parts.max31865 import Max31865
from .parts.pt100 import Pt100, resistance_ohm
from .parts.pump import ChargePump
from .parts.reference import Reference
from .parts.relay import Relay
from .plant import LayeredPlant

_NOISE = 8192  # draws per run: one draw per reading would cost more than the rest of an exchange
_EFFICIENCY = 0.65  # electrical to acoustic (domain sheet A, from memory)


@dataclass(frozen=True)
class Tolerances:
    """How far this bench differs from the drawing: errors of sensors and generator, and noise."""

    skin_a_offset_c: float = 0.0
    skin_b_offset_c: float = 0.0
    transducer_offset_c: float = 0.0
    water_offset_c: float = 0.0
    forward_error_db: float = 0.0
    reflected_error_db: float = 0.0
    generator_error: float = 0.0
    reference_error: float = 0.0
    temperature_noise_c: float = 0.02  # this project's choice: below the converter's step of 0.031 K
    detector_noise_v: float = 0.0005  # this project's choice: under one step of the ADC
    lag_s: float = 0.3
    flow_ml_min: int = 2000


@dataclass
class History:
    """What happened on a bench, in order; times in µs."""

    edges: list[tuple[int, int, bool]] = field(default_factory=list)  # time, switch, edges come
    relays: list[tuple[int, int, bool]] = field(default_factory=list)
    watts: list[tuple[int, float]] = field(default_factory=list)
    pins: list[tuple[int, int, int]] = field(default_factory=list)
    resets: list[tuple[int, str]] = field(default_factory=list)


class Bench:
    """Parts wired to the pins of a board (sonofuse_hil.platforms.unix.Bench is the side that a platform sees).

    Args:
        board: which channel is on which pin.
        plant: the tissue and the transducer.
        tolerances: errors of the parts.
        seed: of all noise.

    Raises:
        ValueError: if the board has a channel that no part can feed.
    """

    def __init__(
        self, board: Board, plant: LayeredPlant | None = None, tolerances: Tolerances = Tolerances(), seed: int = 1
    ) -> None:
        self.board, self.plant, self.tolerances = board, plant or LayeredPlant(), tolerances
        self.history = History()
        self.forced: dict[str, float] = {}  # channel -> what its converter sees, whatever the plant does
        self.on_received: Callable[[int, bytes], None] = lambda t_us, data: None
        self.now_us = 0
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._queued = 0
        self._send = bytearray()
        self.pumps = (ChargePump(), ChargePump())
        self.relays = (Relay(), Relay())
        self._edges_from = [0, 0]
        self._closed = [False, False]
        self.generator = Generator(self.relays, tolerances.generator_error)
        self.coupler = Coupler()
        self._watts = 0.0
        self._shown_w = (0.0, 0.0)
        self._noise: list[float] = np.random.default_rng(seed).normal(size=_NOISE).tolist()
        self._noise_at = 0
        self.vref = Reference(board.adc_reference_mv / 1000, 0.0)
        self.converters: dict[int, tuple[str, Max31865]] = {}  # by chip select
        self.sensors: dict[str, Pt100] = {}
        self.contacts: dict[str, Contact] = {}
        self.detectors: dict[str, Ad8307] = {}
        self.adcs: dict[str, Adc] = {}
        self.flow: Flow | None = None
        self._second_reference: Reference | None = None
        self._selected = -1
        for number, channel in enumerate(board.channels):
            self._wire(channel, seed * 100 + number + 1)
        self._analog = [c for c in board.channels if c.driver == "adc"]
        self._levels = [(c.name, int(c.settings["pin"])) for c in board.channels if c.driver == "contact"]
        self._flow_pin = next((int(c.settings["pin"]) for c in board.channels if c.driver == "pulses"), -1)
        self._idle_pins = 1 << board.pins["service"]
        self._next_us = 0

    def _wire(self, channel: BoardChannel, seed: int) -> None:
        name, settings, t = channel.name, channel.settings, self.tolerances
        if channel.driver == "max31865":
            offset = float(getattr(t, f"{name}_offset_c", 0.0))
            sensor = Pt100(float(settings["r0_ohm"]), t.lag_s, offset, t.temperature_noise_c, seed)
            converter = Max31865(lambda t_us: self._ohm(name, sensor, t_us), float(settings["rref_ohm"]))
            self.sensors[name] = sensor
            self.converters[int(settings["cs"])] = (name, converter)
        elif channel.driver == "adc":
            self.adcs[name] = Adc(self.vref)
            if settings["detector"] == "ad8307":
                error = float(getattr(t, f"{name}_error_db", 0.0))
                self.detectors[name] = Ad8307(float(settings["coupling_db"]), error)
            else:
                self._second_reference = Reference(float(settings["nominal_mv"]) / 1000, t.reference_error)
        elif channel.driver == "pulses":
            self.flow = Flow(int(settings["pulses_per_litre"]), t.flow_ml_min)
        elif channel.driver == "contact":
            self.contacts[name] = Contact(closed=not name.endswith("_readback"))
        else:
            raise ValueError(f"board channel {name}: no part for driver {channel.driver}")

    # ---- for scenarios

    def at(self, t_us: int, action: Callable[[], None]) -> None:
        """Do something at a time; equal times in the order of the calls."""
        heapq.heappush(self._queue, (t_us, self._queued, action))
        self._queued += 1
        self._next_us = min(self._next_us, t_us)

    def changed(self) -> None:
        """Something outside the bench's own events changed a part: look at everything again."""
        self._settle(self.now_us)

    def force(self, channel: str, value: float | None) -> None:
        """Let the converter of a channel see this value (degC, W, V, mL/min, 0 or 1) from now on; None ends it."""
        if value is None:
            self.forced.pop(channel, None)
        else:
            self.forced[channel] = value
        if channel in self.contacts:
            self.contacts[channel].set(self.now_us, bool(value) if value is not None else True)
        elif self.flow is not None and channel == "flow":
            self.flow.set_flow(self.now_us, round(value) if value is not None else self.tolerances.flow_ml_min)
        self._settle(self.now_us)

    @property
    def watts(self) -> float:
        """Electrical forward power now."""
        return self._watts

    def converter(self, channel: str) -> Max31865:
        """The converter of a temperature channel.

        Raises:
            KeyError: if the channel has none.
        """
        for name, converter in self.converters.values():
            if name == channel:
                return converter
        raise KeyError(channel)

    # ---- for the platform

    def next_event_us(self) -> int:
        return self._next_us

    def advance(self, t_us: int) -> None:
        while self._next_us <= t_us:
            self.now_us = max(self.now_us, self._next_us)
            while self._queue and self._queue[0][0] <= self.now_us:
                heapq.heappop(self._queue)[2]()
            for _, converter in self.converters.values():
                if converter.next_event_us() <= self.now_us:
                    converter.advance(self.now_us)
            self._settle(self.now_us)
        self.now_us = t_us

    def gpio(self) -> int:
        now = self.now_us
        pins = self._idle_pins
        for name, pin in self._levels:
            if self.contacts[name].level(now):
                pins |= 1 << pin
        if self.flow is not None and self.flow.level(now):
            pins |= 1 << self._flow_pin
        for channel in self.board.channels:
            if channel.driver == "max31865":
                cs = int(channel.settings["cs"])
                if self.converters[cs][1].drdy(now):
                    pins |= 1 << int(channel.settings["drdy"])
        return pins

    def adc(self) -> tuple[int, int, int, int]:
        counts = [0, 0, 0, 0]
        for channel in self._analog:
            name = channel.name
            volts = self._volts(name)
            self._noise_at = (self._noise_at + 1) % _NOISE
            volts += self.tolerances.detector_noise_v * self._noise[self._noise_at]
            counts[int(channel.settings["pin"]) - 26] = self.adcs[name].read_u16(self.now_us, volts)
        return (counts[0], counts[1], counts[2], counts[3])

    def transfer(self, t_us: int, data: bytes) -> bytes:
        if self._selected < 0:
            return bytes(len(data))
        converter = self.converters[self._selected][1]
        answer = converter.transfer(t_us, data)
        self._settle(t_us)
        return answer

    def pin(self, t_us: int, pin: int, level: int) -> None:
        self.history.pins.append((t_us, pin, level))
        if pin in self.converters:
            self._selected = -1 if level else pin

    def permit(self, t_us: int, switch: int, edges: bool) -> None:
        self.history.edges.append((t_us, switch, edges))
        if edges:
            self._edges_from[switch] = t_us
        self.pumps[switch].edges(self._edges_from[switch], NEVER_US if edges else t_us)
        self._settle(t_us)

    def received(self, t_us: int, data: bytes) -> None:
        self.on_received(t_us, data)

    def send(self, data: bytes) -> None:
        """Put bytes on the line to the board."""
        self._send += data

    def to_send(self, most: int) -> bytes:
        if not self._send:
            return b""
        data = bytes(self._send[:most])
        del self._send[:most]
        return data

    def reset(self, t_us: int, reason: str) -> None:
        self.history.resets.append((t_us, reason))
        self._selected = -1
        self._send.clear()

    # ---- inside

    def _ohm(self, name: str, sensor: Pt100, t_us: int) -> float:
        forced = self.forced.get(name)
        if forced is not None:
            return resistance_ohm(forced, sensor.r0_ohm)
        self.plant.advance_to(t_us * 1e-6)
        return sensor.sample(t_us, self.plant.read(name))

    def _volts(self, name: str) -> float:
        forced = self.forced.get(name)
        detector = self.detectors.get(name)
        if detector is None:
            if forced is not None:
                return forced
            assert self._second_reference is not None
            return self._second_reference.volts(self.now_us)
        if forced is None:
            forced = self._shown_w[0 if name == "forward" else 1]
        return detector.volts(forced)

    def _settle(self, t_us: int) -> None:
        """Let a change run through pumps, stop loop, relays, generator and plant, and find the next event."""
        stop = self.contacts.get("stop_loop")
        supplied = stop is None or bool(stop.level(t_us))
        for number, (pump, relay) in enumerate(zip(self.pumps, self.relays, strict=True)):
            relay.coil(t_us, pump.high(t_us) and supplied)
            closed = relay.closed(t_us)
            if closed != self._closed[number]:
                self._closed[number] = closed
                self.history.relays.append((t_us, number, closed))
                name = ("permit_readback", "second_readback")[number]
                if name in self.contacts and name not in self.forced:
                    self.contacts[name].set(t_us, closed)
        watts = self.generator.watts(t_us)
        if watts != self._watts:
            self._watts = watts
            self.history.watts.append((t_us, watts))
            self.plant.advance_to(t_us * 1e-6)
            self.plant.set_power(watts * _EFFICIENCY)
        reflection = self.plant.reflection()
        self._shown_w = (self.coupler.forward_w(watts, 0.0), self.coupler.reflected_w(watts, reflection))
        due = self._queue[0][0] if self._queue else NEVER_US
        for pump in self.pumps:
            change = pump.next_event_us()
            if t_us < change < due:
                due = change
        for relay in self.relays:
            due = min(due, relay.next_event_us())
        for _, converter in self.converters.values():
            due = min(due, converter.next_event_us())
        for contact in self.contacts.values():
            contact.level(t_us)
            due = min(due, contact.next_event_us())
        if self.flow is not None:
            self.flow.level(t_us)
            due = min(due, self.flow.next_event_us())
        assert due > t_us, "a part's next event must come later"
        self._next_us = due
