"""The stand: one device on one bench in the platform's own time, with the console left to whoever takes it."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from sonofuse.board import Board
from sonofuse.limits import SHIPPED, LimitsFile, compile_limits, load

from .bench import Bench, Tolerances
from .device import Transform
from .plant import LayeredPlant
from .platforms.flash import Flash
from .platforms.platform import Device, On
from .platforms.unix import Unix
from .run import Stimulus

LATCH_BYTES = 8192


class Console(Protocol):
    """Whoever commands the device and the generator, as far as a fault can reach it.

    `hung`: it does nothing any more. `absent`: nobody is there, and it only gives receipts. `clock_rate`: seconds of
    its clock in one of the device's.
    """

    hung: bool
    absent: bool
    clock_rate: float


@runtime_checkable
class Commander(Console, Protocol):
    """A console that the rig itself operates, so that a fault can make it command something else.

    `again_us`: between two tries of a command that was refused. `acknowledges`: every trip as soon as it is seen.
    `set_point`: mW and µs that it arms whatever was planned.
    """

    again_us: int
    acknowledges: bool
    set_point: tuple[int, int] | None

    @property
    def kernel_state(self) -> "memoryview[int] | None":
        """Its copy of the state of the device's kernel, a few ticks old; None if it follows no device."""
        ...

    def restart(self) -> None:
        """Its program ends and begins anew."""
        ...


class Stand:
    """A device with its bench. Use it as a context manager: leaving it ends the device and removes its files.

    A subclass sets `console`, which sends by `bench.send` and hears by `bench.on_received`.

    Args:
        limits: a limits file in TOML, or one that was read already.
        tolerances: of the parts. seed: of all noise.
        flash: what the latch holds at power-up; None is a blank device.
        blob: a compiled limit set to install instead of the file's own (None: the file's own).
        transform: rewrites firmware sources, for instrumented firmware and mutants.
        on: the platform that runs the device.
        board: in the place of the one that the limits name.
        ticks_us: what the device's clock shows at every boot (it wraps at 2³⁰ µs; unix platform).

    Raises:
        LimitsError: if the limits file is wrong.
        RigError: if the environment lacks what the platform needs.
    """

    console: Console

    def __init__(
        self,
        limits: Path | LimitsFile = SHIPPED,
        *,
        tolerances: Tolerances = Tolerances(),
        seed: int = 1,
        plant: LayeredPlant | None = None,
        flash: bytes | None = None,
        blob: bytes | None = None,
        transform: Transform | None = None,
        on: On = Unix(),
        board: Board | None = None,
        script: str = "main.py",
        ticks_us: int = 0,
    ) -> None:
        self.limits = load(limits, board) if isinstance(limits, Path) else limits
        self.blob = compile_limits(self.limits) if blob is None else blob
        self.seed = seed
        self._folder = tempfile.TemporaryDirectory(prefix="sonofuse-")
        self.folder = Path(self._folder.name)
        try:
            self.bench = Bench(self.limits.board, plant, tolerances, seed)
            self.flash = Flash(LATCH_BYTES, flash)
            installed = str(self.limits.board.file)
            self.platform = on.open(
                Device(self.folder, self.blob, installed, self.bench, self.flash, transform, script, ticks_us)
            )
        except BaseException:  # Ctrl-C too: nobody else knows of the folder
            self._folder.cleanup()
            raise
        self.stimuli: list[Stimulus] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.platform.close()
        self._folder.cleanup()

    @property
    def now_us(self) -> int:
        return self.platform.now_us

    def at(self, t_us: int, name: str, text: str, action: Callable[[], None]) -> None:
        """Do something at a time, and note it as a stimulus."""

        def act() -> None:
            self.stimuli.append(Stimulus(self.bench.now_us, name, text))
            action()
            self.bench.changed()

        self.bench.at(t_us, act)

    def run_for(self, us: int) -> None:
        self.platform.run_until(self.now_us + us)

    def run_while(self, condition: Callable[[], bool], limit_us: int, step_us: int | None = None) -> bool:
        """Run while a condition holds, looked at every `step_us`; False if the limit came first."""
        end_us = self.now_us + limit_us
        step_us = step_us or self.platform.step_us
        while condition():
            if self.now_us >= end_us:
                return False
            self.platform.run_until(min(end_us, self.now_us + step_us))
        return True
