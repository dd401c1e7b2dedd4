"""G9: a trip is never lost: every later boot reports it, with its cause, until it is acknowledged."""

from dataclasses import dataclass
from pathlib import Path

from sonofuse.link import F, Telemetry
from sonofuse_firmware.states import ARMED, ON, SAFE, TRIPPED

from ..device import Transform
from ..measurement import Measurement
from ..rig import Rig
from .g05 import Outcome
from .g06 import Console

TRIP = 3  # kind of a record, firmware/latch.py
WAYS = ("run", "power")
_BOOT_US = 400_000
_READY_US = 1_300_000


@dataclass(frozen=True)
class Kept:
    """What a tripped device reported: its trip, then (state, cause) after each reset."""

    tier: str
    tripped: Telemetry
    booted: tuple[tuple[int, int], ...]


def trip_and_reset(
    limits: Path, state: int, channel: str, value: float, ways: tuple[str, ...], transform: Transform | None = None
) -> Kept:
    """Bring a device into SAFE, ARMED or ON, provoke a trip (channel "" is STOP), end its cause, reset it each way."""
    with Rig(limits, transform=transform) as rig:
        console = Console(rig)
        rig.run_for(_READY_US)
        console.join()
        steps = [(console.encode(F.ACKNOWLEDGE, b"\1"), SAFE)]
        steps.append((console.arm(60_000, 5_000_000), ARMED))
        steps.append((console.encode(F.START), ON))
        for frame, reached in steps[:state]:
            rig.bench.send(frame)
            rig.run_for(120_000)
            if console.state != reached:
                raise RuntimeError(f"the device is in state {console.state}, not {reached}")
        if channel:
            rig.bench.force(channel, value)
        else:
            rig.bench.send(console.encode(F.STOP))
        rig.run_for(200_000)
        tripped = _last(console)
        rig.bench.force(channel, None) if channel else None
        booted: list[tuple[int, int]] = []
        for way in ways:
            if way == "run":
                rig.platform.pull_run()
            else:
                rig.platform.cut_power()
                rig.run_for(5_000)
                rig.platform.restore_power()
            rig.run_for(_BOOT_US)
            booted.append((_last(console).state, _last(console).cause))
        return Kept(rig.platform.tier, tripped, tuple(booted))


def _last(console: Console) -> Telemetry:
    return next(frame for _, frame in reversed(console.frames) if isinstance(frame, Telemetry))


def lost(kept: Kept, example: str) -> Measurement:
    """Boots after which the trip or its cause was gone."""
    wrong = sum(found != (TRIPPED, kept.tripped.cause) for found in kept.booted)
    return Measurement("G9", "boots that lost a trip", float(wrong), "boots", 0, kept.tier, example)


def lost_with_power(outcome: Outcome, example: str) -> Measurement:
    """Whether a loss of power (g05) cost a recorded trip; its cause may change only if its record was being written."""
    booted = outcome.booted
    on_record = outcome.record is not None and outcome.record[0] == TRIP and not outcome.torn
    wrong = on_record and (booted is None or (booted.state, booted.cause) != (TRIPPED, (outcome.record or (0, 0))[1]))
    return Measurement("G9", "recorded trips lost with the power", float(wrong), "trips", 0, outcome.run.tier, example)
