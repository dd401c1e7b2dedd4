"""What a fork of a snapshot does for the catalogue of faults: one case on a device whose RF is on."""

from dataclasses import replace

from ...faults import trial
from ...faults.cases import Case
from ...faults.judged import Seen
from ...operator import Sonication
from ...rig import Rig

_SOON_US = 1_000  # the first fault; the next ones 2 ms later each
_AFTER_US = 30_000  # simulated time is dear here
_PLAN = (Sonication(40.0, 0.1),)  # as short as the wait for what does not come may be


def fault_of(rig: Rig, case: Case, delay_us: int = 0) -> Seen:
    """A case of faults that strike while RF is on, as soon as they can and `delay_us` later."""
    on_us = rig.now_us - rig.operator.started_us[0]
    parts = tuple(
        replace(part, after_us=on_us + _SOON_US + delay_us + 2_000 * number) for number, part in enumerate(case.parts)
    )
    return trial.carry_out(rig, replace(case, parts=parts, plan=_PLAN), _AFTER_US)
