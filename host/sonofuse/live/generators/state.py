"""What is known of a generator, as a plain record."""

from dataclasses import dataclass

from sonofuse.live.generators.generator import Generator


@dataclass(frozen=True)
class GeneratorState:
    """The generator now. What is not known is None; `age_s` is that of the older of the two readings."""

    connected: bool
    identity: str
    set_w: float | None  # as it was read back
    output: bool | None
    ready: bool  # the set point that was asked for was read back; the output may be on
    tolerance: float  # share by which set_w may differ from what was set
    tripped: bool  # nothing puts the output on before an acknowledgement
    trouble: str  # one line for a person, "" for none
    age_s: float | None


@dataclass(frozen=True)
class Connection:
    """A generator with what it says of itself, asked for once, so that nobody who looks has to call it."""

    generator: Generator
    identity: str
    timeout_s: float
    settle_s: float
    tolerance: float


def connection(generator: Generator) -> Connection:
    """A generator just connected, with what it says of itself."""
    return Connection(
        generator, generator.identity, generator.timeout_s, generator.settle_s, float(generator.tolerance)
    )
