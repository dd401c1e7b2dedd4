"""The PL011 UART with FIFOs and a bit rate; the emulator's own sends in no time and repeats an interrupt for ever.

From the ARM PL011 manual (DDI 0183) as the RP2040 data sheet 4.2 describes it: 32-byte FIFOs, receive and transmit
interrupts when a level is passed, receive timeout after 32 bit times of silence, overrun when the FIFO is full.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from rp2040py.peripherals.uart import RPUART

from .clocks import peripheral_hz

if TYPE_CHECKING:
    from rp2040py.rp2040 import RP2040

_DEPTH = 32
_DR, _RSR, _FR, _IFLS, _IMSC, _RIS, _MIS, _ICR = 0x00, 0x04, 0x18, 0x34, 0x38, 0x3C, 0x40, 0x44
_BUSY, _RXFE, _TXFF, _RXFF, _TXFE = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
_RX, _TX, _RT, _OVERRUN = 1 << 4, 1 << 5, 1 << 6, 1 << 10
_OVERRUN_FLAG = 1 << 11  # in the data register, with the byte after the gap
_LEVELS = (4, 8, 16, 24, 28)  # of IFLS: an eighth to seven eighths of the FIFO
_FRAME_BITS = 10
_TIMEOUT_BITS = 32
_BASE = 0x40034


class Uart(RPUART):
    """Replaces UART `number` of a chip. `sent(byte)` is called when the last bit of a byte has left; `feed` puts bytes
    on the line to the chip, one after the other at its bit rate."""

    def __init__(self, mcu: "RP2040", number: int) -> None:
        old = mcu.uart[number]
        super().__init__(mcu, f"UART{number}", old.irq, old.dreq)
        self.sent: Callable[[int], None] = lambda _byte: None
        self.lost = 0  # bytes that arrived at a full FIFO
        self._interrupt_status: int
        self._levels = 0x12  # reset value: half full in both directions
        self._out: deque[int] = deque()
        self._in: deque[int] = deque()
        self._line: deque[int] = deque()
        self._shifting = -1
        self._after_gap = False
        clock = mcu.clock
        self._out_done = clock.create_alarm(self._byte_left)
        self._in_done = clock.create_alarm(self._byte_came)
        self._quiet = clock.create_alarm(self._line_is_quiet)
        self._listening = False
        mcu.uart[number] = self
        mcu.peripherals[_BASE + 4 * number] = self

    def reset(self) -> None:
        super().reset()
        if hasattr(self, "_out"):  # not yet while the base class is made
            self._levels = 0x12
            self._out.clear()
            self._in.clear()
            self._shifting = -1
            self._after_gap = False
            self._out_done.cancel()
            self._quiet.cancel()

    def feed(self, data: bytes) -> None:
        """Put bytes on the line to the chip, after what is still on it."""
        self._line.extend(data)
        if not self._listening and self._line:
            self._listening = True
            self._in_done.schedule(self._bits_ns(_FRAME_BITS))

    @property
    def baud_rate(self) -> int:
        """The bit rate that the firmware has set."""
        return round(peripheral_hz(self.rp2040) / (16 * self.baud_divider))

    def _bits_ns(self, bits: int) -> float:
        return bits / self.baud_rate * 1e9 if self.baud_divider else 87_000.0

    # ---- the line

    def _byte_came(self) -> None:
        byte = self._line.popleft()
        if self._line:
            self._in_done.schedule(self._bits_ns(_FRAME_BITS))
        else:
            self._listening = False
        if not (self.enabled and self.rx_enabled):
            return
        if len(self._in) == _DEPTH:
            self.lost += 1
            self._after_gap = True
            self._interrupt_status |= _OVERRUN
        else:
            self._in.append(byte | (_OVERRUN_FLAG if self._after_gap else 0))
            self._after_gap = False
            if len(self._in) == _LEVELS[min(self._levels >> 3 & 7, 4)]:
                self._interrupt_status |= _RX
            self._quiet.schedule(self._bits_ns(_TIMEOUT_BITS))
        self.check_interrupts()

    def _line_is_quiet(self) -> None:
        if self._in:
            self._interrupt_status |= _RT
            self.check_interrupts()

    def _shift(self) -> None:
        if self._shifting < 0 and self._out and self.enabled and self.tx_enabled:
            self._shifting = self._out.popleft()
            self._out_done.schedule(self._bits_ns(_FRAME_BITS))

    def _byte_left(self) -> None:
        byte, self._shifting = self._shifting, -1
        before = len(self._out)
        self._shift()
        level = _LEVELS[min(self._levels & 7, 4)]
        if before > level >= len(self._out) or not self._out:
            self._interrupt_status |= _TX
        self.sent(byte)
        self.check_interrupts()

    # ---- registers

    def check_interrupts(self) -> None:
        self.rp2040.set_interrupt(self.irq, bool(self._interrupt_status & self._interrupt_mask))

    @property
    def flags(self) -> int:
        return (
            (_RXFF if len(self._in) == _DEPTH else 0)
            | (0 if self._in else _RXFE)
            | (_TXFF if len(self._out) == _DEPTH else 0)
            | (0 if self._out else _TXFE)
            | (_BUSY if self._shifting >= 0 or self._out else 0)
        )

    def read_uint32(self, offset: int) -> int:
        if offset == _DR:
            if not self._in:
                return 0
            value = self._in.popleft()
            if len(self._in) < _LEVELS[min(self._levels >> 3 & 7, 4)]:
                self._interrupt_status &= ~_RX
            if not self._in:
                self._interrupt_status &= ~_RT
                self._quiet.cancel()
            self.check_interrupts()
            return value
        if offset == _RSR:
            return 0
        if offset == _IFLS:
            return self._levels
        return super().read_uint32(offset)

    def write_uint32(self, offset: int, value: int) -> None:
        if offset == _DR:
            if len(self._out) < _DEPTH:
                self._out.append(value & 0xFF)
                self._shift()
                if len(self._out) > _LEVELS[min(self._levels & 7, 4)]:
                    self._interrupt_status &= ~_TX
                    self.check_interrupts()
        elif offset == _IFLS:
            self._levels = value & 0x3F
        elif offset == _RSR:
            return
        else:
            super().write_uint32(offset, value)
            if offset not in (_IMSC, _ICR):
                self._shift()
