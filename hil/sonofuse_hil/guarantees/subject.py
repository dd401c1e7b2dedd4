"""A device in a state, with its honest host, and all that a command could change there."""

import random
from dataclasses import dataclass, fields
from itertools import pairwise

from sonofuse import link
from sonofuse.layout import K
from sonofuse.link import Answer, F, Telemetry
from sonofuse.live.view import CONNECTED
from sonofuse_firmware.states import ARMED, BOOT, NAMES, ON, SAFE, TRIPPED

from ..faults.forgeries import Forger
from ..line import Frames, Line
from ..rig import Rig
from .g06 import Console

SET_MW, SET_US = 60_000, 5_000_000
AFTER_US = 15_000  # a command that is obeyed has been by then
STEP_US = 140_000  # between two genuine commands: the cooling gap, and what the latch writes
READY_US = 1_200_000  # of a boot: the flow meter needs a second
ALARM_US = 6_000_000  # a burst and the gap before the next one (firmware/alarms.py)
STATES = (BOOT, SAFE, ARMED, ON, TRIPPED)
_BEFORE = (F.ACKNOWLEDGE, F.ARM, F.START, F.FINISH, F.ARM, F.DISARM)  # genuine once, of every kind
_LEAD = {SAFE: (), BOOT: (), ARMED: (F.ARM,), ON: (F.ARM, F.START), TRIPPED: (F.STOP,)}
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
    """A device in a state of STATES, with its honest host at the other end.

    Args:
        seed: of what a forger draws. listen: put a Line between. blank: a new device, which is TRIPPED, and to which
            nobody has said anything.
    """

    def __init__(self, rig: Rig, state: int, seed: int = 1, *, listen: bool = False, blank: bool = False) -> None:
        self.rig, self.console, self.rng = rig, Console(rig), random.Random(seed)
        self.line = Line(rig) if listen else None
        self.sent: list[tuple[int, bytes]] = []
        self.counter = 0
        rig.run_for(READY_US)
        self.console.join()
        for kind in () if blank else (*_BEFORE, *_LEAD[state]):
            self.order(kind)
        if state == BOOT:
            rig.run_for(STEP_US)
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
        if kind in link.SEALED:
            ((_, _, payload),) = Frames().feed(frame)
            self.counter = int.from_bytes(payload[-20:-16], "little")
            self.sent.append((kind, frame))
        self.rig.bench.send(frame)
        self.rig.run_for(STEP_US)

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
