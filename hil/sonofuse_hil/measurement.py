"""One measured figure: what, how much, how much is allowed, and in which tier it was seen."""

from dataclasses import dataclass


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
