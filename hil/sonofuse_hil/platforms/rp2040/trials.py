"""What a fork of a snapshot does: one trial of a guarantee on a device that is under way, and the record of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ...guarantees import excursion, g02, g10
from ...guarantees.excursion import Excursion
from ...guarantees.g10 import Stop
from ...operator import Sonication
from ...rig import Rig
from ...run import Run
from .opening import Rp2040
from .platform import Rp2040Platform

PLAN = Sonication(40.0, 7.0)  # what every snapshot with RF on is in the middle of
_BOOT_US = 4_000_000  # by then a blank device has booted, been acknowledged, armed and started
_SETTLED_US = 20_000  # after RF came on: relays and read-backs have followed
_SWEEP_US = 22_000  # the longest conversion: every phase against ticks and conversions
_HANG_US = 4_000  # two lives of a token
_FIRST_FRAME_US = 1_500_000  # of a device that boots


def begin(limits: Path, uf2: Path | None = None, plan: tuple[Sonication, ...] = (PLAN,)) -> Rig:
    """A device on the emulated chip that has just been switched on."""
    return Rig(limits, plan, on=Rp2040(uf2), name="snapshot")


def to_safe(rig: Rig) -> None:
    """Until the device is SAFE for the first time.

    Raises:
        RuntimeError: if it does not get there.
    """
    _reach(rig, lambda: rig.operator.telemetry is not None and rig.operator.telemetry.state == 1, "SAFE")


def to_on(rig: Rig) -> None:
    """Until RF is on and relays and read-backs have followed.

    Raises:
        RuntimeError: if it does not get there.
    """
    _reach(rig, lambda: bool(rig.operator.started_us), "ON")
    rig.run_for(_SETTLED_US)


def to_on_with_a_warm_pair(rig: Rig) -> None:
    """As `to_on`, with both skin sensors held at one temperature, from which pairs and ramps start."""
    excursion.prepare(rig, Excursion("skin_a", "pair", 0.0, 0))
    to_on(rig)


def _reach(rig: Rig, reached: Callable[[], bool], name: str) -> None:
    if not rig.run_while(lambda: not reached(), _BOOT_US):
        seen = rig.seen[-1] if rig.seen else "no telemetry"
        raise RuntimeError(f"the device is not {name} after {rig.now_us} µs: {seen}")


def _phase_us(rig: Rig, delay_us: int) -> int:
    """A delay from the start of RF that sweeps every phase from now on."""
    return rig.now_us + 500 + delay_us % _SWEEP_US - rig.operator.started_us[0]


def excursion_of(rig: Rig, e: Excursion, limit_us: int = 9_000_000) -> Run:
    """A channel leaves its limits; moment and channel as `e` says, plan and bench as the snapshot has them."""
    idle = e.check in excursion.IDLE
    delay_us = e.delay_us % _SWEEP_US if idle else _phase_us(rig, e.delay_us)
    return excursion.carry_out(rig, replace(e, delay_us=delay_us, plan=PLAN, tolerances=rig.bench.tolerances), limit_us)


def stop_of(rig: Rig, stop: Stop) -> Run:
    """The stop loop opens."""
    return g10.carry_out(rig, replace(stop, delay_us=_phase_us(rig, stop.delay_us), plan=PLAN))


def hang_of(rig: Rig, delay_ns: int, in_interrupt: bool, until_reset: bool = False) -> tuple[g02.Outcome, int, bool]:
    """An endless loop at a random instruction, if wanted in the next interrupt.

    Returns:
        The outcome, when it hung (µs), and whether that was inside an interrupt.
    """
    platform = rig.platform
    assert isinstance(platform, Rp2040Platform)
    chip = platform.chip
    chip.run_for_ns(delay_ns)
    if in_interrupt and not chip.run_to_interrupt(rig.now_us + 60_000):
        raise RuntimeError("no interrupt came within 60 ms")
    inside = chip.in_interrupt
    struck_us = rig.now_us
    platform.hang(struck_us)
    rig.run_for(_HANG_US)
    if until_reset:
        rig.run_while(lambda: not platform.resets, g02.WATCHDOG_US + 100_000)
        resets_us = rig.now_us
        rig.run_while(lambda: not any(seen.t_us > resets_us for seen in rig.seen), _FIRST_FRAME_US)
    right, wrong = platform.words_of(0), platform.words_of(1)
    return g02.Outcome(rig.result(), (right[0], wrong[0]), (right[1], wrong[1]), ""), struck_us, inside


def reset_of(rig: Rig, how: str, delay_ns: int) -> tuple[Run, int]:
    """RUN is pulled or power cut at a random instruction; the record reaches to the first report after the next boot.

    Returns:
        The record, and when it struck, µs.
    """
    platform = rig.platform
    assert isinstance(platform, Rp2040Platform)
    platform.chip.run_for_ns(delay_ns)
    struck_us = rig.now_us
    if how == "run":
        platform.pull_run()
    else:
        platform.cut_power()
        rig.run_for(5_000)
        platform.restore_power()
    rig.run_while(lambda: not any(seen.t_us > struck_us for seen in rig.seen), _FIRST_FRAME_US)
    return rig.result(), struck_us
