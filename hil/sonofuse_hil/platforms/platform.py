"""What a rig asks of a platform, and what it opens one with: the same for every tier."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..bench import Bench
from ..device import Transform
from .flash import Flash


class Platform(Protocol):
    """A board with its firmware running. Times in µs of the platform's own clock."""

    tier: str
    step_us: int  # how often a rig looks whether something has happened
    tail_us: int  # recorded after it has: until telemetry, pumps and relays have followed
    powered: bool
    flash: Flash
    resets: list[tuple[int, str]]
    last_token_us: list[int]
    hung_us: int | None

    @property
    def now_us(self) -> int: ...
    def run_until(self, t_us: int) -> None: ...
    def catch_up(self, t_us: int) -> None:
        """The bench is at this time already: what is done to the platform now is not done before it."""
        ...

    def cut_power(self) -> None: ...
    def restore_power(self) -> None: ...
    def pull_run(self) -> None: ...
    def drop_tokens(self, *switches: int) -> None: ...
    def hang(self, t_us: int) -> None: ...
    def fail_call(self, t_us: int, kind: str) -> None:
        """An exception inside a call of the firmware: "memory", "os", "value", "interrupt", or "stack": calls inside
        each other until there is no more room.

        Raises:
            RigError: if this platform cannot do that.
        """
        ...

    def block_bus(self, t_us: int) -> None:
        """A transfer on the bus of the converters never returns."""
        ...

    def free_bus(self) -> None:
        """Transfers on the bus of the converters return again, in a firmware that boots anew."""
        ...

    def lose_time(self, t_us: int, ms: int) -> None:
        """Something takes this long, 1 to 200 ms, inside the next call of the firmware."""
        ...

    def crash(self, t_us: int) -> None:
        """The processor runs away: what it does from now on is none of the firmware's code."""
        ...

    def storm(self, t_us: int) -> None:
        """Interrupts take all of the processor's time, until `calm`, whatever resets it meanwhile."""
        ...

    def calm(self) -> None: ...
    def break_watchdog(self) -> None:
        """The watchdog never resets again; at power-up, before the firmware runs, nothing has proven it either."""
        ...

    def start_clock(self, ticks_us: int) -> None:
        """What the firmware's clock shows at the next boot; it wraps at 2³⁰ µs.

        Raises:
            RigError: if this platform cannot do that.
        """
        ...

    def flip(self, held: bytes, bit: int) -> int:
        """Flip a bit, counted from the first of `held` on, wherever memory holds these bytes; in how many places.

        Raises:
            RigError: if this platform cannot do that.
        """
        ...

    def damage(self, file: str, change: Callable[[bytes], bytes]) -> None:
        """Change a file of the device, as it is stored, from now on; what runs already has read it.

        Raises:
            RigError: if this platform cannot do that.
        """
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Device:
    """A device to be opened: its files' contents, what is around it, and what its latch holds.

    `folder` is empty, the platform's to use, and removed with the rig. `script` and `ticks_us` (what the clock shows at
    every boot) are of the unix platform alone.
    """

    folder: Path
    limits: bytes
    board: str
    bench: Bench
    flash: Flash
    transform: Transform | None = None
    script: str = "main.py"
    ticks_us: int = 0


class On(Protocol):
    """Where a device runs. `name` is that of `--on`."""

    @property
    def name(self) -> str: ...

    def open(self, device: Device) -> Platform:
        """The device, switched on at time 0.

        Raises:
            RigError: if this environment lacks what the platform needs.
        """
        ...
