"""The cooling gap: how long since the last sonication, where a clock that was set must never make it shorter.

Both clocks have to say that the gap is over, and they have to agree. If they do not, or if the machine was started
anew, nobody knows how much time has passed, and the gap starts anew.
"""

from dataclasses import dataclass

from .instant import Instant

ENDED, UNKNOWN, CLOCK, MACHINE = "ended", "unknown end", "clock", "machine"
"""Why a gap started: a sonication ended; one ended nobody knows when; a clock was set; the machine was started anew."""

SAID = {
    ENDED: "",
    UNKNOWN: "; counted anew, the end of a sonication is not known",
    CLOCK: "; counted anew, a clock of this computer was set",
    MACHINE: "; counted anew, this computer was started anew",
}

_AGREE_NS, _AGREE = 500_000_000, 1e-3
"""Clocks agree within 0.5 s and 0.1 %: a time service may steer one of them alone, by 0.05 % (adjtime). Not for safety:
of two clocks that agree the one that says less time counts."""


@dataclass(frozen=True)
class Mark:
    """Where a gap started; `number` tells marks apart."""

    number: int
    at: Instant
    why: str


class Gap:
    """What is left of the gap since a mark; one that was found to be over stays over, whatever a clock does later."""

    def __init__(self) -> None:
        self._over = (0, 0.0)  # the number of a mark, and the gap in s that is over since

    def doubt(self, mark: Mark | None, now: Instant, gap_s: float) -> str:
        """CLOCK or MACHINE if nobody knows how long ago the mark is, else ""."""
        if mark is None or self._is_over(mark, gap_s):
            return ""
        if mark.at.boot != now.boot:
            return MACHINE
        wall_ns, steady_ns = now.wall_ns - mark.at.wall_ns, now.steady_ns - mark.at.steady_ns
        agree = abs(wall_ns - steady_ns) <= _AGREE_NS + _AGREE * abs(steady_ns)
        return "" if agree and steady_ns >= 0 else CLOCK

    def left_s(self, mark: Mark | None, now: Instant, gap_s: float) -> float:
        """Seconds that are left, by the clock that says more; all of them in doubt."""
        if mark is None or self._is_over(mark, gap_s):
            return 0.0
        if self.doubt(mark, now, gap_s):
            return gap_s
        passed_ns = min(now.wall_ns - mark.at.wall_ns, now.steady_ns - mark.at.steady_ns)
        left = max(0.0, gap_s - max(0, passed_ns) * 1e-9)
        if left == 0:
            self._over = (mark.number, gap_s)
        return left

    def _is_over(self, mark: Mark, gap_s: float) -> bool:
        number, over_s = self._over
        return mark.number == number and gap_s <= over_s
