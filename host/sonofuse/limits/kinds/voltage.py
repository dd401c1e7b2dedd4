"""A voltage straight into the ADC, read as MicroPython's `read_u16`."""

from dataclasses import dataclass
from typing import ClassVar, Self

from sonofuse.board import Board, BoardChannel
from sonofuse.limits.kinds.ad8307 import FULL


@dataclass(frozen=True)
class Voltage:
    """A voltage; values in mV."""

    name: ClassVar[str] = "voltage"
    quantity: ClassVar[str] = "voltage"
    range_unit: ClassVar[str] = "voltage"
    uncertainty_units: ClassVar[tuple[str, ...]] = ("voltage", "share")
    scale: ClassVar[int] = 1000
    shift: ClassVar[int] = 13
    quantum: ClassVar[int] = 0
    raw_top: ClassVar[int] = FULL
    resolution: ClassVar[int] = 16
    reference_mv: int

    @classmethod
    def of(cls, board: Board, channel: BoardChannel, /) -> Self | None:
        """The kind as the board wires it, or None if the channel is no plain voltage."""
        return cls(board.adc_reference_mv) if channel.settings.get("detector") == "voltage" else None

    def exact(self, raw: float) -> float:
        """mV of a count."""
        return raw * self.reference_mv / FULL

    def raw_of_range(self, bound: float) -> float:
        """The count at a voltage in V."""
        return bound * 1000 / self.reference_mv * FULL
