"""Flow meter with pulses; the raw count is the number of pulses within the last `gates` gates."""

from dataclasses import dataclass
from typing import ClassVar, Self

from sonofuse.board import Board, BoardChannel


@dataclass(frozen=True)
class Flow:
    """A pulse flow meter; values in mL/min."""

    name: ClassVar[str] = "flow"
    quantity: ClassVar[str] = "flow"
    range_unit: ClassVar[str] = "flow"
    uncertainty_units: ClassVar[tuple[str, ...]] = ("share", "flow")
    scale: ClassVar[int] = 1000
    shift: ClassVar[int] = 8
    quantum: ClassVar[int] = 1  # a gate counts one pulse more or less than the flow has
    raw_top: ClassVar[int] = 65535
    resolution: ClassVar[int] = 1
    pulses_per_litre: float
    gate_s: float

    @classmethod
    def of(cls, _board: Board, channel: BoardChannel, /) -> Self | None:
        """The kind as the board wires it, or None if the channel counts no pulses."""
        if channel.driver != "pulses":
            return None
        settings = channel.settings
        gate_s = float(settings["gate_ms"]) * float(settings["gates"]) / 1000
        return cls(float(settings["pulses_per_litre"]), gate_s)

    def exact(self, raw: float) -> float:
        """mL/min of a count."""
        return raw * 60 / self.gate_s / self.pulses_per_litre * 1000

    def raw_of_range(self, bound: float) -> float:
        """The count at a flow in L/min."""
        return bound * self.pulses_per_litre * self.gate_s / 60
