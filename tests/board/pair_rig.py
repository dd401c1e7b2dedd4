"""A rig whose monitor and signal board are a pair of emulated chips, and what a fork of it does."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sonofuse_hil.guarantees import excursion, g10
from sonofuse_hil.guarantees.excursion import Excursion
from sonofuse_hil.guarantees.g10 import Stop
from sonofuse_hil.operator import Sonication
from sonofuse_hil.platforms.board.opening import Real, Start
from sonofuse_hil.platforms.board.platform import BoardPlatform
from sonofuse_hil.platforms.board.wire import PINS
from sonofuse_hil.rig import Rig
from sonofuse_hil.run import Run

from .pair import Pair

PLAN = Sonication(40.0, 0.08)
SILENCE_MS = 100
_PATIENCE_S = 120.0  # of the host, while two chips are emulated
_ON_US = 600_000  # by then a monitor that is SAFE has been armed and started
_SETTLED_US = 15_000


class PairRig(Rig):
    """The monitor is SAFE already, with a closed latch, and runs on; `latch` is what it holds at power-up."""

    def __init__(self, limits: Path, image: Path, latch: bytes) -> None:
        self.pair = Pair(limits, image, latch)
        self.pair.boot()
        start = Start(restart=False, silence_ms=SILENCE_MS, patience_s=_PATIENCE_S, idle=self.pair.step)
        super().__init__(limits, (PLAN,), on=Real(self.pair.pty.name, self.pair.signal.pty.name, start), name="pair")


@dataclass(frozen=True)
class Seen:
    """A run as the rig saw it, and the emulator's own truth: the marker's edges and the permit's last, as (µs, ticks of
    what stamps it), and those of the stop loop and of both read-backs, as (µs, level)."""

    run: Run
    markers: tuple[tuple[float, int], ...]
    last_edge: tuple[float, int]
    stop_loop: tuple[tuple[float, int], ...]
    readbacks: tuple[tuple[float, int], ...]
    worst_late_us: int
    finished: bool


def closed_latch(limits: Path) -> bytes:
    """The latch of a monitor whose last sonication ended normally."""
    with Rig(limits, (Sonication(10.0, 0.05),)) as rig:
        run = rig.run_plan(5_000_000)
        assert run.done == 1
        return bytes(rig.flash.data)


def begin(limits: Path, image: Path, latch: bytes) -> Rig:
    """A pair in a session, RF on for a while, relays closed."""
    rig = PairRig(limits, image, latch)
    assert rig.run_while(lambda: not rig.operator.started_us, _ON_US, 2_000), rig.seen
    rig.run_for(_SETTLED_US)
    return rig


def nominal(rig: Rig) -> Seen:
    """The sonication ends as planned."""
    return _carried_out(rig, lambda: rig.run_plan(300_000, 30_000))


def stop(rig: Rig) -> Seen:
    """The stop loop opens."""
    return _carried_out(rig, lambda: g10.carry_out(rig, Stop(1_000, plan=PLAN)))


def overpower(rig: Rig) -> Seen:
    """Forward power is far above every limit."""
    e = Excursion("forward", "above", 200.0, 1_000, plan=PLAN)
    return _carried_out(rig, lambda: excursion.carry_out(rig, replace(e, tolerances=rig.bench.tolerances), 300_000))


def vanish(rig: Rig) -> Seen:
    """The host says nothing any more, for a tenth longer than it is allowed to."""
    pair = _pair(rig)

    def silent() -> Run:
        pair.run(SILENCE_MS * 1_100)
        assert not pair.signal.level(PINS.LED), "the session is over"
        for pin in (PINS.STOP_LOOP, PINS.SUPPLY, PINS.FLOW, PINS.PERMIT_READBACK, PINS.SECOND_READBACK):
            assert not pair.signal.level(pin), f"GP{pin} is off"
        assert [pair.signal.share(channel) for channel in range(3)] == [0.0, 0.0, 0.0]
        return rig.result()

    return _carried_out(rig, silent)


def _carried_out(rig: Rig, act: Callable[[], Run]) -> Seen:
    pair, platform = _pair(rig), rig.platform
    assert isinstance(platform, BoardPlatform)
    pair.pty.flush()  # another fork has been here
    pair.signal.pty.flush()
    run = act()
    zero = platform.zero_us
    return Seen(
        run,
        tuple((ns / 1e3 - zero, ticks) for ns, ticks in pair.signal.markers),
        (pair.permit[-1][0] / 1e3 - zero, pair.permit[-1][1]),
        tuple((t_us - zero, level) for t_us, level in pair.signal.edges(PINS.STOP_LOOP)),
        tuple(
            (t_us - zero, level)
            for pin in (PINS.PERMIT_READBACK, PINS.SECOND_READBACK)
            for t_us, level in pair.signal.edges(pin)
        ),
        platform.worst_late_us,
        rig.operator.finished,
    )


def _pair(rig: Rig) -> Pair:
    assert isinstance(rig, PairRig)
    return rig.pair
