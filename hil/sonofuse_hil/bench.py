"""The bench: every signal of one board, from the permit through generator, tissue and sensors back to the pins."""

import heapq
from collections.abc import Callable

from sonofuse.board import FORWARD, READBACKS, REFLECTED, STOP_LOOP, SUPPLY, Board, BoardChannel

from .analog import Analog, Counts
from .parts.check import NEVER_US
from .parts.contact import Contact
from .parts.flow import Flow
from .parts.max31865 import Max31865
from .parts.supply import Supply
from .plant import LayeredPlant
from .plant.transducer import EFFICIENCY
from .rf_chain import History as History
from .rf_chain import RfChain
from .thermometers import Thermometers
from .tolerances import Tolerances as Tolerances

Filter = Callable[[int, bytes], bytes]  # time in µs, bytes that begin their way -> those that arrive now
_QUEUE, _POWER, _FLOW, _CONTACTS, _CONVERTERS = range(5)  # places in the list of what is due next


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
        self.permit_pins = (board.pins["permit"], board.pins["second"])
        self.history = History()
        self.forced: dict[str, float] = {}  # channel -> what its converter sees, whatever the plant does
        self.on_received: Callable[[int, bytes], None] = lambda _t_us, _data: None
        self.to_board: list[Filter] = []  # what is wrong with each direction of the line, one after the other
        self.from_board: list[Filter] = []
        self.on_power: list[Callable[[float], None]] = []  # told the forward power, W, whenever it may have changed
        self.now_us = 0
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._queued = 0
        self._send = bytearray()
        self.outputs: dict[int, int] = {}  # levels of the board's output pins, as far as they were set
        self._supplied = True  # by the stop loop, as the relays last saw it
        self.rf = RfChain(self.history, tolerances, seed)
        self.relays, self.generator, self.coupler = self.rf.relays, self.rf.generator, self.rf.coupler
        t = tolerances
        self.thermometers = Thermometers(
            board, self.plant, self.forced, t.offsets_c, t.lag_s, t.temperature_noise_c, seed, t.sensor_error_per_c
        )
        self.sensors = self.thermometers.all
        self.analog = Analog(board, self.thermometers, t, seed)
        self.detectors, self.adcs, self.vref = self.analog.detectors, self.analog.adcs, self.analog.vref
        self.converters: dict[int, tuple[str, Max31865]] = {}  # by chip select
        self.contacts: dict[str, Contact] = {}
        self.flow: Flow | None = None
        self.supply = Supply(
            error=t.supply_error,
            ripple_v=t.supply_ripple_v,
            threshold_error=t.supply_threshold_error,
            tempco_per_k=t.supply_tempco_per_k,
        )
        self.supply.warmth_k = t.warmth_k
        self._selected = -1
        for channel in board.channels:
            self._wire(channel, seed)
        self._stop = next((self.contacts[c.name] for c in board.channels if c.watches == STOP_LOOP), None)
        self._levels = [
            (c.name, self.contacts[c.name], 1 << int(c.settings["pin"]))
            for c in board.channels
            if c.driver == "contact"
        ]
        self._flow_mask = next((1 << int(c.settings["pin"]) for c in board.channels if c.driver == "pulses"), 0)
        self._ready = [  # (chip select, converter, mask of DRDY)
            (int(c.settings["cs"]), self.converters[int(c.settings["cs"])][1], 1 << int(c.settings["drdy"]))
            for c in board.channels
            if c.driver == "max31865"
        ]
        self._pins = 1 << board.pins["service"]
        wired = {"max31865": "drdy", "contact": "pin", "pulses": "pin"}
        self.input_pins = (
            board.pins["service"],
            *(int(c.settings[wired[c.driver]]) for c in board.channels if c.driver in wired),
        )
        self.output_pins = (board.pins["buzzer"], *self.converters)
        self._ahead_us = [0] * len(self._ready)
        self._flow_ahead_us = 0
        self._plant_us = 0
        self._due = [0] * (_CONVERTERS + len(self._ready))
        self._next_us = 0
        self.changed()

    def _wire(self, channel: BoardChannel, seed: int) -> None:
        name, settings = channel.name, channel.settings
        if channel.driver == "max31865":
            t = self.tolerances
            converter = Max31865(
                lambda t_us: self.thermometers.ohm(name, t_us),
                float(settings["rref_ohm"]),
                noise_codes=t.converter_noise_codes,
                seed=seed * 100 + 61 + len(self.converters),
                rref_error=t.rref_error,
                rref_tempco_per_k=t.rref_tempco_per_k,
            )
            converter.warmth_k = t.warmth_k
            self.converters[int(settings["cs"])] = (name, converter)
        elif channel.driver == "pulses":
            t = self.tolerances
            self.flow = Flow(
                int(settings["pulses_per_litre"]), t.flow_ml_min, t.flow_error, t.flow_noise, seed * 100 + 60
            )
        elif channel.driver == "contact":
            bad = name in READBACKS or (channel.watches == SUPPLY and not self.supply.good())
            self.contacts[name] = Contact(closed=not bad)
        elif channel.driver != "adc":  # those are wired by sonofuse_hil.analog
            raise ValueError(f"board channel {name}: no part for driver {channel.driver}")
        elif channel.quantity == "power" and channel.watches not in (FORWARD, REFLECTED):
            raise ValueError(f"board {self.board.name}: no part for channel {name}: it watches {channel.watches!r}")

    # ---- for scenarios

    def at(self, t_us: int, action: Callable[[], None]) -> None:
        """Do something at a time; equal times in the order of the calls."""
        heapq.heappush(self._queue, (t_us, self._queued, action))
        self._queued += 1
        self._due[_QUEUE] = self._queue[0][0]
        self._next_us = min(self._next_us, t_us)

    def changed(self) -> None:
        """Something outside the bench's own events changed a part: look at everything again."""
        now = self.now_us
        self._power(now)
        self._turn(now)
        self._touch(now)
        for number in range(len(self._ready)):
            self._convert(now, number)
        self._next_us = min(self._due)

    def channel(self, name: str) -> BoardChannel:
        """The channel of that name, or the one that watches it.

        Raises:
            KeyError: if the board has neither.
        """
        found = next((entry for entry in self.board.channels if entry.name == name), self.board.watching(name))
        if found is None:
            raise KeyError(f"board {self.board.name} has no signal for {name}: not covered")
        return found

    def force(self, channel: str, value: float | None) -> None:
        """Let the converter of a channel see this value (degC, W, V, mL/min, 0 or 1) from now on; None ends it.

        Raises:
            KeyError: if the board has no such channel.
        """
        wired = self.channel(channel)
        name = wired.name
        if value is None:
            self.forced.pop(name, None)
        else:
            self.forced[name] = value
        if name in self.contacts:
            self.contacts[name].set(self.now_us, bool(value) if value is not None else True)
        elif self.flow is not None and wired.driver == "pulses":
            ml_min = self.tolerances.flow_ml_min if value is None else round(value)
            self.flow.set_flow(self.flow_now_us, ml_min)
        self.changed()

    def feed(self, volts: float | None) -> None:
        """Let the rail of the supply have this voltage from now on; None: its own. Its supervisor says what it thinks.

        Raises:
            KeyError: if the board has no supervisor.
            ValueError: if the voltage is NaN or out of range.
        """
        self.supply.volts = self.supply.usual_v if volts is None else volts
        level = float(self.supply.good())
        said = None if volts is None and level else level
        if self.supply.delay_us == 0:
            self.force(SUPPLY, said)
        else:
            self.at(self.now_us + self.supply.delay_us, lambda: self.force(SUPPLY, said))

    @property
    def watts(self) -> float:
        """Electrical forward power now."""
        return self.rf.watts

    @property
    def flow_now_us(self) -> int:
        """The time of the flow meter, which may be ahead of the firmware."""
        return max(self.now_us, self._flow_ahead_us)

    def converter(self, channel: str) -> Max31865:
        """The converter of a temperature channel.

        Raises:
            KeyError: if the channel has none.
        """
        wanted = self.channel(channel).name
        for name, converter in self.converters.values():
            if name == wanted:
                return converter
        raise KeyError(f"board {self.board.name} reads {wanted} without a converter of its own")

    # ---- for the platform

    def next_event_us(self) -> int:
        return self._next_us

    def advance(self, t_us: int) -> None:
        while self._next_us <= t_us:
            self.now_us = now = max(self.now_us, self._next_us)
            due = self._due
            while self._queue and self._queue[0][0] <= now:
                heapq.heappop(self._queue)[2]()
            due[_QUEUE] = self._queue[0][0] if self._queue else NEVER_US
            if due[_POWER] <= now:
                self._power(now)
            if due[_CONTACTS] <= now:
                self._touch(now)
            self._converters(now)
        self.now_us = max(self.now_us, t_us)

    def foresee(self, t_us: int, most: int) -> tuple[int, list[int]]:
        """Go ahead to `t_us`, or to what comes first of: an event of scenario, relays or contacts, `most` steps.

        Returns the time and the steps on the way, each in four words (platforms/vm/_ops.py): how long after now, the
        pins from then on, and where it is the end of a conversion its DRDY's mask, the converter's place << 16 | what
        it shows. Only converters and the flow meter, which no output reaches, move; their parts are then ahead of the
        firmware.
        """
        due, now = self._due, self.now_us
        t_us = min(t_us, due[_QUEUE], due[_POWER], due[_CONTACTS])
        steps: list[int] = []
        while self._next_us < t_us:
            if len(steps) >= 4 * most:
                return self._next_us, steps
            at, before = self._next_us, self._pins
            ended = self._converters(at)
            for number in ended:
                _, converter, mask = self._ready[number]
                steps += (at - now, self._pins, mask, number << 16 | converter.result)
            if not ended and self._pins != before:
                steps += (at - now, self._pins, 0, 0)
        return t_us, steps

    def readings(self) -> list[int]:
        """What every converter shows now, in three words each (platforms/vm/_ops.py)."""
        words: list[int] = []
        for cs, converter, mask in self._ready:
            words += (1 << cs, 0 if converter.fault == "drdy_low" else mask, converter.result)
        return words

    def was_read(self, t_us: int, place: int) -> None:
        """A result that was granted has been read."""
        _, converter, mask = self._ready[place]
        converter.was_read(t_us)
        self._set(mask, converter.level)

    def adc(self, t_us: int = 0) -> Counts:
        """The converter's inputs now, or at a later time that was foreseen."""
        return self.analog.counts(max(t_us, self.now_us))

    def adc_block(self, t_us: int, slots: int) -> bytes:
        """The converter's inputs from now on, a reading for every millisecond: four 16-bit counts each."""
        return self.analog.block(max(t_us, self.now_us), slots)

    def transfer(self, t_us: int, data: bytes) -> tuple[bytes, int]:
        """One SPI transaction with whichever converter is selected: its answer, and the pins that it leaves high."""
        for number, (cs, converter, mask) in enumerate(self._ready):
            if cs == self._selected:
                ahead_us = max(t_us, self._ahead_us[number])  # it may have converted ahead of the firmware
                answer = converter.transfer(ahead_us, data)
                self._convert(ahead_us, number)
                self._next_us = min(self._due)
                return answer, self._pins & mask
        return bytes(len(data)), 0

    def exchange(self, t_us: int, byte: int) -> int:
        """One byte on SPI, for a platform that shifts bytes; nobody selected leaves the line low."""
        for number, (cs, converter, _) in enumerate(self._ready):
            if cs == self._selected:
                answer = converter.exchange(t_us, byte)
                self._convert(t_us, number)
                self._next_us = min(self._due)
                return answer
        return 0

    @property
    def levels(self) -> int:
        """All pins that the bench drives, as a mask."""
        return self._pins

    def pin(self, t_us: int, pin: int, level: int) -> None:
        self.history.pins.append((t_us, pin, level))
        self.outputs[pin] = level
        if pin in self.converters:
            self._selected = -1 if level else pin
            if not level:
                self.converters[pin][1].select()

    def permit(self, t_us: int, switch: int, edges: bool) -> None:
        self.rf.permit(t_us, switch, edges)
        self._power(max(t_us, self.now_us))  # an end is told when no edge has followed
        self._next_us = min(self._due)

    def received(self, t_us: int, data: bytes) -> None:
        for spoil in self.from_board:
            data = spoil(t_us, data)
        if data:
            self.on_received(t_us, data)

    def send(self, data: bytes) -> None:
        """Put bytes on the line to the board."""
        for spoil in self.to_board:
            data = spoil(self.now_us, data)
        self._send += data

    def put(self, data: bytes) -> None:
        """Bytes that have come through the line already."""
        self._send += data

    @property
    def waiting(self) -> int:
        """Bytes on the line that the board has not taken yet."""
        return len(self._send)

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
        self.outputs.clear()

    # ---- inside

    # Each of these brings one kind of part up to date and notes when it changes next by itself.

    def _power(self, t_us: int) -> None:
        """Pumps, stop loop, relays, read-backs, generator, plant, detectors."""
        supplied = self._stop is None or bool(self._stop.level(t_us))
        moved, self._due[_POWER] = self.rf.switch(t_us, supplied)
        for number, closed in moved:
            name = READBACKS[number]
            if name in self.contacts and name not in self.forced:
                self.contacts[name].set(t_us, closed)
                self._touch(t_us)
        if self.rf.changes_power(t_us):
            # A sensor may have asked it ahead of the firmware.
            self.plant.advance_to(max(t_us, self.thermometers.seen_us) * 1e-6)
            self.plant.set_power(self.rf.entering_w * EFFICIENCY)
        for follow in self.on_power:
            follow(self.rf.watts)
        self.analog.refresh(t_us, self.rf.shown_w(self.plant.reflection()), self.forced)

    def _converters(self, now: int) -> list[int]:
        """Whatever of flow meter and converters is due now; which converters that were."""
        due = self._due
        if due[_FLOW] <= now:
            self._turn(now)
        ended = [number for number in range(len(self._ready)) if due[_CONVERTERS + number] <= now]
        for number in ended:
            self._convert(now, number)
        self._next_us = min(due)
        assert self._next_us > now, "a part's next event must come later"
        return ended

    def _turn(self, t_us: int) -> None:
        if self.flow is not None:
            self._flow_ahead_us = t_us = max(t_us, self._flow_ahead_us)
            self._set(self._flow_mask, self.flow.level(t_us))
            self._due[_FLOW] = self.flow.next_event_us()
        else:
            self._due[_FLOW] = NEVER_US

    def _touch(self, t_us: int) -> None:
        due = NEVER_US
        for name, contact, mask in self._levels:
            level = contact.level(t_us)
            if bool(self._pins & mask) != bool(level):
                self.history.contacts.append((t_us, name, level))
            self._set(mask, level)
            due = min(due, contact.next_event_us())
        self._due[_CONTACTS] = due
        if self._stop is not None and bool(self._stop.level(t_us)) != self._supplied:
            self._supplied = not self._supplied
            self._power(t_us)

    def _convert(self, t_us: int, number: int) -> None:
        _, converter, mask = self._ready[number]
        self._ahead_us[number] = t_us = max(t_us, self._ahead_us[number])
        converter.advance(t_us)
        self._set(mask, converter.drdy(t_us))
        self._due[_CONVERTERS + number] = converter.next_event_us()

    def _set(self, mask: int, level: int) -> None:
        self._pins = self._pins | mask if level else self._pins & ~mask
