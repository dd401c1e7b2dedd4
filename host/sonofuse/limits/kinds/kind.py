"""What every kind of sensor says about itself."""

from typing import ClassVar, Protocol, Self

from sonofuse.board import Board, BoardChannel


class Kind(Protocol):
    """One kind of sensor with its settings: what a raw count means. Values are in kernel units (docs/kernel.md)."""

    name: ClassVar[str]
    quantity: ClassVar[str]  # dimension of the value, see sonofuse.limits.units
    range_unit: ClassVar[str]  # dimension of the plausible range
    uncertainty_units: ClassVar[tuple[str, ...]]
    scale: ClassVar[int]  # kernel units per base unit of the quantity
    shift: ClassVar[int]  # a knot every 2**shift counts; -1: the raw count is the value
    quantum: ClassVar[int]  # counts that a reading may be off because it counts whole events
    raw_top: ClassVar[int]  # the highest count of the converter
    resolution: ClassVar[int]  # raw counts per step of the converter

    def __hash__(self) -> int: ...

    @classmethod
    def of(cls, board: Board, channel: BoardChannel, /) -> Self | None:
        """The kind as this board wires it, or None if the channel's driver is another's."""
        ...

    def exact(self, raw: float) -> float:
        """The value of a raw count, unrounded, in kernel units."""
        ...

    def raw_of_range(self, bound: float) -> float:
        """The raw count of a bound of the plausible range, given in its base unit."""
        ...


KindType = type[Kind]
