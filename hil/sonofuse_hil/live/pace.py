"""Simulated time beside the wall clock: how far it may go now, and how late it was."""

import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import asdict, dataclass

MOST_US = 10_000  # in one step, or PART of the delay: a console has to get its turn while a delay is made up for
PART = 4
GIVE_UP_US = 1_000_000  # of delay that is not made up for: that time is lost, and to a console the device stood still
SAY_US = 100_000  # of delay that a person is told of,
_SILENT_NS = 10_000_000_000  # not more often than that
_BUCKETS_US = tuple(round(100 * 10 ** (n / 10)) for n in range(51))  # 0.1 ms to 10 s, ten to a decade


@dataclass(frozen=True)
class Lag:
    """How far simulated time was behind the wall clock, looked at before every step, in ms.

    A machine that keeps up shows the length of a step. Quantiles are those of all `steps`, rounded up to one of ten
    values in a decade. `lost_ms` is what was given up.
    """

    now_ms: float
    steps: int
    median_ms: float
    most_of_99_percent_ms: float
    most_of_999_permille_ms: float
    most_ms: float
    lost_ms: float


class Pace:
    """Says how far simulated time may go: never beyond the wall clock.

    Args:
        clock: ns, monotonic.
        say: is told in one line when the machine falls behind, and by how much.
    """

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns, say: Callable[[str], None] = lambda _text: None):
        self._clock, self._say = clock, say
        self._wall_ns = clock()
        self._due_us = self._lost_us = self._now_us = 0.0
        self._most_us = 0.0
        self._said_ns = self._wall_ns - _SILENT_NS
        self._counts = [0] * (len(_BUCKETS_US) + 1)

    @property
    def wall_ns(self) -> int:
        """The clock now."""
        return self._clock()

    def until_us(self, now_us: int, clock_rate: float = 1.0) -> int:
        """How far to go from `now_us`.

        Args:
            clock_rate: seconds of the wall clock in one simulated second, since the last call.
        """
        wall_ns = self._clock()
        self._due_us += (wall_ns - self._wall_ns) / 1e3 / clock_rate
        self._wall_ns = wall_ns
        behind_us = max(0.0, self._due_us - now_us)
        self._note(behind_us)
        if behind_us > GIVE_UP_US:
            self._lost_us += behind_us - MOST_US
            self._due_us = now_us + MOST_US
            self._say(f"the machine was {behind_us / 1e3:.0f} ms behind: the device stood still for so long")
            behind_us = MOST_US
        elif behind_us > SAY_US and wall_ns - self._said_ns >= _SILENT_NS:
            self._said_ns = wall_ns
            self._say(f"the machine is {behind_us / 1e3:.0f} ms behind: what the device says comes so much later")
        return min(int(self._due_us), now_us + max(MOST_US, int(behind_us) // PART))

    def lag(self) -> Lag:
        """What was seen so far."""
        steps = sum(self._counts)

        def quantile(share: float) -> float:
            seen = 0
            for bound_us, count in zip(_BUCKETS_US, self._counts, strict=False):
                seen += count
                if seen >= share * steps:
                    return min(bound_us, self._most_us) / 1e3
            return self._most_us / 1e3

        return Lag(
            round(self._now_us / 1e3, 3),
            steps,
            round(quantile(0.5), 3),
            round(quantile(0.99), 3),
            round(quantile(0.999), 3),
            round(self._most_us / 1e3, 3),
            round(self._lost_us / 1e3, 3),
        )

    def record(self) -> dict[str, float]:
        """`lag` as it goes into JSON."""
        return asdict(self.lag())

    def _note(self, behind_us: float) -> None:
        self._now_us = behind_us
        self._most_us = max(self._most_us, behind_us)
        self._counts[bisect_left(_BUCKETS_US, behind_us)] += 1
