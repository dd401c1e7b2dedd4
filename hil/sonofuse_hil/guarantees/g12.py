"""G12: wrong, replayed, reordered or unauthenticated commands on the link: nothing but STOP has any effect.

A device is led to a state by its honest host, which goes on giving receipts; then somebody else says something on the
same line, and all that a command could change is compared: state, permit, latch, dose, set point, and the number that
the next genuine command has to exceed, which shows when that one is obeyed.
"""

import random
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

from sonofuse import link
from sonofuse.layout import K
from sonofuse.link import Answer, F, Telemetry
from sonofuse.live.view import CONNECTED
from sonofuse_firmware.checks import CHECKS
from sonofuse_firmware.states import ARMED, BOOT, NAMES, ON, SAFE, TRIPPED

from ..device import Transform
from ..line import Frames, Line
from ..measurement import Measurement
from ..rig import Rig
from .forgeries import FORGERIES, Forger
from .g06 import Console

SET_MW, SET_US = 60_000, 5_000_000
AFTER_US = 15_000  # one that is obeyed has been by then
CONFIRMED_US = 500_000  # the receipt timeout, and a pass of the digest
ALARM_US = 6_000_000  # a burst and the gap before the next one (firmware/alarms.py)
STATES = (BOOT, SAFE, ARMED, ON, TRIPPED)
STOP_US = 25_000  # G4
STOPPED = next(number for number, name, _, _ in CHECKS if name == "stop")
_READY_US = 1_200_000  # the flow meter needs a second
_STEP_US = 140_000  # between two genuine commands: the cooling gap, and what the latch writes
_LEAD = {TRIPPED: (), SAFE: (F.ACKNOWLEDGE,), ARMED: (F.ACKNOWLEDGE, F.ARM), ON: (F.ACKNOWLEDGE, F.ARM, F.START)}
_NEXT = {TRIPPED: (F.ACKNOWLEDGE, SAFE), SAFE: (F.ARM, ARMED), ARMED: (F.START, ON), ON: (F.FINISH, SAFE)}


@dataclass(frozen=True)
class Snapshot:
    """All that a command could change."""

    state: int
    cause: int
    permit: tuple[bool, bool]
    latch: bytes
    written: int
    dose: tuple[int, ...]
    set_point: tuple[int, int, int] | None
    in_step: bool  # the host's kernel has the state of the device's, and the device knows it
    sounds: bool  # the alarm of a trip
    nonce: bytes
    resets: int


