"""G7: a limit set, firmware or latch that is damaged, missing or of another version never lets the permit rise."""

from collections.abc import Callable
from pathlib import Path

from sonofuse.layout import K
from sonofuse.link import F

from ..device import Transform, both, mistake
from ..faults.memory import reseal as reseal
from ..measurement import Measurement
from ..rig import Rig, Sonication
from ..run import Run
from .g06 import Console

BOOT_US = 3_000_000  # an operator has long armed and started a sound device by then
FLIP_US = 50_000  # how long RF is on before a bit flips in memory


def boot(
    limits: Path,
    *,
    blob: bytes | None = None,
    damage: Callable[[Path], None] = lambda _folder: None,
    flash: bytes | None = None,
) -> Run:
    """Boot a device with a limit set, damaged files or a latch, and let an operator try to treat for `BOOT_US`.

    Args:
        damage: is given the folder of the device's files, before the boot.
    """
    with Rig(limits, (Sonication(50.0, 1.0),), name="G7", blob=blob, flash=flash) as rig:
        damage(rig.folder)
        rig.run_for(BOOT_US)
        return rig.result()


def never_high(run: Run, example: str) -> Measurement:
    """Bursts of permit edges on either pin; none are allowed."""
    edges = len(run.bursts(0)) + len(run.bursts(1))
    return Measurement("G7", "bursts of permit edges with damaged data", edges, "", 0, run.tier, example)


def start_anyway(
    limits: Path, *, blob: bytes | None = None, flash: bytes | None = None, acknowledge: bool = True
) -> tuple[Run, list[int]]:
    """Try every command that leads towards RF on a damaged device; the record, and every state it reported."""
    with Rig(limits, blob=blob, flash=flash) as rig:
        console = Console(rig)
        rig.run_for(1_400_000)
        console.join()
        for _ in range(2):
            if acknowledge:
                rig.bench.send(console.encode(F.ACKNOWLEDGE, b"\1"))
                rig.run_for(120_000)
            rig.bench.send(console.arm(60_000, 1_000_000))
            rig.run_for(30_000)
            rig.bench.send(console.encode(F.START))
            rig.run_for(30_000)
        return rig.result(), console.states


def flipping(word: int, bit: int) -> Transform:
    """The firmware, but a bit of its limit set flips in memory `FLIP_US` after RF came on."""
    old = "            cause = check("
    new = f"""            if self.state == ON and words[S_ON_US] >= {FLIP_US} and not self._flipped:
                self._flipped = True
                damaged = self._limits[{word}] & 0xFFFFFFFF ^ 1 << {bit}
                self._limits[{word}] = damaged - (damaged >> 31 << 32)
{old}"""
    start = "        self._limits = limits\n"
    not_yet = mistake("monitor.py", start, f"{start}        self._flipped = False\n")
    return both(not_yet, mistake("monitor.py", old, new))


def flip_in_memory(limits: Path, word: int, bit: int, also: Transform | None = None) -> list[Measurement]:
    """Two passes of the checksum at most: the part that was just looked at is looked at again in the next one."""
    flip = flipping(word, bit)
    with Rig(limits, (Sonication(60.0, 1.0),), transform=both(also, flip) if also else flip) as rig:
        words = memoryview(rig.blob[:-36]).cast("i")
        ticks = 2 * -(-4 * words[K.H_WORDS] // words[K.H_CRC_BYTES]) + 1
        bound_us = ticks * words[K.H_TICK_US] + 2_200
        run = rig.run_plan(4_000_000)
        example = f"bit {bit} of word {word}"
        flipped_us = run.bursts(0)[0][0] + FLIP_US
        late_us = float(run.low_since(flipped_us) - flipped_us)
        return [
            Measurement("G7", "limit set flips in memory: permit low", late_us, "µs", bound_us, run.tier, example),
            Measurement("G7", "limit set flips in memory: ends", float(run.done), "ends", 0, run.tier, example),
        ]
