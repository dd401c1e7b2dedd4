"""A contact or any other digital signal: 1 is closed (good, or permitted), 0 is open."""

from dataclasses import dataclass
from typing import ClassVar, Self

from sonofuse.board import Board, BoardChannel


@dataclass(frozen=True)
class Contact:
    """A digital signal; the raw count is the value."""

    name: ClassVar[str] = "contact"
    quantity: ClassVar[str] = "contact"
    range_unit: ClassVar[str] = ""
    uncertainty_units: ClassVar[tuple[str, ...]] = ()
    scale: ClassVar[int] = 1
    shift: ClassVar[int] = -1
    quantum: ClassVar[int] = 0
    raw_top: ClassVar[int] = 1
    resolution: ClassVar[int] = 1

    @classmethod
    def of(cls, _board: Board, channel: BoardChannel, /) -> Self | None:
        """The kind, or None if the channel is not a contact."""
        return cls() if channel.driver == "contact" else None

    def exact(self, raw: float) -> float:
        """The count itself."""
        return raw

    def raw_of_range(self, bound: float) -> float:
        """The bound itself."""
        return bound
