"""The serial flash: in the emulator erase and program take no time; here the chip is busy for as long as a W25Q16JV."""

# The emulator has no other way in:
# pyright: reportPrivateUsage=false

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..flash import ERASE_US, PROGRAM_US, SECTOR, PowerCutError
from ..flash import Flash as Model

if TYPE_CHECKING:
    from rp2040py.rp2040 import RP2040

STORAGE_AT = 0xA0000  # of the file system: the last 1408 KiB of 2 MiB (ports/rp2/boards/*/mpconfigboard.h)
STORAGE_BYTES = 1408 * 1024
BLOCK_US = 150_000  # erase of 64 KiB, typical (W25Q16JV data sheet)
_READ_STATUS, _ERASE_BLOCK = 0x05, 0xD8
_KINDS = {0x02: "program", 0x20: "erase", _ERASE_BLOCK: "erase"}
_BUSY = 1


class Flash:
    """What the flash chip did: `operations` as (kind, address), in order; it is busy until the last one is done.

    With `instant` it is not busy: for what does not look at times, because simulated waiting costs real time.
    """

    def __init__(self, mcu: "RP2040") -> None:
        self._mcu, self._ssi = mcu, mcu.ssi
        self.operations: list[tuple[str, int]] = []
        self._busy_until_ns = 0.0
        self.instant = False
        self._models: dict[int, tuple[Model, int]] = {}  # sector -> model and offset in it
        self._on_cut: Callable[[], None] = lambda: None
        ssi: Any = mcu.ssi
        self._apply, self._shift = ssi._apply_command, ssi._shift_byte
        ssi._apply_command, ssi._shift_byte = self._command, self._byte

    def lend(self, blocks: Sequence[int], model: Model, on_cut: Callable[[], None]) -> None:
        """Let a model hold these blocks of the file system's area; when it fails inside an operation (its power was
        cut), `on_cut` is called."""
        self._on_cut = on_cut
        for number, block in enumerate(blocks):
            sector = STORAGE_AT // SECTOR + block
            self._models[sector] = (model, number * SECTOR)
            self._copy(sector)

    def cut(self) -> None:
        """The supply is gone: whatever was going on has ended."""
        self._busy_until_ns = 0.0

    def _copy(self, sector: int) -> None:
        model, offset = self._models[sector]
        self._mcu.flash[sector * SECTOR : (sector + 1) * SECTOR] = model.data[offset : offset + SECTOR]

    def _byte(self, byte: int) -> int:
        answer: int = self._shift(byte)
        if self._ssi._tx_buffer[0] == _READ_STATUS and self._mcu.clock.nanos < self._busy_until_ns:
            answer |= _BUSY
        return answer

    def _command(self) -> None:
        command = bytes(self._ssi._tx_buffer)
        kind = _KINDS.get(command[0]) if command else None
        if kind is None or len(command) < 4 or not self._ssi._write_enabled:
            self._apply()
            return
        address = int.from_bytes(command[1:4], "big")
        self.operations.append((kind, address))
        sector = address // SECTOR
        if sector not in self._models:
            self._apply()
            self._busy(BLOCK_US if command[0] == _ERASE_BLOCK else ERASE_US if kind == "erase" else PROGRAM_US)
            return
        self._ssi._tx_buffer = bytearray()
        self._ssi._write_enabled = False
        model, offset = self._models[sector]
        try:
            if kind == "erase":
                self._busy(model.erase(offset))
            else:
                self._busy(model.program(offset + address % SECTOR, command[4:]))
        except PowerCutError:
            self._on_cut()
        finally:
            self._copy(sector)

    def _busy(self, us: int) -> None:
        if not self.instant:
            self._busy_until_ns = self._mcu.clock.nanos + 1e3 * us
