"""The rig: one device on one bench with one operator, run in the platform's own time, and recorded."""

from collections.abc import Callable
from pathlib import Path

from sonofuse import keys
from sonofuse.board import Board
from sonofuse.limits import SHIPPED, LimitsFile
from sonofuse.link import Answer, Telemetry

from .bench import Tolerances as Tolerances
from .device import Transform
from .operator import Operator
from .operator import Sonication as Sonication
from .plant import LayeredPlant
from .platforms.names import BOARD
from .platforms.platform import On
from .platforms.unix import Unix
from .run import Run, Samples, Seen
from .stand import LATCH_BYTES as LATCH_BYTES
from .stand import Stand

STEP_US = 20_000  # of the curves
_CURVES = ("skin_a", "skin_b", "fat", "periosteum", "marrow", "transducer")


class Rig(Stand):
    """Everything a scenario needs: a stand with an operator at the console, and a record of what they do.

    Args:
        plan: what the operator does, one sonication after the other; a device with a blank latch is acknowledged.
        name: of the run.
        limits, tolerances, seed, plant, flash, blob, transform, on, board, script, ticks_us: as of `Stand`.

    Raises:
        LimitsError: if the limits file is wrong.
        RigError: if the environment lacks what the platform needs.
    """

    def __init__(
        self,
        limits: Path | LimitsFile = SHIPPED,
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
        kept = keys.kept() if on.name == BOARD else {}  # read first: nothing is open yet if that fails
        super().__init__(
            limits,
            tolerances=tolerances,
            seed=seed,
            plant=plant,
            flash=flash,
            blob=blob,
            transform=transform,
            on=on,
            board=board,
            script=script,
            ticks_us=ticks_us,
        )
        self.name = name
        self.console = self.operator = Operator(self.bench, self.blob, plan, kept)
        self.operator.on_frame = self._frame
        self.operator.on_rf = self._rf
        self.seen: list[Seen] = []
        self.samples = Samples(curves={name: [] for name in (*_CURVES, "forward", "permit")})
        self._at_rf: list[tuple[int, int, Callable[[], None]]] = []
        self.bench.at(0, self._sample)

    # ---- what scenarios do

    def after_rf(self, delay_us: int, name: str, text: str, action: Callable[[], None], sonication: int = 0) -> None:
        """Do something a while after a sonication of the plan was, or will be, started."""
        started_us = self.operator.started_us
        if len(started_us) > sonication:
            self.at(max(started_us[sonication] + delay_us, self.bench.now_us), name, text, action)
            return
        self._at_rf.append((sonication, delay_us, lambda: self.at(self.bench.now_us + delay_us, name, text, action)))

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
