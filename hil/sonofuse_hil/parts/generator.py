"""The RF generator: forward power while its gate is on and every interlock relay in series is closed."""

from .check import NEVER_US, known, number
from .relay import Relay


class Generator:
    """The generator; the output follows gate, set power and interlock at once.

    Args:
        interlock: the relays in series.
        error: relative error of the output, 0.05 = 5 % too much; may be changed at any time.
        overpower_w: output with the fault "overpower" (200 W: domain sheet, hazard H4).

    Faults: "stuck_on": the gate stays on; "overpower": full output whatever is set; "dead": no output.
    """

    FAULTS = ("stuck_on", "overpower", "dead")

    def __init__(self, interlock: tuple[Relay, ...], error: float = 0.0, overpower_w: float = 200.0) -> None:
        self.interlock = interlock
        self.error = number("generator error", error, -1.0, 10.0)
        self.overpower_w = number("generator overpower_w", overpower_w, 0.0, 1e4)
        self._set_w = 0.0
        self._gate = False
        self._fault = ""

    @property
    def fault(self) -> str:
        """What is broken, "" = nothing."""
        return self._fault

    @fault.setter
    def fault(self, fault: str) -> None:
        self._fault = known("generator", fault, self.FAULTS)

    @property
    def set_w(self) -> float:
        """The set power, W, as it would be read back."""
        return self._set_w

    @property
    def on(self) -> bool:
        """Whether the output is commanded on."""
        return self._gate

    def set_power(self, watts: float) -> None:
        """Set the forward power, W.

        Raises:
            ValueError: if it is NaN, negative or above 10 kW.
        """
        self._set_w = number("generator watts", watts, 0.0, 1e4)

    def gate(self, on: bool) -> None:
        """Command the output on or off."""
        self._gate = on

    def watts(self, t_us: int) -> float:
        """Forward power at a time, W.

        Raises:
            ValueError: if the error is NaN, or time runs backwards for a relay.
        """
        closed = True
        for relay in self.interlock:  # every relay is asked, so that each keeps its own time
            closed = relay.closed(t_us) and closed
        if not closed or self._fault == "dead" or not (self._gate or self._fault == "stuck_on"):
            return 0.0
        if self._fault == "overpower":
            return self.overpower_w
        return self._set_w * (1.0 + number("generator error", self.error, -1.0, 10.0))

    def next_event_us(self) -> int:
        """When a relay of the interlock moves, or NEVER_US."""
        due_us = NEVER_US
        for relay in self.interlock:
            due_us = min(due_us, relay.next_event_us())
        return due_us
