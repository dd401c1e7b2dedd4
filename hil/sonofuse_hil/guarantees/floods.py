"""G12, floods: as many forged, senseless or damaged frames as the line carries, while an honest host gives receipts.

In no state has a flood an effect, and telemetry goes on. While ON there is one that a flood may have, because a device
that is told too much at once loses some of it, receipts among it: the permit goes low as soon as the host is not heard
any more (G3). A flood that the device can hear has no effect at all.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from sonofuse_firmware.checks import CHECKS
from sonofuse_firmware.states import ARMED, BOOT, NAMES, ON, TRIPPED

from ..device import Transform
from ..faults.floods import FLOODS as FLOODS
from ..faults.floods import HEARD_US as HEARD_US
from ..faults.floods import harmless
from ..faults.forgeries import Forger
from ..measurement import Measurement
from ..rig import Rig
from . import g03
from .g12 import CONFIRMED_US, STOP_US
from .subject import Subject, changed

FULL = 75  # bytes in a millisecond: the line carries 92, and the host needs some of them
GAP_US = 60_000  # between two frames of telemetry: three times as long as usual
_RECEIPT = next(number for number, name, _, _ in CHECKS if name == "receipt")
_LONGEST_US = {ON: 3_500_000, ARMED: 25_000_000}  # a state that ends by itself a while later
_BOOT_US = 1_500_000


@dataclass(frozen=True)
class Flooded:
    """What a flood has done: how many frames, what was not as before, the longest silence of the device (µs), how it
    ended, and for a device that was ON the outcome as G3 sees it."""

    frames: int
    answers: int
    changed: list[str]
    gap_us: int
    state: int
    cause: int
    on: g03.Outcome | None


def flood(
    limits: Path,
    state: int,
    kind: str,
    frames: int,
    seed: int,
    *,
    bytes_per_ms: int = FULL,
    every_us: int = 1_000,
    transform: Transform | None = None,
) -> Flooded:
    """Flood a device in a state with frames of a kind of FLOODS: each millisecond as many as fill `bytes_per_ms`, or
    one every `every_us`, if that is longer."""
    with Rig(limits, seed=seed, transform=transform) as rig:
        subject = Subject(rig, state, seed, listen=state == ON)
        forger = subject.forger
        before, since_us, sent = subject.snapshot(), rig.now_us, 0
        until_us = since_us + _LONGEST_US.get(state, 1 << 40)

        def pour() -> None:
            nonlocal sent
            if sent == frames or rig.bench.now_us >= until_us:
                return
            data = b""
            room = bytes_per_ms - rig.bench.waiting  # the line takes no more
            while sent < frames and (len(data) < room or (every_us > 1_000 and not data)):
                frame = FLOODS[kind](forger)
                if harmless(frame, state):
                    data += frame
                    sent += 1
            rig.bench.send(data)
            rig.bench.at(rig.bench.now_us + every_us, pour)

        rig.bench.at(rig.now_us + 1, pour)
        rig.run_while(lambda: (sent < frames and rig.now_us < until_us) or rig.bench.waiting > 0, 1 << 40, 5_000)
        gap_us = subject.gap_us(since_us)
        rig.run_for(_BOOT_US if state == BOOT else CONFIRMED_US)
        after = subject.snapshot()
        wrong = changed(before, after)
        answers = len(subject.answers(since_us))
        if state == ON and (after.state, after.cause >> 8) == (TRIPPED, _RECEIPT):
            wrong = [name for name in wrong if name in ("dose", "nonce", "resets")]
        elif disobeyed := subject.obeys():
            wrong.append(disobeyed)
        on = None if subject.line is None else g03.outcome(rig, subject.line.ledger)
        return Flooded(sent, answers, wrong, gap_us, after.state, after.cause, on)


def measure(flooded: Flooded, limits: bytes, example: str, tier: str = "software") -> list[Measurement]:
    """No effect, telemetry goes on, and while ON the permit is not kept up by what is no receipt."""
    text = f"{example}, {flooded.frames} frames, {flooded.answers} answers: {NAMES[flooded.state]} {flooded.changed}"
    figures = [
        Measurement("G12", "flood: things changed", float(len(flooded.changed)), "", 0, tier, text),
        Measurement("G12", "flood: silence of the device", float(flooded.gap_us), "µs", GAP_US, tier, text),
    ]
    return figures if flooded.on is None else [*figures, g03.unconfirmed("flood", flooded.on, limits, text)]


def trips(flooded: Flooded, example: str, tier: str = "software") -> Measurement:
    """Whether a device that was ON is so no more: a flood that it can hear does not make it deaf for receipts."""
    what = f"flood of {1_000_000 // HEARD_US} frames a second in ON: trips"
    return Measurement("G12", what, float(flooded.state == TRIPPED), "", 0, tier, example)


def trickle(rig: Rig, kind: str, forger: Forger) -> None:
    """From now on a flood that a device can hear, whose RF is on: a frame of a kind of FLOODS every HEARD_US."""

    def pour() -> None:
        frame = FLOODS[kind](forger)
        if harmless(frame, ON):
            rig.bench.send(frame)
        rig.bench.at(rig.bench.now_us + HEARD_US, pour)

    rig.bench.at(rig.now_us + 1, pour)


def stop_in_flood(limits: Path, kind: str, delay_us: int, seed: int) -> Measurement:
    """STOP behind a flood that a device can hear: from when it is pressed to the last edge."""
    with Rig(limits, seed=seed) as rig:
        subject = Subject(rig, ON, seed)
        watch = subject.console.watch
        trickle(rig, kind, subject.forger)
        rig.run_for(delay_us)
        pressed_us = rig.now_us
        watch.command(1000 * pressed_us, "stop")
        rig.bench.send(b"".join(record.data for record in watch.take() if record.topic == "out"))
        rig.run_for(300_000)
        run = rig.result()
        low_us = run.low_since(pressed_us)
        value = float(low_us - pressed_us) if low_us < run.end_us else math.inf
        text = f"{kind}, {delay_us} us of it, seed {seed}"
        return Measurement("G12", "STOP in a flood: permit low", value, "µs", STOP_US, run.tier, text)
