"""A relay contact: it follows its coil after a delay, or does not, when it is welded or broken."""

from .check import NEVER_US, known, later, number
from .noise import Noise


class Relay:
    """A normally open contact.

    Args:
        pull_in_us: coil on to contact closed (8 ms: this project's choice).
        release_us: coil off to contact open (5 ms: this project's choice).
        jitter_us: up to so much more, evenly spread, each time it moves. seed: of that.
        The times may be changed at any time, for a coil that is warm or a spring that is tired.

    Faults: "welded": closed whatever the coil does; "broken": never closes.
    """

    FAULTS = ("welded", "broken")

    def __init__(self, pull_in_us: int = 8_000, release_us: int = 5_000, jitter_us: int = 0, seed: int = 1) -> None:
        self.pull_in_us = int(number("relay pull_in_us", pull_in_us, 0, 1_000_000))
        self.release_us = int(number("relay release_us", release_us, 0, 1_000_000))
        self.jitter_us = int(number("relay jitter_us", jitter_us, 0, 1_000_000))
        self._noise = Noise(seed)
        self._on = False
        self._closed = False
        self._due_us = NEVER_US
        self._now_us = 0
        self._fault = ""

    @property
    def fault(self) -> str:
        """What is broken, "" = nothing."""
        return self._fault

    @fault.setter
    def fault(self, fault: str) -> None:
        self._fault = known("relay", fault, self.FAULTS)

    def coil(self, t_us: int, on: bool) -> None:
        """Switch the coil; a pulse shorter than the delay leaves the contact as it is."""
        self._advance(t_us)
        if on == self._on:
            return
        self._on = on
        if on == self._closed:
            self._due_us = NEVER_US
        else:
            self._due_us = t_us + (self.pull_in_us if on else self.release_us)
            if self.jitter_us > 0:
                self._due_us += self._noise.bits() % (self.jitter_us + 1)
            self._advance(t_us)

    def closed(self, t_us: int) -> bool:
        """Whether the contact is closed.

        Raises:
            ValueError: if time runs backwards.
        """
        self._advance(t_us)
        if self._fault:
            return self._fault == "welded"
        return self._closed

    def next_event_us(self) -> int:
        """When the contact moves, or NEVER_US."""
        return self._due_us

    def _advance(self, t_us: int) -> None:
        self._now_us = later("relay", t_us, self._now_us)
        if self._due_us <= t_us:
            self._closed = self._on
            self._due_us = NEVER_US
