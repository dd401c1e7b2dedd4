"""What of the chip's memory is left while RF is on: the heap does not grow, the stack stays in its place."""

from pathlib import Path
from struct import unpack_from

import pytest

from sonofuse_hil.measurement import EMULATED
from sonofuse_hil.platforms.rp2040 import trials
from sonofuse_hil.platforms.rp2040.opening import Rp2040
from sonofuse_hil.results import distribution
from sonofuse_hil.rig import Rig, Sonication
from tests.quick import quick_limits

pytestmark = pytest.mark.chip  # a boot of the emulated chip takes a minute

MARK = b"heap of a tick: "
WORDS = 3  # free, allocated, ticks with the heap locked
# The marker is written byte by byte, so that it is in memory once.
LOCKED = f"""
import gc
from struct import pack_into
_ticks = Monitor.ticks
_found = bytearray({len(MARK) + 4 * WORDS})
for _i, _byte in enumerate({bytes(byte ^ 1 for byte in MARK)!r}):
    _found[_i] = _byte ^ 1

def _locked(self):
    ticks = _ticks(self)
    seen = 0
    gc.collect()
    pack_into("<II", _found, {len(MARK)}, gc.mem_free(), gc.mem_alloc())
    while True:
        if self.state != ON:
            next(ticks)
        else:
            micropython.heap_lock()
            next(ticks)
            micropython.heap_unlock()
            seen += 1
            pack_into("<I", _found, {len(MARK) + 8}, seen)
        yield

Monitor.ticks = _locked
"""


def test_heap(chip_image: Path, tmp_path: Path, timed) -> None:
    """Ticks with RF on run with the heap locked, refused commands among them, and most of it is free."""

    def transform(name: str, source: str) -> str:
        return source + LOCKED if name == "monitor.py" else source

    with Rig(quick_limits(tmp_path), (Sonication(50.0, 0.2),), on=Rp2040(chip_image), transform=transform) as rig:
        assert rig.run_while(lambda: not rig.operator.started_us, 4_000_000), rig.seen
        trials.ticks_of(rig, 150_000, trials.REFUSED)
        memory = bytes(rig.platform.chip.mcu.sram)
        assert memory.count(MARK) == 1
        at = memory.index(MARK) + len(MARK)
        free, allocated, ticks = unpack_from(f"<{WORDS}I", memory, at)
        rig.run_while(lambda: not rig.operator.finished, 1_000_000)
        assert ticks > 140 and rig.result().done == 1 and len(rig.platform.resets) == 1  # the proof of the watchdog
    timed(distribution("heap in use when ticks begin", [float(allocated)], "B", EMULATED, (free + allocated) / 2))


def test_stack(on_chip, timed) -> None:
    lines = ((), (trials.REFUSED,), (trials.SHORT, 1_100))
    used = [float(on_chip.on.run(trials.stack_of, 200_000, *line)) for line in lines]
    timed(distribution("stack, deepest use with RF on", used, "B", EMULATED, trials.STACK_BYTES / 2))
