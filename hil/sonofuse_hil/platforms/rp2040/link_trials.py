"""What a fork of a snapshot does for G3, G4 and G12: a host that goes wrong, STOP, and strangers on the line."""

import random
from pathlib import Path

from sonofuse.link import F
from sonofuse_firmware.states import ON, TRIPPED

from ...faults.forgeries import FORGERIES, Forger
from ...guarantees import g03, g04
from ...guarantees.floods import trickle
from ...guarantees.g12 import STOPPED
from ...guarantees.hosts import Act
from ...line import Line
from ...measurement import EMULATED, Measurement
from ...rig import Rig
from . import trials
from .opening import Rp2040
from .platform import Rp2040Platform

_LOW_US = 400_000  # receipt timeout, one pass of the digest, and what a trip writes
_AFTER_US = 15_000  # a command that is obeyed has been by then
_PRESSED_US = 60_000


class Heard(Rig):
    """A rig with a line that is listened to from power-up on."""

    line: Line


def begin(limits: Path, uf2: Path | None = None) -> Heard:
    """As `trials.begin`, with a line between device and host."""
    rig = Heard(limits, (trials.PLAN,), on=Rp2040(uf2), name="snapshot")
    rig.line = Line(rig)
    return rig


def host_of(rig: Heard, what: str, act: Act, delay_us: int) -> g03.Outcome:
    """Something goes wrong with the host, up to a trip, or as long as one may take."""
    rig.after_rf(rig.now_us - rig.operator.started_us[0] + delay_us, what, "", lambda: act(rig.line))
    rig.run_while(lambda: not rig.line.tripped, delay_us + _LOW_US)
    rig.run_for(rig.platform.tail_us)
    return g03.outcome(rig, rig.line.ledger)


def stop_of(rig: Rig, delay_ns: int) -> Measurement:
    """STOP, commanded by the host at any nanosecond: from then to the last edge."""
    assert isinstance(rig.platform, Rp2040Platform)
    rig.platform.chip.run_for_ns(delay_ns)
    watch, pressed_us = rig.operator.watch, rig.now_us
    watch.command(1000 * pressed_us, "stop")
    rig.bench.send(b"".join(record.data for record in watch.take() if record.topic == "out"))
    rig.run_for(_PRESSED_US)
    low_us = rig.result().low_since(pressed_us) - pressed_us
    value = float(low_us if low_us < _PRESSED_US else g04.BOUND_US * 10)
    return Measurement("G4", "STOP: permit low", value, "µs", g04.BOUND_US, EMULATED, f"{delay_ns} ns")


def forged_of(rig: Rig, forgeries: list[tuple[str, int]], seed: int) -> list[str]:
    """Forged commands one after the other; what they have changed: the state, or what the latch wrote."""
    forger = _forger(rig, seed)
    before, found = (rig.seen[-1].state, len(rig.flash.operations)), list[str]()
    for name, kind in forgeries:
        rig.bench.send(FORGERIES[name](forger, kind))
        rig.run_for(_AFTER_US)
        if (rig.seen[-1].state, len(rig.flash.operations)) != before:
            found.append(f"{name} {kind}")
            break
    return found


def forged_finish_of(rig: Rig, forgery: str, seed: int) -> tuple[float, bool]:
    """A forged FINISH while RF is on: µs to the last edge, and whether it was taken for a STOP."""
    said_us = rig.now_us
    rig.bench.send(FORGERIES[forgery](_forger(rig, seed), F.FINISH))
    rig.run_for(_PRESSED_US)
    seen = rig.seen[-1]
    return float(rig.result().low_since(said_us) - said_us), seen.state == TRIPPED and seen.cause >> 8 == STOPPED


def flood_of(rig: Rig, kind: str, us: int, seed: int) -> bool:
    """A flood that a device can hear, while RF is on and its host gives receipts; whether it tripped."""
    trickle(rig, kind, _forger(rig, seed))
    rig.run_for(us)
    return rig.seen[-1].state != ON


def _forger(rig: Rig, seed: int) -> Forger:
    """Somebody who has heard all that was said so far; the operator has sealed three commands at most."""
    identity = rig.operator.watch.identity
    assert identity is not None
    return Forger(identity.nonce, identity.limits, 3, random.Random(seed))
