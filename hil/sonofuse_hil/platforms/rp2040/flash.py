"""The serial flash: in the emulator erase and program take no time; here the chip is busy for as long as a W25Q16JV."""

from typing import TYPE_CHECKING

from ..flash import ERASE_US, PROGRAM_US, SECTOR

if TYPE_CHECKING:
    from rp2040py.rp2040 import RP2040

STORAGE_AT = 0xA0000  # of the file system: the last 1408 KiB of 2 MiB (ports/rp2/boards/*/mpconfigboard.h)
STORAGE_BYTES = 1408 * 1024
_READ_STATUS, _PROGRAM, _ERASES = 0x05, 0x02, (0x20, 0xD8)
_BUSY = 1
_BLOCK_US = 150_000  # erase of 64 KiB, typical (W25Q16JV data sheet)


class Flash:
    """What the flash chip did: `operations` as (kind, address), in order; `busy` until the last one is done.

    With `cut_at` = (operation number, fraction) `on_cut` is called in the middle of that operation, which stays half
    done.
    """

    def __init__(self, mcu: "RP2040") -> None:
        self._mcu, self._ssi = mcu, mcu.ssi
        self.operations: list[tuple[str, int]] = []
        self._busy_until_ns = 0.0
        self._apply, self._shift = mcu.ssi._apply_command, mcu.ssi._shift_byte
        mcu.ssi._apply_command = self._command
        mcu.ssi._shift_byte = self._byte

    def cut(self) -> None:
        self._busy_until_ns = 0.0

    def _byte(self, byte: int) -> int:
        answer: int = self._shift(byte)
        if self._ssi._tx_buffer[0] == _READ_STATUS and self._mcu.clock.nanos < self._busy_until_ns:
            answer |= _BUSY
        return answer

    def _command(self) -> None:
        command = bytes(self._ssi._tx_buffer)
        enabled = self._ssi._write_enabled
        self._apply()
        if not enabled or len(command) < 4:
            return
        address = int.from_bytes(command[1:4], "big")
        if command[0] in _ERASES:
            self.operations.append(("erase", address))
            self._busy_until_ns = self._mcu.clock.nanos + 1e3 * (ERASE_US if command[0] == 0x20 else _BLOCK_US)
        elif command[0] == _PROGRAM:
            self.operations.append(("program", address))
            self._busy_until_ns = self._mcu.clock.nanos + 1e3 * PROGRAM_US
