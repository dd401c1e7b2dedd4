"""An instant by two clocks: the wall clock, which anybody can set, and a steady one, which nobody can."""

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_OWN = str(uuid.uuid4())
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # Linux: goes on while the machine sleeps


@dataclass(frozen=True)
class Instant:
    """`wall_ns` since 1970 in UTC; `steady_ns` since an unknown instant of this `boot` of the machine."""

    wall_ns: int
    steady_ns: int
    boot: str

    @property
    def utc(self) -> str:
        """The wall time in UTC, to the millisecond: 2031-02-03T04:05:06.789Z."""
        seconds, rest = divmod(self.wall_ns, 1_000_000_000)
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03d}Z"


def now() -> Instant:
    """This instant. Where the system does not name its boot, every process counts as one: a gap then starts anew."""
    return Instant(time.time_ns(), time.clock_gettime_ns(_STEADY), _boot())


def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip() or _OWN
    except OSError:
        return _OWN
