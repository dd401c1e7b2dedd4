"""The 12-bit converter of the microcontroller, as MicroPython's read_u16 shows it."""

from .check import known, number
from .noise import Noise
from .reference import Reference


class Adc:
    """One input of the converter.

    Args:
        reference: of the converter (ADC_VREF); its error and drift scale every reading.
        supply_v: inputs and reference are clamped to 0 ... this voltage.
        noise_v: standard deviation at the input. seed: of the noise.

    Faults: "stuck": the last reading stays; "zeros"; "ones".
    """

    FAULTS = ("stuck", "zeros", "ones")

    def __init__(self, reference: Reference, supply_v: float = 3.3, noise_v: float = 0.0, seed: int = 1) -> None:
        self.reference = reference
        self.supply_v = number("adc supply_v", supply_v, 0.1, 10.0)
        self.noise_v = number("adc noise_v", noise_v, 0.0, 10.0)
        self._fault = ""
        self._raw12 = 0
        self._noise = Noise(seed)

    @property
    def fault(self) -> str:
        """What is broken, "" = nothing."""
        return self._fault

    @fault.setter
    def fault(self, fault: str) -> None:
        self._fault = known("adc", fault, self.FAULTS)

    def read_u16(self, t_us: int, volts: float) -> int:
        """The reading 0 ... 65535 for a voltage at the pin: 12 bits, the upper four repeated below.

        Raises:
            ValueError: if the voltage is NaN or beyond 1 kV.
        """
        number("adc volts", volts, -1e3, 1e3)
        if self._fault == "zeros":
            return 0
        if self._fault == "ones":
            return 0xFFFF
        if self._fault != "stuck":
            if self.noise_v > 0.0:
                volts += self.noise_v * self._noise.normal()
            full_v = max(min(self.reference.volts(t_us), self.supply_v), 1e-3)
            self._raw12 = min(4095, int(max(0.0, min(volts, self.supply_v)) / full_v * 4096))
        return self._raw12 << 4 | self._raw12 >> 8
