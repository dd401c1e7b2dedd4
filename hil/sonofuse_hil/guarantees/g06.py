"""G6: a tripped device stays low: no inputs lead to ON without the cause gone, an acknowledgement and ARM."""

from sonofuse import link
from sonofuse.link import Answer, Telemetry
from sonofuse.live.view import CONNECTED
from sonofuse.live.watch import Watch
from sonofuse_firmware.states import BOOT, SAFE, TRIPPED

from ..device import KEY
from ..measurement import Measurement
from ..rig import Rig

HEARD_US = 5_000  # a command behind nothing else: looked at every other tick, obeyed in the next (tests/rp2040)
SETTLE_US = 80_000  # longer than the debounce of every danger used, and than telemetry's period


class Console:
    """A console that sends what it is told to and keeps what it hears; by itself it only gives receipts."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.frames: list[tuple[int, Telemetry | Answer]] = []
        self.watch = Watch(rig.blob, KEY)
        self.watch.on_frame = lambda frame: self.frames.append((rig.now_us, frame))
        rig.bench.on_received = self._received

    def _received(self, t_us: int, data: bytes) -> None:
        self.watch.received(1000 * t_us, data)
        for record in self.watch.take():
            if record.topic == "out":
                self.rig.bench.send(record.data)

    def encode(self, kind: int, payload: bytes = b"") -> bytes:
        """The frame of a command, with a seal if it takes one and the device has said who it is."""
        self.watch.passed(1000 * self.rig.now_us)
        if kind in link.SEALED and self.watch.identity is not None and not self.watch.silent:
            return self.watch.sealed(kind, payload)
        return link.encode(kind, 0, payload)

    def arm(self, set_mw: int, set_us: int) -> bytes:
        """The frame of ARM for the rig's limit set."""
        return self.encode(link.F.ARM, link.arm_request(set_mw, set_us, self.rig.blob[-32:]))

    def join(self, limit_us: int = 1_000_000) -> None:
        """Run until receipts are given, or the limit is over."""
        self.rig.run_while(lambda: self.watch.link != CONNECTED, limit_us)

    @property
    def states(self) -> list[int]:
        """Every state reported, in order."""
        return [frame.state for _, frame in self.frames if isinstance(frame, Telemetry)]

    @property
    def state(self) -> int:
        """The state reported last, -1 if there was none."""
        return next((frame.state for _, frame in reversed(self.frames) if isinstance(frame, Telemetry)), -1)


class Model:
    """Which states a device may be in, from what was done to it alone. TRIPPED is always allowed."""

    def __init__(self) -> None:
        self.may: set[int] = {TRIPPED}  # a blank latch
        self.dangers: set[str] = set()

    def follow(self, source: int, target: int) -> None:
        """An intact command that leads from one state to another, if the device is there."""
        if source in self.may:
            self.may.add(target)

    def acknowledge(self) -> None:
        if not self.dangers:
            self.follow(TRIPPED, SAFE)

    def stop(self) -> None:
        self.may = {TRIPPED}

    def reset(self) -> None:
        """Only from SAFE, with its CLOSED record, does a device boot into anything but TRIPPED."""
        self.may = {BOOT, SAFE, TRIPPED} if SAFE in self.may else {TRIPPED}

    def seen(self, state: int) -> None:
        """The device said where it is: from now on it is there, or it trips."""
        self.may = {state, TRIPPED, SAFE} if state == BOOT else {state, TRIPPED}


def edges_without_permission(rig: Rig, since_us: int, was_on: bool) -> Measurement:
    """Time for which edges came after `since_us` on a device that may not be ON (decay after ON is G2's)."""
    from_us = since_us + (HEARD_US if was_on else 0)
    run = rig.result()
    late_us = max(
        (last - max(first, from_us) for switch in (0, 1) for first, last in run.bursts(switch) if last > from_us),
        default=0,
    )
    return Measurement("G6", "permit edges outside of ON", float(late_us), "µs", 0, run.tier, f"after {since_us} us")


def unexpected(rig: Rig, state: int, model: Model) -> Measurement:
    """A state that nothing done to the device leads to."""
    wrong = float(state not in model.may)
    text = f"state {state}, possible {sorted(model.may)}, at {rig.now_us} us"
    return Measurement("G6", "states that no input leads to", wrong, "states", 0, rig.platform.tier, text)
