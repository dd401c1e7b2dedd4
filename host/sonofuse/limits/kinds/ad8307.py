"""AD8307 logarithmic detector behind a coupler, read by a 12-bit ADC as MicroPython's `read_u16`."""

from dataclasses import dataclass
from typing import ClassVar, Self

from sonofuse.board import Board, BoardChannel

SLOPE_V_PER_DB = 0.025  # source: AD8307 data sheet
INTERCEPT_DBM = -84  # source: AD8307 data sheet
FULL = 65535  # read_u16 repeats the upper bits below, so that the full scale is 65535


@dataclass(frozen=True)
class Ad8307:
    """A power detector; values in mW ahead of the coupler. The plausible range is the detector's output voltage."""

    name: ClassVar[str] = "ad8307"
    quantity: ClassVar[str] = "power"
    range_unit: ClassVar[str] = "voltage"
    uncertainty_units: ClassVar[tuple[str, ...]] = ("level",)
    scale: ClassVar[int] = 1000
    shift: ClassVar[int] = 8  # 0.47 dB between knots: chord error 0.15 %, upwards
    quantum: ClassVar[int] = 0
    raw_top: ClassVar[int] = FULL
    resolution: ClassVar[int] = 16
    reference_mv: int
    coupling_db: float

    @classmethod
    def of(cls, board: Board, channel: BoardChannel, /) -> Self | None:
        """The kind as the board wires it, or None if the channel has no AD8307."""
        if channel.settings.get("detector") != "ad8307":
            return None
        return cls(board.adc_reference_mv, float(channel.settings["coupling_db"]))

    def exact(self, raw: float) -> float:
        """mW of a count."""
        volts = raw * self.reference_mv / 1000 / FULL
        return float(10 ** ((volts / SLOPE_V_PER_DB + INTERCEPT_DBM - self.coupling_db) / 10))

    def raw_of_range(self, bound: float) -> float:
        """The count at an output voltage in V."""
        return bound * 1000 / self.reference_mv * FULL
