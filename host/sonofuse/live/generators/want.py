"""What is wanted of a generator, and how far it has got. Pure, as orders.py is."""

from dataclasses import dataclass


@dataclass
class Want:
    """A set point, and the output on: each is sent once, and then read until it is so. Off replaces it by a new one,
    which wants nothing."""

    watts: float | None = None
    on: bool = False
    set_sent: bool = False
    set_good: bool = False
    on_sent: bool = False
    on_seen: bool = False

    @property
    def awaited(self) -> bool:
        """Something was asked for and is not so yet."""
        return (self.watts is not None and not self.set_good) or (self.on and not self.on_seen)

    def agrees(self, read_w: float | None, tolerance: float) -> bool:
        """Whether the set point that was read is the one that is wanted; false for one that is not known or NaN."""
        if self.watts is None or read_w is None:
            return False
        return abs(read_w - self.watts) <= tolerance * self.watts

    def differs(self, read_w: float | None) -> str:
        """One line about a set point that is not."""
        read = "nothing" if read_w is None else f"{read_w:.4g} W"
        return f"the generator's set point reads {read} after {self.watts or 0:.4g} W was set"
