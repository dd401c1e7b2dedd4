"""What a fork of a snapshot does for the catalogue of faults: one case on a device whose RF is on."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from ...faults import declared, trial
from ...faults.cases import RESET, Case
from ...faults.judged import Seen
from ...guarantees import variant
from ...operator import Sonication
from ...rig import Rig
from . import link_trials, trials
from .snapshot import Snapshot

_TOUCH_THE_CHIP = (  # its PIO, watchdog, clock, memory, interrupts, resets; boots are too dear for what comes before RF
    "27 memory_bit",
    "27 kernel_bit",
    "29 hung_firmware",
    "29 runaway",
    "32 output_dead",
    "36 late_tick",
    "36 blocked_bus",
    "37 interrupt_storm",
    "50 reset_pin",
    '51 power_loss off="200 ms"',
    "33+29 watchdog_dead (on), runaway",
)
CASES = tuple(case for case in declared.CASES if case.label in _TOUCH_THE_CHIP)
_SOON_US = 1_000  # the first fault; the next ones 2 ms later each
_AFTER_US = 30_000  # simulated time is dear here
_REPORTS_US = 4_500_000  # the watchdog's second, up to half a second more of a storm, a boot of 1.3 s
_PLAN = (Sonication(40.0, 0.1),)  # as short as the wait for what does not come may be


@contextmanager
def booted(folder: Path, uf2: Path | None = None) -> Generator[Callable[[Case], Seen]]:
    """A device that was booted once, with RF on: what is given carries out a case on a fork of it.

    Raises:
        RigError: if there is no image of the interpreter.
    """
    limits = variant.write(folder / "faults.toml")
    with Snapshot(partial(link_trials.begin, limits, uf2)) as new:
        on = new.later(trials.to_safe).later(trials.to_on)
        yield lambda case: on.run(fault_of, case)


def fault_of(rig: Rig, case: Case, delay_us: int = 0) -> Seen:
    """A case of faults that strike while RF is on, as soon as they can and `delay_us` later."""
    on_us = rig.now_us - rig.operator.started_us[0]
    parts = tuple(
        replace(part, after_us=on_us + _SOON_US + delay_us + 2_000 * number) for number, part in enumerate(case.parts)
    )
    watch_us = _REPORTS_US if case.expected == RESET else case.watch_us
    return trial.carry_out(rig, replace(case, parts=parts, plan=_PLAN, watch_us=watch_us), _AFTER_US)
