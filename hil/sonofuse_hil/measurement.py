"""One measured figure: what, how much, how much is allowed, and in which tier it was seen."""

from dataclasses import dataclass

GUARANTEES = tuple(f"G{number}" for number in range(1, 13))  # docs/guarantees.md
SOFTWARE, EMULATED, HARDWARE = "software", "emulated chip", "hardware"
TIERS = {  # what a figure of each tier is worth, in words for a reader
    SOFTWARE: "the unmodified firmware on a MicroPython virtual machine, in simulated time with declared call costs. "
    "It says nothing about the microseconds of a chip, or about a relay that you can touch",
    EMULATED: "the unmodified firmware on an emulated RP2040, instruction by instruction, in simulated time. "
    "Emulated: no XIP cache, not silicon",
    HARDWARE: "the unmodified firmware on a board, timed by a second board",
}


@dataclass(frozen=True)
class Measurement:
    """A figure with its limit; NaN never passes.

    `guarantee` is "G1" … "G12", `name` says what was measured, `example` how to repeat it (seed, parameters).
    """

    guarantee: str
    name: str
    value: float
    unit: str
    limit: float
    tier: str
    example: str = ""

    @property
    def passed(self) -> bool:
        return self.value <= self.limit
