"""The interlock between permit and RF: pumps and relays as the rig's parts model them, or real relays that are read."""

from machine import Pin
from parts.pump import ChargePump
from parts.relay import Relay
from pins import PERMIT_READBACK, SECOND_READBACK

_ENDLESS_US = 1 << 62  # parts.check.NEVER_US


class Interlock:
    """Follows the permit's bursts. Times are whole microseconds that never run backwards (parts.check).

    `on_relay(switch, closed, time)` is called for every change of a contact; the read-backs follow it.
    """

    def __init__(self, on_relay: "Callable[[int, int, int], None]") -> None:
        self._on_relay = on_relay
        self._readbacks = (Pin(PERMIT_READBACK, Pin.OUT, value=0), Pin(SECOND_READBACK, Pin.OUT, value=0))
        self._wired = False
        self.reset(0)

    def reset(self, now_us: int) -> None:
        """No edge has come, both relays are open and sound."""
        self._pumps = (ChargePump(), ChargePump())
        self._relays = (Relay(), Relay())
        self._first_us = [0, 0]
        self._dropped = [False, False]
        self._supplied = False
        self._now_us = self._due_us = now_us
        self.closed = [0, 0]
        self.wire(False)
        for pin in self._readbacks:
            pin(0)

    def wire(self, real: bool) -> None:
        """Whether real relays are wired to the read-backs; then nothing is driven, and their levels are told."""
        self._wired = real
        for pin in self._readbacks:
            if real:
                pin.init(Pin.IN, Pin.PULL_DOWN)
            else:
                pin.init(Pin.OUT)

    def supply(self, t_us: int, supplied: bool) -> None:
        """The stop loop gives or takes the relays' supply, or has done so already."""
        self.step(t_us)
        self._supplied = supplied
        self._look(max(t_us, self._now_us))

    def break_switch(self, switch: int, welded: bool, broken: bool, dropped: bool) -> None:
        self._relays[switch].fault = "welded" if welded else "broken" if broken else ""
        self._dropped[switch] = dropped
        self._due_us = self._now_us

    def edges(self, switch: int, t_us: int, last: bool) -> None:
        """A burst of edges has begun, or has had its last edge."""
        if self._dropped[switch]:
            return
        if not last:
            self._first_us[switch] = t_us
        self._pumps[switch].edges(self._first_us[switch], t_us if last else _ENDLESS_US)
        self._due_us = self._now_us

    def step(self, now_us: int) -> None:
        """Carry out everything that is due by now, each at its own time, or as soon as it is known."""
        while self._due_us <= now_us:
            self._look(max(self._due_us, self._now_us))
        if self._wired:
            self._look(now_us)

    def _look(self, t_us: int) -> None:
        self._now_us = t_us
        due = _ENDLESS_US
        for switch in (0, 1):
            relay = self._relays[switch]
            pump = self._pumps[switch]
            relay.coil(t_us, pump.high(t_us) and self._supplied)
            closed = self._readbacks[switch]() if self._wired else int(relay.closed(t_us))
            if closed != self.closed[switch]:
                self.closed[switch] = closed
                if not self._wired:
                    self._readbacks[switch](closed)
                self._on_relay(switch, closed, t_us)
            due = min(due, pump.next_event_us(), relay.next_event_us())
        self._due_us = due
