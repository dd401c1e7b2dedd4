"""Nothing is allocated while ON: every tick of a whole sonication runs with the heap locked."""

from pathlib import Path

from sonofuse_hil.device import Transform, both, mistake
from sonofuse_hil.rig import Rig, Sonication
from sonofuse_hil.run import Run
from tests.quick import quick_limits

CRASHED = 32  # "interrupted": the tick raised MemoryError, the device reset and found its treatment open

LOCKED = """
_ticks = Monitor.ticks

def _locked(self):
    ticks = _ticks(self)
    seen = 0
    while True:
        if self.state != ON:
            next(ticks)
        else:
            micropython.heap_lock()
            try:
                next(ticks)
            finally:
                micropython.heap_unlock()
            seen += 1
            if seen == 1500:
                print("1500 ticks with the heap locked")
        yield

Monitor.ticks = _locked
"""


def locked(name: str, source: str) -> str:
    """Lock the heap around every tick while ON."""
    return source + LOCKED if name == "monitor.py" else source


def sonicate(folder: Path, transform: Transform, commands: bool = False) -> tuple[Run, str]:
    limits = quick_limits(folder)
    with Rig(limits, (Sonication(50.0, 2.0),), transform=transform) as rig:
        if commands:
            for number in range(20):
                kind = (16, 17, 19, 21, 22, 99)[number % 6]
                rig.after_rf(50_000 * (number + 1), "command", str(kind), lambda kind=kind: rig.operator.command(kind))
            rig.after_rf(1_500_000, "garbage", "", lambda: rig.bench.send(bytes(range(1, 256)) * 3 + b"\0"))
        run = rig.run_plan(10_000_000)
        return run, (rig.folder / "vm.log").read_text()


def test_a_whole_sonication_allocates_nothing(tmp_path: Path) -> None:
    run, log = sonicate(tmp_path, locked)
    assert run.done == 1 and run.state == 1, (run.seen, log)
    assert "1500 ticks with the heap locked" in log


def test_commands_that_are_refused_allocate_nothing(tmp_path: Path) -> None:
    run, log = sonicate(tmp_path, locked, commands=True)
    assert run.done == 1 and run.state == 1, (run.seen, log)


def test_an_allocation_is_noticed(tmp_path: Path) -> None:
    sample = "            gpio = sample(table, inputs)\n"
    planted = mistake("monitor.py", sample, f"{sample}            self._planted = [gpio]\n")
    run, log = sonicate(tmp_path, both(planted, locked))
    assert run.done == 0 and any(seen.cause >> 8 == CRASHED for seen in run.seen)
    assert "MemoryError" in log
