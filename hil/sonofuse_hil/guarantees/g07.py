"""G7: limit set or latch damaged, missing or of another version: the permit is never high."""

from collections.abc import Callable
from pathlib import Path

from sonofuse import link
from sonofuse.layout import K
from sonofuse.link import F

from ..device import Transform
from ..measurement import Measurement
from ..rig import Rig, Sonication
from ..run import Run

TRIPPED = 4
FLIP_US = 50_000  # how long RF is on before a bit flips in memory
_PLAN = (Sonication(60.0, 0.6),)


def start_anyway(
    limits: Path,
    *,
    blob: bytes | None = None,
    flash: bytes | None = None,
    prepare: Callable[[Rig], None] = lambda rig: None,
    acknowledge: bool = True,
    transform: Transform | None = None,
) -> Run:
    """Boot a damaged device and try every command on it that leads towards RF, in order, again and again."""
    with Rig(limits, blob=blob, flash=flash, transform=transform) as rig:
        prepare(rig)
        rig.run_for(1_400_000)
        for _ in range(2):
            if acknowledge:
                rig.operator.acknowledge(True)
                rig.run_for(120_000)
            rig.bench.send(link.arm(1, 60_000, 1_000_000, rig.blob[-32:]))
            rig.run_for(30_000)
            rig.operator.command(F.START)
            rig.run_for(30_000)
        return rig.result()


def never_high(run: Run, what: str, example: str) -> list[Measurement]:
    """No permit edge at all, and TRIPPED in every report."""
    edges = float(len(run.bursts(0)) + len(run.bursts(1)))
    silent = not run.seen or any(seen.state != TRIPPED for seen in run.seen)
    return [
        Measurement("G7", f"{what}: permitted bursts", edges, "bursts", 0, run.tier, example),
        Measurement("G7", f"{what}: not TRIPPED", float(silent), "devices", 0, run.tier, example),
    ]


def flipping(word: int, bit: int) -> Transform:
    """The firmware, but a bit of its limit set flips in memory `FLIP_US` after RF came on."""
    old = "        cause = kernel.tick("
    new = f"""        if self.state == ON and words[S_ON_US] >= {FLIP_US} and not self._flipped:
            self._flipped = True
            damaged = self._limits[{word}] & 0xFFFFFFFF ^ 1 << {bit}
            self._limits[{word}] = damaged - (damaged >> 31 << 32)
{old}"""

    def transform(file: str, source: str) -> str:
        if file != "monitor.py":
            return source
        start = "        self._limits = limits\n"
        if source.count(old) != 1 or source.count(start) != 1:
            raise ValueError("monitor.py: the place of the kernel's call is not found once")
        return source.replace(old, new).replace(start, f"{start}        self._flipped = False\n")

    return transform


def flip_in_memory(limits: Path, word: int, bit: int, also: Transform | None = None) -> list[Measurement]:
    """Two passes of the checksum at most: the part that was just looked at is looked at again in the next one."""
    flip = flipping(word, bit)
    with Rig(limits, _PLAN, transform=lambda f, s: flip(f, also(f, s) if also else s)) as rig:
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
