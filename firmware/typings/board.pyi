"""What a board file holds (boards/rev_a.py); on the device it is called board.py."""

from typing import TypedDict

class Board(TypedDict):
    name: str
    mcu: str
    adc_reference_mv: int
    pins: dict[str, int]
    channels: tuple[tuple[str, str, dict[str, int]], ...]

BOARD: Board
