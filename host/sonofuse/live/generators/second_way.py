"""When the output is put off a second way: by `Generator.abort`, beside a call that hangs. Pure, as orders.py is."""

import math

OFF_WITHIN_S = 0.025  # of the frame that shows a trip (guarantee G4)
REPEAT_S = 0.5  # D


class SecondWay:
    """Off that is outstanding for longer than `OFF_WITHIN_S` is tried the second way, and again every `REPEAT_S`."""

    def __init__(self) -> None:
        self.line = ""  # how the last one ended, for a person
        self._since_s: float | None = None
        self._again_s = -math.inf

    @property
    def under_way(self) -> bool:
        """One has begun and not ended: it may put the output off at any time."""
        return self._since_s is not None

    def pause_s(self, outstanding_s: float, now_s: float) -> float:
        """How long none is due, for off that is outstanding since that time (inf: it is not)."""
        return max(0.0, max(outstanding_s + OFF_WITHIN_S, self._again_s) - now_s)

    def begins(self, outstanding_s: float, now_s: float) -> bool:
        """Whether one is due now; it counts as begun."""
        due = not self.under_way and self.pause_s(outstanding_s, now_s) <= 0
        if due:
            self._since_s = now_s
        return due

    def ended(self, line: str, now_s: float) -> None:
        """It has ended; `line` is "" if the output is off."""
        self._since_s, self._again_s = None, now_s + REPEAT_S
        self.line = f"the second way: {line}" if line else "the output was put off the second way"

    def words(self, limit_s: float, now_s: float) -> str:
        """What there is to say of it, "" for nothing."""
        if self._since_s is not None and now_s - self._since_s > limit_s:
            return "the second way does not answer either"
        return self.line
