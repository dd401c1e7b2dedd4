"""The cases of the catalogue that touch the chip itself, on the emulated chip: with RF on, from a snapshot."""

from collections.abc import Callable

import pytest

from sonofuse_hil.faults.cases import Case
from sonofuse_hil.faults.declared import CASES
from sonofuse_hil.faults.judged import measurements
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.platforms.rp2040 import fault_trials

from .conftest import OnChip

pytestmark = pytest.mark.chip  # a boot of the emulated chip takes a minute

ON_CHIP = (
    "27 memory_bit",
    "27 kernel_bit",
    "29 hung_firmware",
    "29 runaway",
    "30 stack_overflow",
    "32 output_dead",
    "36 late_tick",
    "36 blocked_bus",
    "37 interrupt_storm",
    "50 reset_pin",
    '51 power_loss off="200 ms"',
    "33+29 watchdog_dead (on), runaway",
)


@pytest.mark.parametrize("label", ON_CHIP)
def test_a_fault_is_answered_as_declared(label: str, on_chip: OnChip, measured: Callable[[Measurement], None]) -> None:
    case: Case = next(case for case in CASES if case.label == label)
    seen = on_chip.on.run(fault_trials.fault_of, case)
    for measurement in measurements(seen):
        measured(measurement)
