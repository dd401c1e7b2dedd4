"""MAX31865 resistance-to-digital converter, as its registers show it (source of all figures: MAX31865 data sheet).

Modelled: configuration, RTD, threshold and fault registers, continuous and one-shot conversion, DRDY, address
auto-increment. The fault-detection cycle (D3:D2) finishes at once. Read-only registers ignore writes.
"""

from .check import NEVER_US, known, later, number
from .noise import Noise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

BIAS, AUTO, ONE_SHOT, CYCLE, CLEAR = 0x80, 0x40, 0x20, 0x0C, 0x02
HIGH, LOW, OPEN_CYCLE = 0x80, 0x40, 0x20  # fault status: RTD above, below its threshold; REFIN- above 0.85 x VBIAS
FULL = 0x7FFF


class Max31865:
    """The converter; an event is the end of a conversion, when DRDY falls.

    Args:
        ohm_at: called with the time (us) at the end of every conversion, in order; returns the resistance in ohm.
        rref_ohm: reference resistor.
        period_us: time between conversions in continuous mode; 16.7 ms (60 Hz, typical) ... 21 ms (50 Hz, maximum).
        first_us: from switching the mode on, or one-shot, to the first result (62.5 ms at 50 Hz).
        noise_codes: standard deviation of a conversion, in its last digits. seed: of the noise.
        rref_error: relative error of the reference resistor, 0.001 at most on Rev A (docs/wiring.md). 0.1 % are 0.29 K
            at 30 degC. rref_tempco_per_k: more of it per kelvin that it is above 25 degC (`warmth_k`).
        The last three may be changed at any time, and `warmth_k` too: that is how it drifts.

    Faults: "open" and "short" of the sensor; "stuck": conversions go on, the data stays; "zeros", "ones": the line from
    the converter is stuck; "halted": no conversions; "drdy_low": DRDY stays low.
    """

    FAULTS = ("open", "short", "stuck", "zeros", "ones", "halted", "drdy_low")

    def __init__(
        self,
        ohm_at: "Callable[[int], float]",
        rref_ohm: float = 430.0,
        period_us: int = 21_000,
        first_us: int = 62_500,
        noise_codes: float = 0.0,
        seed: int = 1,
        rref_error: float = 0.0,
        rref_tempco_per_k: float = 0.0,
    ) -> None:
        self.rref_ohm = number("max31865 rref_ohm", rref_ohm, 1.0, 1e5)
        self.period_us = int(number("max31865 period_us", period_us, 1_000, 1_000_000))
        self.first_us = int(number("max31865 first_us", first_us, 1_000, 1_000_000))
        self.noise_codes = number("max31865 noise_codes", noise_codes, 0.0, 1e4)
        self.rref_error = number("max31865 rref_error", rref_error, -0.5, 0.5)
        self.rref_tempco_per_k = number("max31865 rref_tempco_per_k", rref_tempco_per_k, -1e-3, 1e-3)
        self.warmth_k = 0.0
        self._noise = Noise(seed)
        self._ohm_at = ohm_at
        self._fault = ""
        self._address = -1  # of the register that the next byte is for; top bit: write
        self._now_us = 0
        self._due_us = NEVER_US
        self._drdy = 1
        self._fresh_us = 0  # when the last conversion ended
        self._code = 0
        self._registers = bytearray(8)
        self._registers[3] = self._registers[4] = 0xFF

    @property
    def fault(self) -> str:
        """What is broken, "" = nothing."""
        return self._fault

    def set_fault(self, t_us: int, fault: str) -> None:
        """Break the part, or mend it with "".

        Raises:
            ValueError: if there is no such fault.
        """
        known("max31865", fault, self.FAULTS)
        self.advance(t_us)
        if self._fault == "halted" and self._registers[0] & AUTO:
            self._due_us = t_us + self.period_us
        self._fault = fault
        if fault == "halted":
            self._due_us = NEVER_US

    def next_event_us(self) -> int:
        """End of the conversion that is running, or NEVER_US."""
        return self._due_us

    def advance(self, t_us: int) -> None:
        """Finish all conversions that end at or before the time.

        Raises:
            ValueError: if time runs backwards or the resistance is NaN or negative.
        """
        later("max31865", t_us, self._now_us)
        while self._due_us <= t_us:
            due_us = self._due_us
            self._convert(due_us)
            if self._registers[0] & AUTO:
                self._due_us = due_us + self.period_us
            else:
                self._due_us = NEVER_US
                self._registers[0] &= ~ONE_SHOT & 0xFF
        self._now_us = t_us

    def drdy(self, t_us: int) -> int:
        """Level of the DRDY pin: 0 while a result waits to be read."""
        self.advance(t_us)
        return self.level

    @property
    def level(self) -> int:
        """The same at the time up to which it was advanced."""
        return 0 if self._fault == "drdy_low" else self._drdy

    @property
    def result(self) -> int:
        """The 16 bits that a read of the result shows now; reading them by this changes nothing."""
        if self._fault == "zeros":
            return 0
        return 0xFFFF if self._fault == "ones" else self._read_low() | self._registers[1] << 8

    def was_read(self, t_us: int) -> None:
        """Somebody has read the result at a time that may lie before the last conversion's end."""
        if t_us >= self._fresh_us:
            self._drdy = 1

    def transfer(self, t_us: int, tx: bytes) -> bytes:
        """One transaction framed by CS, all at the given time: address byte (write: + 80h), then data bytes.

        Returns:
            As many bytes as were sent; the first, while the address is shifted in, is 0.

        Raises:
            ValueError: if time runs backwards.
        """
        self.select()
        return bytes([self.exchange(t_us, byte) for byte in tx])

    def select(self) -> None:
        """CS falls: the next byte is an address."""
        self._address = -1

    def exchange(self, t_us: int, byte: int) -> int:
        """One byte of a transaction, at the time at which it has been shifted; what came back.

        Raises:
            ValueError: if time runs backwards.
        """
        self.advance(t_us)
        answer = 0
        if self._address < 0:
            self._address = byte
        else:
            if self._address & 0x80:
                self._write(t_us, self._address & 0x7F, byte)
            else:
                answer = self._read(self._address)
            self._address = self._address & 0x80 | (self._address + 1) & 0x7F
        if self._fault == "zeros":
            return 0
        return 0xFF if self._fault == "ones" else answer

    def _read(self, address: int) -> int:
        if address > 7:
            return 0xFF
        if address in (1, 2):
            self._drdy = 1
        return self._read_low() if address == 2 else self._registers[address]

    def _read_low(self) -> int:
        """The last digits, and whether there is a fault."""
        return self._registers[2] | (1 if self._registers[7] else 0)

    def _write(self, t_us: int, address: int, value: int) -> None:
        if 3 <= address <= 6:
            self._registers[address] = value
        elif address == 0:
            self._configure(t_us, value)

    def _configure(self, t_us: int, value: int) -> None:
        before = self._registers[0]
        if value & CLEAR:
            self._registers[7] = 0
        if value & CYCLE and self._fault == "open":
            self._registers[7] |= OPEN_CYCLE
        value &= ~(CYCLE | CLEAR) & 0xFF
        if value & AUTO:
            value &= ~ONE_SHOT & 0xFF
            if not before & AUTO:
                self._due_us = t_us + self.first_us
        elif value & ONE_SHOT:
            self._due_us = t_us + self.first_us
        else:
            self._due_us = NEVER_US
        if self._fault == "halted":
            self._due_us = NEVER_US
        self._registers[0] = value

    def _convert(self, t_us: int) -> None:
        ohm = number("max31865 ohm", self._ohm_at(t_us), 0.0, 1e9)  # asked in every case: the sensor's lag goes on
        if self._fault == "open":
            self._code = FULL
        elif self._fault == "short" or not self._registers[0] & (BIAS | AUTO):  # AUTO keeps the bias on
            self._code = 0
        elif self._fault != "stuck":
            self._code = self._coded(ohm)
        self._registers[1] = self._code >> 7
        self._registers[2] = self._code << 1 & 0xFF
        if self._code >= (self._registers[3] << 8 | self._registers[4]) >> 1:
            self._registers[7] |= HIGH
        if self._code <= (self._registers[5] << 8 | self._registers[6]) >> 1:
            self._registers[7] |= LOW
        self._drdy = 0
        self._fresh_us = t_us

    def _coded(self, ohm: float) -> int:
        error = number("max31865 rref_error", self.rref_error + self.rref_tempco_per_k * self.warmth_k, -0.5, 0.5)
        code = ohm / (self.rref_ohm * (1.0 + error)) * 32768
        if self.noise_codes > 0.0:
            code += self.noise_codes * self._noise.normal()
        return max(0, min(FULL, int(code + 0.5)))
