"""G12: wrong, replayed, reordered or unauthenticated commands on the link: nothing but STOP has any effect.

A device is led to a state by its honest host, which goes on giving receipts; then somebody else says something on the
same line, and all that a command could change is compared: state, permit, latch, dose, set point, and the number that
the next genuine command has to exceed, which shows when that one is obeyed.
"""

import random
from dataclasses import dataclass
from pathlib import Path

from sonofuse import link
from sonofuse.link import F
from sonofuse_firmware.checks import CHECKS
from sonofuse_firmware.states import ARMED, BOOT, NAMES, ON, SAFE, TRIPPED

from ..device import KEY, Transform
from ..faults.forgeries import FORGERIES, Forger
from ..measurement import Measurement
from ..rig import Rig
from .g06 import Console
from .subject import ALARM_US, READY_US, STEP_US, Subject, changed

CONFIRMED_US = 500_000  # the receipt timeout, and a pass of the digest
STOP_US = 25_000  # G4
STOPPED = next(number for number, name, _, _ in CHECKS if name == "stop")


def kinds(state: int) -> tuple[int, ...]:
    """The commands that must have a seal to do anything in a state. FINISH in ON is none of them: without one it is a
    STOP."""
    return tuple(kind for kind in link.SEALED if (kind, state) != (F.FINISH, ON))


def forge(
    limits: Path,
    state: int,
    forgeries: list[tuple[str, int]],
    seed: int,
    transform: Transform | None = None,
    blank: bool = False,
) -> list[str]:
    """Say forged commands (a name of FORGERIES, a type) to a device in a state; what that has changed."""
    with Rig(limits, seed=seed, transform=transform) as rig:
        subject = Subject(rig, state, seed, blank=blank)
        before = subject.snapshot()
        for name, kind in forgeries:
            subject.say(FORGERIES[name](subject.forger, kind))
            if subject.console.state != state and (state, subject.console.state) != (BOOT, SAFE):
                return [f"{name} {kind}: {NAMES[subject.console.state]}"]
        rig.run_for({BOOT: READY_US + CONFIRMED_US, TRIPPED: ALARM_US}.get(state, CONFIRMED_US))
        found = changed(before, subject.snapshot())
        disobeyed = subject.obeys()
        return found + ([disobeyed] if disobeyed else [])


def no_effect(what: str, found: list[str], example: str, tier: str = "software") -> Measurement:
    """The guarantee itself: how much of what a command can change was not as before, or a genuine command that was not
    obeyed any more."""
    return Measurement("G12", f"{what}: things changed", float(len(found)), "", 0, tier, f"{example}: {found}")


def forged_finish(limits: Path, forgery: str, seed: int, transform: Transform | None = None) -> list[Measurement]:
    """A forged FINISH ends RF, because nobody looks at a seal while it is on; then it is known to be forged: a STOP."""
    with Rig(limits, seed=seed, transform=transform) as rig:
        subject = Subject(rig, ON, seed)
        said_us = rig.now_us
        subject.say(FORGERIES[forgery](subject.forger, F.FINISH))
        rig.run_for(STEP_US)
        run, seen = rig.result(), subject.console.watch.telemetry
        assert seen is not None
        low_us = float(run.low_since(said_us) - said_us)
        stopped = seen.state == TRIPPED and seen.cause >> 8 == STOPPED
        example = f"{forgery}, seed {seed}"
        wrong = float(not stopped)
        return [
            Measurement("G12", "forged FINISH in ON: permit low", low_us, "µs", STOP_US, run.tier, example),
            Measurement("G12", "forged FINISH in ON: not TRIPPED by STOP", wrong, "devices", 0, run.tier, example),
        ]


@dataclass
class Order:
    """What a device makes of genuine commands in any order, from its documentation alone.

    A command has to have a number greater than every one before. While ON nobody looks at that: FINISH ends RF, and if
    it is not genuine it was a STOP.
    """

    state: int
    counter: int

    def take(self, kind: int, counter: int) -> None:
        genuine = counter > self.counter
        if self.state == ON:
            if kind == F.FINISH:
                self.state = SAFE if genuine else TRIPPED
                self.counter = max(self.counter, counter)
            return
        if genuine:
            self.counter = counter
            self.state = _TO.get((self.state, kind), self.state)


_TO = {(TRIPPED, F.ACKNOWLEDGE): SAFE, (SAFE, F.ARM): ARMED, (ARMED, F.START): ON, (ARMED, F.DISARM): SAFE}


def reordered(
    limits: Path, made: list[int], said: list[int], transform: Transform | None = None
) -> list[tuple[str, str]]:
    """Make genuine commands of these types one after the other, and say them in another order: `said` are their places.

    Each: the state that the device should be in, and the one that it is in.
    """
    with Rig(limits, transform=transform) as rig:
        subject = Subject(rig, SAFE)
        frames = [(kind, subject.counter + 1 + number, subject.genuine(kind)) for number, kind in enumerate(made)]
        order = Order(SAFE, subject.counter)
        found: list[tuple[str, str]] = []
        for place in said:
            kind, counter, frame = frames[place % len(frames)]
            order.take(kind, counter)
            rig.bench.send(frame)
            rig.run_for(2 * STEP_US)  # also what a trip writes
            found.append((NAMES[order.state], NAMES[subject.console.state]))
            if found[-1][0] != found[-1][1]:
                break
        return found


def of_another_boot(limits: Path, transform: Transform | None = None) -> list[str]:
    """Say all that was genuine before a reset, in its order and backwards; what that has changed."""
    with Rig(limits, transform=transform) as rig:
        subject = Subject(rig, SAFE)
        rig.platform.pull_run()
        rig.run_for(READY_US + CONFIRMED_US)
        subject.console.join()
        before = subject.snapshot()
        for frames in (subject.sent, subject.sent[::-1]):
            for _, frame in frames:
                subject.say(frame)
        rig.run_for(CONFIRMED_US)
        found = changed(before, subject.snapshot())
        disobeyed = subject.obeys() if before.state == SAFE else f"it booted into {NAMES[before.state]}"
        return found + ([disobeyed] if disobeyed else [])


def every_bit(limits: Path, kind: int, transform: Transform | None = None) -> list[str]:
    """Send a genuine command to a device that is SAFE, each time with another bit of its frame wrong on the line; what
    that has changed."""
    with Rig(limits, transform=transform) as rig:
        subject = Subject(rig, SAFE)
        before, frame = subject.snapshot(), subject.genuine(kind)
        for bit in range(8, 8 * (len(frame) - 1)):
            spoilt = bytearray(frame)
            spoilt[bit >> 3] ^= 1 << (bit & 7)
            rig.bench.send(bytes(spoilt))
            rig.run_for(4_000)
        rig.run_for(CONFIRMED_US)
        return changed(before, subject.snapshot())


def without_key(limits: Path, transform: Transform | None = None) -> int:
    """The state of a device that was never given a key, after every command with the seals that it might take."""
    with Rig(limits, transform=transform) as rig:
        (rig.folder / "key.bin").unlink()
        console = Console(rig)
        rig.run_for(READY_US)
        console.join()
        identity = console.watch.identity
        assert identity is not None
        forger = Forger(identity.nonce, identity.limits, 0, random.Random(1))
        for kind in (F.ACKNOWLEDGE, *link.SEALED):
            for key in (KEY, b"", bytes(32)):
                payload = b"\1" if kind == F.ACKNOWLEDGE else forger.payload(kind)
                rig.bench.send(forger.encode(kind, forger.seal(kind, payload, key=key)))
                rig.run_for(STEP_US)
        return console.state
