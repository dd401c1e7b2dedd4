"""One case of the catalogue carried out on a device, from power-up or on one that is under way."""

from __future__ import annotations

from pathlib import Path

from sonofuse import link
from sonofuse.link import Answer, F, Telemetry

from ..device import Transform
from ..guarantees import variant
from ..operator import Sonication
from ..platforms.platform import On
from ..platforms.unix import Unix
from ..rig import Rig
from .cases import Case, Part
from .judged import Notes, Seen, judge
from .register import BOOT, IDLE

_BEFORE_RF_US = 2_500_000  # boot, acknowledgement, cooling gap, arming; a blank device takes 1.9 s
_AFTER_US = 300_000  # pumps, relays, what the latch writes, telemetry


def perform(case: Case, folder: Path, *, on: On = Unix(), transform: Transform | None = None, seed: int = 1) -> Seen:
    """Carry out a case from power-up on, on a device that has treated before; `folder` is for its files.

    Raises:
        RigError: if the platform cannot do what it takes.
    """
    limits = variant.write(folder / "faults.toml", {**variant.QUICK, **case.limits})
    after_us = max(case.watch_us, _AFTER_US)
    with Rig(
        limits, case.plan, name=case.label, seed=seed, on=on, transform=transform, flash=_treated(folder, limits)
    ) as rig:
        return carry_out(rig, case, after_us)


def _treated(folder: Path, limits: Path) -> bytes:
    """What the latch holds after one treatment that has ended normally; kept in the folder."""
    kept = folder / "treated.latch"
    if not kept.exists():
        with Rig(limits, (Sonication(60.0, 0.05),)) as rig:
            rig.run_plan(4_000_000)
            kept.write_bytes(rig.flash.data)
    return kept.read_bytes()


def carry_out(rig: Rig, case: Case, after_us: int = _AFTER_US) -> Seen:
    """The case on a rig that is at power-up, or on its way; recorded `after_us` beyond the trip or the end."""
    notes = _listen(rig)
    for part in case.parts:
        _schedule(rig, part)
    planned_us = _BEFORE_RF_US + round(sum(1e6 * (s.duration_s + rig.limits.cooling_gap_s) for s in case.plan))
    last_us = max(part.after_us + (part.lasts_us or 0) for part in case.parts)
    until_us = max(planned_us, rig.now_us) + last_us + case.watch_us + (case.bound_us(rig.limits) or 0)

    def over() -> bool:
        struck = len(rig.stimuli) >= len(case.parts)
        return struck and (rig.operator.finished or rig.operator.tripped_us is not None)

    rig.run_while(lambda: not over(), until_us - rig.now_us)
    rig.run_for(after_us)
    return judge(case, rig.limits, rig.result(), notes)


def _listen(rig: Rig) -> Notes:
    """Note what the device says before anything on the line can spoil it."""
    notes, decoder = Notes(), link.Decoder()

    def hear(t_us: int, data: bytes) -> bytes:
        for seen in decoder.feed(data):
            if isinstance(seen, Telemetry):
                notes.telemetry(t_us, seen)
            elif isinstance(seen, Answer) and seen.result != F.DONE:
                notes.refused.append((t_us, seen.command, seen.result))
        return data

    rig.bench.from_board.insert(0, hear)
    return notes


def _schedule(rig: Rig, part: Part) -> None:
    fault = part.fault

    def act() -> None:
        end = fault.apply(rig, **part.values)

        def mend() -> None:
            end()
            rig.bench.changed()

        if part.lasts_us is not None:
            rig.bench.at(rig.bench.now_us + part.lasts_us, mend)

    if part.when == BOOT:
        rig.at(part.after_us, fault.name, part.text, act)
    else:
        after_us = part.after_us + (round(1e6 * rig.operator.plan[0].duration_s) if part.when == IDLE else 0)
        rig.after_rf(after_us, fault.name, part.text, act)
