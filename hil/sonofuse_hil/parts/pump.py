"""The charge pump between the permit pin and its relay: only edges keep it up, a level of either kind does not."""

from .check import NEVER_US, later, number


class ChargePump:
    """Output high while the last edge is younger than the hold time.

    Args:
        rise_us: how long edges must have come before the output rises (200 us: this project's choice).
        hold_us: how long the output outlives the last edge (3 ms: this project's choice).

    While the output is low, a gap as long as the rise time starts the rise again.
    """

    def __init__(self, rise_us: int = 200, hold_us: int = 3_000) -> None:
        self.rise_us = int(number("pump rise_us", rise_us, 1, 1_000_000))
        self.hold_us = int(number("pump hold_us", hold_us, rise_us, 10_000_000))
        self._first_us = 0  # of the train of edges
        self._last_us = -NEVER_US
        self._until_us = -NEVER_US  # end of the output that the train before has left
        self._now_us = 0

    def edges(self, first_us: int, last_us: int) -> None:
        """Edges that come, closer than the rise time, from one time to another; one edge if both are equal.

        May be told ahead, and told again with a later or an earlier end when the waveform is prolonged or cut.

        Raises:
            ValueError: if the last edge is before the first.
        """
        later("pump", last_us, first_us)
        raised = self._last_us - self._first_us >= self.rise_us
        if first_us - self._last_us >= (self.hold_us if raised else self.rise_us):
            if raised:
                self._until_us = self._last_us + self.hold_us
            self._first_us = first_us
        self._last_us = last_us

    def high(self, t_us: int) -> bool:
        """Whether the output is high."""
        self._now_us = t_us
        raised = min(t_us, self._last_us) - self._first_us >= self.rise_us
        return (raised and t_us < self._last_us + self.hold_us) or t_us < self._until_us

    def next_event_us(self) -> int:
        """When the output changes after the last time asked for, if no more edges are told, or NEVER_US."""
        changes = [self._until_us]
        if self._last_us - self._first_us >= self.rise_us:
            changes += [self._first_us + self.rise_us, self._last_us + self.hold_us]
        return min([t_us for t_us in changes if t_us > self._now_us] + [NEVER_US])
