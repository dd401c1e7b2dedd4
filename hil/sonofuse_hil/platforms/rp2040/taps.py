"""Looking at what the firmware puts into a PIO FIFO, without being in its way."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rp2040py.rp2040 import RP2040

_TXF0, _TXF3 = 0x10, 0x1C
_BASES = (0x50200, 0x50300)  # of PIO0 and PIO1 in the emulator's table


class FifoTap:
    """Stands in the place of a PIO block and passes everything on; `on_word(state machine, word)` comes first."""

    def __init__(self, mcu: "RP2040", block: int, on_word: Callable[[int, int], None]) -> None:
        self._pio: Any = mcu.peripherals[_BASES[block]]
        self._on_word = on_word
        table: dict[int, Any] = mcu.peripherals
        table[_BASES[block]] = self

    def write_uint32_atomic(self, offset: int, value: int, atomic: int) -> None:
        if _TXF0 <= offset <= _TXF3:
            self._on_word((offset - _TXF0) >> 2, value & 0xFFFFFFFF)
        self._pio.write_uint32_atomic(offset, value, atomic)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pio, name)