class Subject:
    """A device in a state of STATES, with its honest host at the other end; `listen` puts a Line between."""

    def __init__(self, rig: Rig, state: int, seed: int = 1, listen: bool = False) -> None:
        self.rig, self.console, self.rng = rig, Console(rig), random.Random(seed)
        self.line = Line(rig) if listen else None
        self.sent: list[tuple[int, bytes]] = []
        self.counter = 0
        rig.run_for(_READY_US)
        self.console.join()
        for kind in _LEAD[SAFE if state == BOOT else state]:
            self.order(kind)
        if state == BOOT:
            rig.run_for(_STEP_US)
            rig.platform.pull_run()
            self.counter, before = 0, self.console.watch.identity
            rig.run_while(lambda: self.console.watch.identity in (before, None), 1_000_000, 5_000)
        assert self.console.state == state, f"it is {NAMES[self.console.state]}, not {NAMES[state]}"

    def genuine(self, kind: int) -> bytes:
        """A frame of this host's next command."""
        if kind == F.ARM:
            frame = self.console.arm(SET_MW, SET_US)
        else:
            frame = self.console.encode(kind, b"\1" if kind == F.ACKNOWLEDGE else b"")
        return frame

    def order(self, kind: int) -> None:
        """Send a genuine command, and wait until it is carried out."""
        frame = self.genuine(kind)
        ((_, _, payload),) = Frames().feed(frame)
        self.counter = int.from_bytes(payload[-20:-16], "little")
        self.sent.append((kind, frame))
        self.rig.bench.send(frame)
        self.rig.run_for(_STEP_US)

    @property
    def forger(self) -> Forger:
        """Somebody who wants to do harm now."""
        identity = self.console.watch.identity
        assert identity is not None
        return Forger(identity.nonce, identity.limits, self.counter, self.rng, self.sent)

    def snapshot(self) -> Snapshot:
        """What is so now."""
        rig, watch = self.rig, self.console.watch
        seen, follower = watch.telemetry, watch.follower
        assert seen is not None and follower is not None and watch.identity is not None
        run = rig.result()
        first, second = (any(end == run.end_us for _, end in run.bursts(switch)) for switch in (0, 1))
        channels = range(K.S_CHANNELS, len(follower.state), K.CHANNEL_WORDS)
        return Snapshot(
            state=seen.state,
            cause=seen.cause,
            permit=(first, second),
            latch=bytes(rig.flash.data),
            written=len(rig.flash.operations),
            dose=tuple(follower.state[at + word] for at in channels for word in (K.C_DOSE_HI, K.C_DOSE_LO)),
            set_point=follower.set_point,
            in_step=watch.link == CONNECTED and follower.inputs[K.I_RECEIPT_US] == 0,
            sounds=seen.state == TRIPPED and any(run.end_us - t_us < ALARM_US and level for t_us, level in run.alarms),
            nonce=watch.identity.nonce,
            resets=len(rig.platform.resets),
        )

    def say(self, data: bytes) -> None:
        """Put something on the line, and wait until it would have had its effect."""
        self.rig.bench.send(data)
        self.rig.run_for(AFTER_US)

    def gap_us(self, since_us: int) -> int:
        """The longest time between two frames of telemetry, up to now."""
        heard = [t_us for t_us, frame in self.console.frames if isinstance(frame, Telemetry) and t_us >= since_us]
        moments = [since_us, *heard, self.rig.now_us]
        return max(late - early for early, late in pairwise(moments))

    def answers(self, since_us: int) -> list[Answer]:
        """What the device has answered since."""
        return [frame for t_us, frame in self.console.frames if isinstance(frame, Answer) and t_us >= since_us]

    def obeys(self) -> str:
        """ "" if the next genuine command is obeyed and does what it should, else what is wrong."""
        state = self.console.state
        kind, target = _NEXT[state]
        self.order(kind)
        if self.console.state != target:
            return f"a genuine command {kind} led from {NAMES[state]} to {NAMES[self.console.state]}"
        set_point = self.snapshot().set_point
        if target == ON and (set_point is None or set_point[:2] != (SET_MW, SET_US)):
            return f"ON with the set point {set_point}"
        return ""


def changed(before: Snapshot, after: Snapshot) -> list[str]:
    """What is not as it was; a device that has booted meanwhile is SAFE, and no dose becomes smaller."""
    same = [field.name for field in fields(before) if field.name not in ("dose", "in_step")]
    wrong = [name for name in same if getattr(before, name) != getattr(after, name)]
    if before.state == BOOT and after.state == SAFE:
        wrong.remove("state")
    if not after.in_step:
        wrong.append("in_step")
    if not all(old <= new for old, new in zip(before.dose[::2], after.dose[::2], strict=True)):
        wrong.append("dose")
    return wrong


def kinds(state: int) -> tuple[int, ...]:
    """The commands that must have a seal to do anything in a state. FINISH in ON is none of them: without one it is a
    STOP."""
    return tuple(kind for kind in link.SEALED if (kind, state) != (F.FINISH, ON))


def forge(
    limits: Path, state: int, forgeries: list[tuple[str, int]], seed: int, transform: Transform | None = None
) -> list[str]:
    """Say forged commands (a name of FORGERIES, a type) to a device in a state; what that has changed."""
    with Rig(limits, seed=seed, transform=transform) as rig:
        subject = Subject(rig, state, seed)
        before = subject.snapshot()
        for name, kind in forgeries:
            subject.say(FORGERIES[name](subject.forger, kind))
            if subject.console.state != state and (state, subject.console.state) != (BOOT, SAFE):
                return [f"{name} {kind}: {NAMES[subject.console.state]}"]
        rig.run_for({BOOT: _READY_US + CONFIRMED_US, TRIPPED: ALARM_US}.get(state, CONFIRMED_US))
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
        rig.run_for(_STEP_US)
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
            rig.run_for(2 * _STEP_US)  # also what a trip writes
            found.append((NAMES[order.state], NAMES[subject.console.state]))
            if found[-1][0] != found[-1][1]:
                break
        return found
