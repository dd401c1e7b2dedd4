"""What the monitor asks of a generator: six small calls, and one for when they hang."""

from typing import Protocol


class GeneratorError(Exception):
    """A generator that cannot be reached, or does not do what it was told; one line for a person."""


class Generator(Protocol):
    """A generator that is connected. A driver is made by a function that connects it, checks who it is, and raises
    GeneratorError if that fails (docs/generators.md).

    One thread at a time calls it, but for `abort`. Each call ends by itself, with GeneratorError if the generator did
    not answer in time; the caller reports one that does not. Set points are electrical forward power at the coupler.
    """

    @property
    def identity(self) -> str:
        """Who it said it is, when it was connected."""
        ...

    @property
    def timeout_s(self) -> float:
        """The longest time that one call takes while all is well."""
        ...

    @property
    def settle_s(self) -> float:
        """After this time set point and output read back as they were set."""
        ...

    @property
    def tolerance(self) -> float:
        """The share of the set point that reading it back may differ by: resolution, rounding, measurement."""
        ...

    def set_point(self, watts: float) -> None:
        """Set the power, W. The output stays as it is."""
        ...

    def read_set_point(self) -> float:
        """The power that the generator says is set, W."""
        ...

    def on(self) -> None:
        """Put the output on."""
        ...

    def off(self) -> None:
        """Put the output off; it is safe to repeat."""
        ...

    def read_output(self) -> bool:
        """Whether the generator says that its output is on."""
        ...

    def abort(self) -> None:
        """Put the output off, and see that it is, while another call hangs in another thread: by a second connection
        if there can be one."""
        ...

    def close(self) -> None:
        """Give the connection back; the output stays as it is."""
        ...
