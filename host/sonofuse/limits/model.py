"""A limits file in physical units: degC, K, W, J, V, L/min, seconds; ratios are plain numbers."""

from dataclasses import dataclass

from sonofuse.board import Board


@dataclass(frozen=True)
class Uncertainty:
    """What a reading may differ from the truth: reading >= truth * under - absolute, <= truth * over + absolute."""

    absolute: float = 0.0
    under: float = 1.0
    over: float = 1.0


@dataclass(frozen=True)
class Sensor:
    """A sensor as its maker and its calibration declare it.

    `low` and `high` bound the plausible reading, in the unit that the kind states; `noise_counts` is in steps of its
    converter; `uncertainty` includes the converter's own resolution.
    """

    kind: str
    uncertainty: Uncertainty
    lag_s: float
    shortest_s: float
    longest_s: float
    noise_counts: float
    low: float
    high: float
    source: str


@dataclass(frozen=True)
class Check:
    """One check of one channel, named as in firmware/checks.py; `samples` is the debounce N in conversions."""

    name: str
    warn: float | None
    trip: float | None
    samples: int
    hazards: tuple[str, ...]
    source: str
    max_reaction_s: float
    partner: str | None = None
    floor_w: float | None = None
    directivity_db: float | None = None


@dataclass(frozen=True)
class Channel:
    """One monitored signal: its sensor, its checks in the order of their ids, and whether it counts energy."""

    name: str
    sensor: Sensor
    checks: tuple[Check, ...]
    energy: bool = False
    rise_window: int = 0

    def check(self, name: str) -> Check | None:
        """The check of that name, or None."""
        return next((check for check in self.checks if check.name == name), None)


@dataclass(frozen=True)
class LimitsFile:
    """A whole limits file; channels stand in the order of the board."""

    file: str
    name: str
    version: str
    board: Board
    host_required: bool
    tick_s: float
    deadline_s: float
    settle_s: float
    max_on_s: float
    over_run_s: float
    energy_j: float
    energy_ratio: float
    cooling_gap_s: float
    receipt_s: float
    pump_hold_s: float
    relay_release_s: float
    channels: tuple[Channel, ...]

    def channel(self, name: str) -> Channel:
        """The channel of that name.

        Raises:
            KeyError: if there is none.
        """
        for channel in self.channels:
            if channel.name == name:
                return channel
        raise KeyError(name)
