"""G5: reset, brown-out or loss of power: permit low at once, and TRIPPED at the next boot if a treatment was open."""

from dataclasses import dataclass
from pathlib import Path

from sonofuse.link import Answer, Telemetry
from sonofuse_firmware.states import TRIPPED

from ..device import Transform
from ..measurement import Measurement
from ..platforms.flash import Flash, PowerCutError
from ..rig import LATCH_BYTES, Rig, Sonication
from ..run import Run

SCRIPTS = ("finish", "trip")
_OPEN_STATES = (2, 3, 4)  # ARMED, ON, TRIPPED
_CLOSED = 2  # firmware/latch.py
_PLAN = (Sonication(60.0, 0.1),)
_DARK_US = 5_000
_FIRST_FRAME_US = 400_000  # boot and the first telemetry


class RecordingFlash(Flash):
    """A flash that knows which records it holds in full: `records` (kind, cause) in the order of writing."""

    def __init__(self, data: bytes | None = None) -> None:
        super().__init__(LATCH_BYTES, data)
        self.records: list[tuple[int, int]] = []
        self.torn = False

    def program(self, offset: int, payload: bytes) -> int:
        try:
            return super().program(offset, payload)
        except PowerCutError:
            self.torn = bytes(self.data[offset : offset + len(payload)]) != payload
            raise
        finally:
            if not self.torn:
                self.records.append((payload[8], int.from_bytes(payload[10:12], "little")))


@dataclass(frozen=True)
class Interruption:
    """Where a run is interrupted: inside the flash operation of this number, or at a time; then it boots again.

    `how` is "power" or "run" (the RUN pin); a cut inside a flash operation leaves it done to `fraction`.
    """

    script: str
    operation: int | None = None
    fraction: float = 0.0
    at_us: int = 0
    how: str = "power"

    def __str__(self) -> str:
        if self.operation is not None:
            return f"{self.script}: power cut in flash operation {self.operation} at {self.fraction}"
        return f"{self.script}: {self.how} at {self.at_us} us"


@dataclass(frozen=True)
class Outcome:
    """What was on record when it struck (times in µs), and what the device said first after its next boot."""

    run: Run
    struck_us: int
    open: bool  # no CLOSED is the last word: a treatment or a trip is open, or a record is torn
    record: tuple[int, int] | None
    torn: bool
    reported: int  # the state last reported before
    booted: Telemetry | None


def _begin(rig: Rig, script: str) -> None:
    if script == "trip":
        rig.after_rf(50_000, "stop", "the stop loop opens", lambda: rig.bench.force("stop_loop", 0))
        rig.after_rf(200_000, "stop", "the stop loop closes", lambda: rig.bench.force("stop_loop", None))
        rig.after_rf(300_000, "acknowledge", "the trip is acknowledged", lambda: rig.operator.acknowledge(False))


def interrupt(
    limits: Path, where: Interruption, flash: bytes | None = None, transform: Transform | None = None
) -> Outcome | None:
    """Run a script up to its interruption and through the next boot; None if the run ended without it."""
    with Rig(limits, _PLAN, transform=transform) as rig:
        store = RecordingFlash(flash)
        rig.flash = rig.platform.flash = store
        frames: list[Telemetry] = []
        known: list[int] = []  # records in flash when each frame came
        note = rig.operator.on_frame

        def listen(t_us: int, frame: Telemetry | Answer) -> None:
            if isinstance(frame, Telemetry):
                frames.append(frame)
                known.append(len(store.records))
            note(t_us, frame)

        rig.operator.on_frame = listen
        _begin(rig, where.script)
        if where.operation is None:
            rig.run_for(where.at_us)
            if where.how == "run":
                rig.platform.pull_run()
            else:
                rig.platform.cut_power()
        else:
            store.cut_at = (where.operation, where.fraction)
            rig.run_while(lambda: rig.platform.powered and not _over(rig), 4_000_000)
            if rig.platform.powered:
                return None
        struck_us = rig.now_us
        last = store.records[-1] if store.records else None
        reported = frames[-1].state if frames else -1
        heard = len(frames)
        frames_before = heard > 0
        rig.run_for(_DARK_US)
        if not rig.platform.powered:
            rig.platform.restore_power()
        rig.run_while(lambda: len(frames) == heard, _FIRST_FRAME_US, 5_000)
        booted = frames[heard] if len(frames) > heard else None
        was_open = store.torn or (last[0] != _CLOSED if last else flash is None)
        if frames_before and known[heard - 1] == len(store.records):  # nothing was written since it said so
            was_open = was_open or reported in _OPEN_STATES
        return Outcome(rig.result(), struck_us, was_open, last, store.torn, reported, booted)


def _over(rig: Rig) -> bool:
    started = rig.operator.started_us
    return bool(started) and rig.now_us > started[0] + 500_000


def operations(limits: Path, script: str, flash: bytes | None = None) -> int:
    """How many flash operations an uninterrupted run of a script makes."""
    with Rig(limits, _PLAN, flash=flash) as rig:
        _begin(rig, script)
        rig.run_while(lambda: not _over(rig), 4_000_000)
        return len(rig.flash.operations)


def fillings(limits: Path, treatments: int) -> list[bytes]:
    """What the latch holds after 0, 1, 2, … treatments on one device."""
    with Rig(limits, tuple(Sonication(60.0, 0.02) for _ in range(treatments))) as rig:
        found: list[bytes] = []
        for number in range(treatments + 1):

            def running(number: int = number) -> bool:
                return not (rig.operator.done == number and _state(rig) == 1)

            if not rig.run_while(running, 2_000_000, 5_000):
                raise RuntimeError(f"treatment {number} did not end")
            found.append(bytes(rig.flash.data))
        return found


def _state(rig: Rig) -> int:
    return rig.operator.telemetry.state if rig.operator.telemetry else -1


def measure(outcome: Outcome, example: str) -> list[Measurement]:
    """Permit low at once and until the next boot has spoken; TRIPPED where something was open; the cause kept."""
    run, booted = outcome.run, outcome.booted
    late_us = run.low_since(outcome.struck_us) - outcome.struck_us
    figures = [
        Measurement("G5", "last edge after a reset or loss of power", float(late_us), "µs", 0, run.tier, example),
        _count("boots that report nothing", booted is None, outcome, example),
    ]
    if booted is None:
        return figures
    if outcome.open:
        figures.append(_count("boots not TRIPPED though open", booted.state != TRIPPED, outcome, example))
    return figures


def _count(name: str, wrong: bool, outcome: Outcome, example: str) -> Measurement:
    return Measurement("G5", name, float(wrong), "devices", 0, outcome.run.tier, example)
