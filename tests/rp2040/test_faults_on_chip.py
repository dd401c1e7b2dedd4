"""The cases of the catalogue that touch the chip itself, on the emulated chip: with RF on, from a snapshot."""

from collections.abc import Callable

import pytest

from sonofuse_hil.faults.cases import Case
from sonofuse_hil.faults.judged import measurements
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.platforms.rp2040 import fault_trials

from .conftest import OnChip

pytestmark = pytest.mark.chip  # a boot of the emulated chip takes a minute


@pytest.mark.parametrize("case", fault_trials.CASES, ids=lambda case: case.label)
def test_a_fault_is_answered_as_declared(case: Case, on_chip: OnChip, measured: Callable[[Measurement], None]) -> None:
    for measurement in measurements(on_chip.on.run(fault_trials.fault_of, case)):
        measured(measurement)
