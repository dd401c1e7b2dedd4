"""The rig: one device on one bench with one operator, run in the platform's own time, and recorded."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from sonofuse.board import Board
from sonofuse.limits import SHIPPED, compile_limits, load
from sonofuse.link import Answer, Telemetry

from .bench import Bench
from .bench import Tolerances as Tolerances
from .device import Transform
from .operator import Operator
from .operator import Sonication as Sonication
from .plant import LayeredPlant
from .platforms.flash import Flash
from .platforms.platform import Device, On
from .platforms.unix import Unix
from .run import Run, Samples, Seen, Stimulus

STEP_US = 20_000  # of the curves
LATCH_BYTES = 8192
_CURVES = ("skin_a", "skin_b", "fat", "periosteum", "marrow", "transducer")


class Rig:
    """Everything a scenario needs. Use it as a context manager: leaving it ends the device and removes its files.

    Args:
        limits: a limits file in TOML.
        plan: what the operator does, one sonication after the other.
        tolerances: of the parts. seed: of all noise.
        flash: what the latch holds at power-up; None is a blank device, which the operator acknowledges.
        blob: a compiled limit set to install instead of the file's own (None: the file's own).
        transform: rewrites firmware sources, for instrumented firmware and mutants.
        on: the platform that runs the device.
        board: in the place of the one that the limits name.
        ticks_us: what the device's clock shows at every boot (it wraps at 2³⁰ µs; unix platform).

    Raises:
        LimitsError: if the limits file is wrong.
        RigError: if the environment lacks what the platform needs.
    """

    def __init__(
        self,
        limits: Path = SHIPPED,
        plan: tuple[Sonication, ...] = (),
        *,
        name: str = "",
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
        self.limits = load(limits, board)
        self.blob = compile_limits(self.limits) if blob is None else blob
        self.name, self.seed = name, seed
        self._folder = tempfile.TemporaryDirectory(prefix="sonofuse-")
        self.folder = Path(self._folder.name)
        self.bench = Bench(self.limits.board, plant, tolerances, seed)
        self.operator = Operator(self.bench, self.blob, plan)
        self.operator.on_frame = self._frame
        self.operator.on_rf = self._rf
        self.flash = Flash(LATCH_BYTES, flash)
        installed = str(self.limits.board.file)
        self.platform = on.open(
            Device(self.folder, self.blob, installed, self.bench, self.flash, transform, script, ticks_us)
        )
        self.stimuli: list[Stimulus] = []
        self.seen: list[Seen] = []
        self.samples = Samples(curves={name: [] for name in (*_CURVES, "forward", "permit")})
        self._at_rf: list[tuple[int, int, Callable[[], None]]] = []
        self.bench.at(0, self._sample)

    def __enter__(self) -> "Rig":
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

    # ---- what scenarios do

    def at(self, t_us: int, name: str, text: str, action: Callable[[], None]) -> None:
        """Do something at a time, and note it as a stimulus."""

        def act() -> None:
            self.stimuli.append(Stimulus(self.bench.now_us, name, text))
            action()
            self.bench.changed()

        self.bench.at(t_us, act)

    def after_rf(self, delay_us: int, name: str, text: str, action: Callable[[], None], sonication: int = 0) -> None:
        """Do something a while after a sonication of the plan was, or will be, started."""
        started_us = self.operator.started_us
        if len(started_us) > sonication:
            self.at(max(started_us[sonication] + delay_us, self.bench.now_us), name, text, action)
            return
        self._at_rf.append((sonication, delay_us, lambda: self.at(self.bench.now_us + delay_us, name, text, action)))

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

    def run_plan(self, limit_us: int, after_us: int = 200_000) -> Run:
        """Run until the plan is done or a trip was reported, and a while longer; then the record."""
        self.run_while(lambda: not (self.operator.finished or self.operator.tripped_us is not None), limit_us)
        self.run_for(after_us)
        return self.result()

    def result(self) -> Run:
        """The record so far."""
        platform = self.platform
        return Run(
            scenario=self.name,
            tier=platform.tier,
            seed=self.seed,
            limits=self.limits.name,
            limits_sha256=self.blob[-32:].hex(),
            end_us=platform.now_us,
            rf_us=tuple(self.operator.started_us),
            done=self.operator.done,
            stimuli=tuple(self.stimuli),
            seen=tuple(self.seen),
            history=self.bench.history,
            resets=tuple(platform.resets),
            flash_operations=tuple(self.flash.operations),
            last_token_us=(platform.last_token_us[0], platform.last_token_us[1]),
            hung_us=platform.hung_us,
            samples=self.samples,
            buzzer=self.limits.board.pins["buzzer"],
        )

    # ---- what the rig notes

    def _frame(self, t_us: int, frame: Telemetry | Answer) -> None:
        if isinstance(frame, Telemetry) and (
            not self.seen or (self.seen[-1].state, self.seen[-1].cause) != (frame.state, frame.cause)
        ):
            self.seen.append(Seen(t_us, frame.state, frame.cause))

    def _rf(self, _t_us: int) -> None:
        number = len(self.operator.started_us) - 1
        for sonication, _, schedule in self._at_rf:
            if sonication == number:
                schedule()

    def _sample(self) -> None:
        bench = self.bench
        bench.plant.advance_to(bench.now_us * 1e-6)
        self.samples.t_s.append(bench.now_us * 1e-6)
        for name in _CURVES:
            self.samples.curves[name].append(round(bench.plant.read(name), 4))
        self.samples.curves["forward"].append(round(bench.watts, 4))
        edges = bench.history.edges
        self.samples.curves["permit"].append(float(bool(edges) and edges[-1][2]))
        bench.at(bench.now_us + STEP_US, self._sample)
