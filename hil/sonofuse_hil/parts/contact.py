"""A switch or supervisor output: the stop loop, the supply monitor, a read-back; it may bounce."""

from .check import NEVER_US, known, later, number


class Contact:
    """Level 1 while closed.

    Args:
        closed: state at time 0.
        bounce_us: after a change the level alternates for so long, starting with the new one.
        bounce_period_us: time between two bounces.

    Faults: "stuck_high", "stuck_low": the level, whatever the contact does.
    """

    FAULTS = ("stuck_high", "stuck_low")

    def __init__(self, closed: bool = True, bounce_us: int = 0, bounce_period_us: int = 500) -> None:
        self.bounce_us = int(number("contact bounce_us", bounce_us, 0, 1_000_000))
        self.bounce_period_us = int(number("contact bounce_period_us", bounce_period_us, 1, 1_000_000))
        self._closed = closed
        self._changed_us = -self.bounce_us
        self._now_us = 0
        self._fault = ""

    @property
    def fault(self) -> str:
        """What is broken, "" = nothing."""
        return self._fault

    @fault.setter
    def fault(self, fault: str) -> None:
        self._fault = known("contact", fault, self.FAULTS)

    def set(self, t_us: int, closed: bool) -> None:
        """Close or open it.

        Raises:
            ValueError: if time runs backwards.
        """
        self._now_us = later("contact", t_us, self._now_us)
        if closed != self._closed:
            self._closed = closed
            self._changed_us = t_us

    def level(self, t_us: int) -> int:
        """1 closed, 0 open.

        Raises:
            ValueError: if time runs backwards.
        """
        self._now_us = later("contact", t_us, self._now_us)
        if self._fault:
            return 1 if self._fault == "stuck_high" else 0
        since_us = t_us - self._changed_us
        back = since_us < self.bounce_us and since_us // self.bounce_period_us % 2 == 1
        return 1 if self._closed != back else 0

    def next_event_us(self) -> int:
        """The next bounce after the last time asked for, or NEVER_US."""
        since_us = self._now_us - self._changed_us
        if self._fault or since_us >= self.bounce_us:
            return NEVER_US
        step = (since_us // self.bounce_period_us + 1) * self.bounce_period_us
        return self._changed_us + min(step, self.bounce_us)
