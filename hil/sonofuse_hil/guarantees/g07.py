"""G7: a limit set, firmware or latch that is damaged, missing or of another version never lets the permit rise."""

import hashlib
import struct
import zlib
from pathlib import Path

from sonofuse.layout import K

from ..measurement import Measurement
from ..rig import Rig, Sonication
from ..run import Run

BOOT_US = 3_000_000  # an operator has long armed and started a sound device by then
_TAIL_BYTES = 36  # CRC-32 and SHA-256


def reseal(blob: bytes, word: int, value: int) -> bytes:
    """A limit set with one word changed and both sums right again: damage that only its meaning can show."""
    body = bytearray(blob[:-_TAIL_BYTES])
    struct.pack_into("<i", body, 4 * word, value)
    return bytes(body) + struct.pack("<I", zlib.crc32(body)) + hashlib.sha256(body).digest()


def boot(limits: Path, *, blob: bytes | None = None, without: str = "", flash: bytes | None = None) -> Run:
    """Boot a device with a limit set, a missing file or a latch, and let an operator try to treat for `BOOT_US`."""
    with Rig(limits, (Sonication(50.0, 1.0),), name="G7", blob=blob, flash=flash) as rig:
        if without:
            (rig.folder / without).unlink()
        rig.run_for(BOOT_US)
        return rig.result()


def never_high(run: Run, example: str) -> Measurement:
    """Bursts of permit edges on either pin; none are allowed."""
    edges = len(run.bursts(0)) + len(run.bursts(1))
    return Measurement("G7", "bursts of permit edges with damaged data", edges, "", 0, run.tier, example)


def ram_reaction(run: Run, blob: bytes) -> Measurement:
    """Time from a bit that flips in memory while ON to the last edge; a pass of the running CRC, two ticks and 2.2 ms."""
    words = struct.unpack_from(f"<{K.H_ROWS}i", blob)
    tick_us = words[K.H_TICK_US]
    passes = -(-4 * words[K.H_WORDS] // words[K.H_CRC_BYTES])
    flipped_us = run.stimuli[0].t_us
    low_us = run.low_since(flipped_us)
    value = (low_us - flipped_us) / 1000 if run.tripped is not None else float("nan")
    # The damage may lie just behind the running position: it is then seen one whole pass later, at that pass's end.
    limit = 2 * passes * tick_us / 1000 + 2 * tick_us / 1000 + 2.2
    return Measurement("G7", "limit set damaged in memory while ON", value, "ms", limit, run.tier, run.stimuli[0].text)
