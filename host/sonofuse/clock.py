"""The device's clock against the host's: all timers of the chip run from one crystal, so only another clock sees it.

The firmware cannot notice that its own second has become longer: every limit in time would stretch with it. The host
compares the time stamps in telemetry with its own monotonic clock.
"""

from collections import deque
from itertools import takewhile

WRAP_US = 1 << 30  # the device's clock counts modulo this (docs/kernel.md)
TOLERANCE = 0.02  # a crystal has 50 ppm, a host's clock 500 ppm; late frames look like 1 % over the window
WINDOW_US = 2_000_000


class ClockError(ValueError):
    """The device's clock is not right; the text says by how much."""


class ClockWatch:
    """Feed it every time stamp. A frame may come late but never early, so the least delay in each half of the window
    counts; a wrong rate of more than `TOLERANCE` is seen within the window."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque()  # host and device time, unwrapped, µs
        self._device_us = 0

    def feed(self, host_us: int, device_us: int) -> None:
        """A frame with the device's time stamp arrived.

        Raises:
            ClockError: if the clocks differ in rate, or a stamp is repeated or runs backwards.
        """
        if self._seen:
            since_us = (device_us - self._device_us) % WRAP_US
            if since_us == 0 or since_us >= WRAP_US // 2:
                raise ClockError(f"the device's time {device_us} µs does not come after {self._device_us} µs")
            self._seen.append((host_us, self._seen[-1][1] + since_us))
        else:
            self._seen.append((host_us, 0))
        self._device_us = device_us
        span_us = host_us - self._seen[0][0]
        if span_us < WINDOW_US:
            return
        rate = self._rate()
        while host_us - self._seen[0][0] >= WINDOW_US:
            self._seen.popleft()
        if abs(rate) > TOLERANCE:
            raise ClockError(
                f"the device's clock runs {rate:+.1%} against the host's; reset it, and replace its crystal"
            )

    def reset(self) -> None:
        """The device has booted, or the link was away: start anew."""
        self._seen.clear()

    def _rate(self) -> float:
        """Relative rate of the device's clock, from the frame with the least delay of each end of the window."""
        host0, _ = self._seen[0]
        host1, _ = self._seen[-1]
        quarter = (host1 - host0) // 4
        first = takewhile(lambda seen: seen[0] - host0 <= quarter, self._seen)
        last = takewhile(lambda seen: host1 - seen[0] <= quarter, reversed(self._seen))
        (delay_a, at_a), (delay_b, at_b) = (
            min((host - device, device) for host, device in end) for end in (first, last)
        )
        if at_b == at_a:
            return 0.0
        return -(delay_b - delay_a) / (at_b - at_a + delay_b - delay_a)
