"""G3: the host hangs, dies, is unplugged, stops checking or computes something else: permit low within the receipt
timeout + 1 tick.

The bound counts from the newest tick that the host has confirmed: the last one of the newest frame for which a right
receipt was put on the line. Right is what a second, honest host gives, which hears every byte that the device sends.

Two differences may take longer to show, and have bounds of their own. A wrong bit in the state of the host's kernel
that decides nothing yet is found by the digest, which takes in a few words of the state on each tick: one pass over all
of it comes on top. A wrong limit in the host's own copy that decides nothing yet is found by the checksum that is part
of that state, into which a few bytes go on each tick: one pass over the limit set comes on top of that.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sonofuse.layout import Constants, K
from sonofuse_firmware.states import TRIPPED

from ..device import Transform, mistake
from ..line import Ledger, Line
from ..measurement import Measurement
from ..operator import Sonication
from ..rig import Rig
from ..run import Run
from .hosts import Act

R = Constants("rows.py")
PLAN = (Sonication(40.0, 1.5),)
_AFTER_TICK_US = 300  # from a sample to the pads, as in G1


@dataclass(frozen=True)
class Outcome:
    """A run, and what only the line shows: when right receipts were given and for which tick (µs), and the state and
    cause that the device said last, whoever heard it."""

    run: Run
    confirmed: tuple[tuple[int, int], ...]
    receipts: dict[int, int]  # right digests by number
    state: int
    cause: int

    @property
    def struck_us(self) -> int:
        """When it went wrong."""
        return self.run.stimuli[0].t_us

    @property
    def low_us(self) -> float:
        """The last edge of either switch; infinite if edges still came at the end."""
        last_us = self.run.low_since(0)
        return float(last_us) if last_us < self.run.end_us else math.inf


def perform(
    limits: Path,
    what: str,
    delay_us: int,
    act: Act,
    *,
    plan: tuple[Sonication, ...] = PLAN,
    seed: int = 1,
    transform: Transform | None = None,
    watch: Callable[[Line], None] = lambda _line: None,
) -> Outcome:
    """A sonication in which something goes wrong between device and host `delay_us` after RF came on, up to its end."""
    with Rig(limits, plan, name=what, seed=seed, transform=transform) as rig:
        line = Line(rig)
        watch(line)
        rig.after_rf(delay_us, what, "", lambda: act(line))
        longest_us = 4_000_000 + sum(round(1e6 * s.duration_s) for s in plan)
        rig.run_while(lambda: not (line.tripped or rig.operator.finished), longest_us)
        rig.run_for(rig.platform.tail_us)
        return outcome(rig, line.ledger)


def slow_digests(us: int) -> Transform:
    """Firmware on which a digest takes time, as it does on a chip; here it takes none."""
    old = "    padded = key"
    return mistake("authority.py", old, f"    from _wire import charge\n    charge({us})\n{old}")


def outcome(rig: Rig, ledger: Ledger) -> Outcome:
    """What there is to say about a rig whose line was listened to."""
    seen = ledger.telemetry
    receipts = {int.from_bytes(p[:2], "little"): int.from_bytes(p[2:], "little") for p in ledger.right}
    state, cause = (-1, 0) if seen is None else (seen.state, seen.cause)
    return Outcome(rig.result(), tuple(ledger.confirmed), receipts, state, cause)


def timeout_us(limits: bytes) -> int:
    """The receipt timeout of a compiled limit set."""
    return _word(limits, K.H_RECEIPT_US)


def unconfirmed(name: str, found: Outcome, limits: bytes, example: str) -> Measurement:
    """The guarantee itself: the longest time for which an edge came after the newest confirmed tick. Infinite if edges
    came before anybody confirmed a tick, or still came at the end."""
    worst = 0.0
    for switch in (0, 1):
        for first_us, last_us in found.run.bursts(switch):
            moments = [t_us for t_us, _ in found.confirmed if first_us < t_us < last_us]
            for moment_us in (*moments, last_us):
                newest = max((tick_us for t_us, tick_us in found.confirmed if t_us < moment_us), default=-math.inf)
                worst = max(worst, moment_us - newest)
    value = worst if math.isfinite(found.low_us) else math.inf
    bound_us = timeout_us(limits) + _word(limits, K.H_TICK_US) + _AFTER_TICK_US
    return Measurement(
        "G3", f"{name}: permit since the last confirmed tick", value, "µs", bound_us, found.run.tier, example
    )


def since(name: str, found: Outcome, extra_ticks: int, limits: bytes, example: str) -> Measurement:
    """From when it went wrong to the last edge, with `extra_ticks` on top of the receipt timeout + 1 tick."""
    bound_us = timeout_us(limits) + (1 + extra_ticks) * _word(limits, K.H_TICK_US) + _AFTER_TICK_US
    value = found.low_us - found.struck_us
    return Measurement("G3", f"{name}: permit low", value, "µs", bound_us, found.run.tier, example)


def not_tripped(found: Outcome, checks: tuple[int, ...], example: str) -> Measurement:
    """Whether the device is not TRIPPED, or by another check than one of these."""
    wrong = float(not (found.state == TRIPPED and found.cause >> 8 in checks))
    text = f"{example}, state {found.state}, cause {found.cause}"
    return Measurement("G3", "not tripped by a host that is gone or wrong", wrong, "devices", 0, found.run.tier, text)


def false_trip(name: str, found: Outcome, example: str) -> Measurement:
    """Whether an honest host did not come to the normal end of its sonications."""
    wrong = float(found.state == TRIPPED or found.run.done == 0)
    text = f"{example}, state {found.state}, cause {found.cause}"
    return Measurement("G3", f"honest host, {name}: false trips", wrong, "trips", 0, found.run.tier, text)


class Comparison:
    """Whether the states of the two hosts' kernels still differ one pass of the digest after it went wrong.

    What is gone by then was overwritten by what is right; if it decided anything meanwhile, the digest has it.
    """

    def __init__(self) -> None:
        self.lasting = False
        self._until: int | None = None  # tick

    def watch(self, line: Line) -> None:
        """Look at both whenever they have heard something."""
        operator, honest = line.rig.operator.watch, line.ledger.honest

        def after(_t_us: int) -> None:
            ours, right = operator.follower, honest.follower
            if not line.rig.stimuli or ours is None or right is None:
                return
            if self._until is None:
                self._until = ours.tick + digest_pass_ticks(line.rig.blob)
            elif ours.tick >= self._until and not self.lasting:
                self.lasting = not ours.joined or ours.state != right.state
                self._until = K.INT_MAX

        line.after = after


def digest_pass_ticks(limits: bytes) -> int:
    """Ticks in which the digest has taken in every word of the state."""
    return -(-(K.S_CHANNELS + K.CHANNEL_WORDS * _word(limits, K.H_CHANNELS)) // R._FOLDED)


def limit_pass_ticks(limits: bytes) -> int:
    """Ticks in which a kernel has looked at its whole limit set."""
    return -(-4 * _word(limits, K.H_WORDS) // _word(limits, K.H_CRC_BYTES))


def _word(limits: bytes, word: int) -> int:
    value: int = memoryview(limits[:-36]).cast("i")[word]
    return value
