"""Thermal dose end to end, in minutes: the check vectors of the CEM43 rule through all three kernels.

Exact dose: minutes * R**(43 - T), R = 0.5 at and above 43 degC, 0.25 below (source: Sapareto and Dewey's rule), which
makes 43 degC for 60 s one minute, and 47 degC for 900 s, 53 degC for 14.06 s or 56 degC for 1.758 s 240 minutes.
"""

import numpy as np
import pytest

from sonofuse.layout import K
from sonofuse.limits import dose

from .batches import Batch, Limits
from .kernels import first_difference, run_checker, run_reference, run_vm
from .limitsets import Check, Row, build

STEP_C = 0.128  # of the dose table: what a temperature is rounded up by, at most


def dose_of(celsius: float, seconds: float, period_us: int) -> tuple[float, float]:
    """CEM43 minutes that the kernels measure, and the seconds that they counted."""
    stored = build(
        [Row(checks={K.DOSE: Check(K.INT_MAX, K.INT_MAX)}, dose_base=dose.START_MC)],
        dose.table(),
        H_DEADLINE_US=1 << 19,
    )
    limits = Limits(stored)
    spans = round(seconds * 1e6 / period_us)
    inputs = np.zeros((1, spans + 1, limits.input_words), np.int32)
    inputs[0, :, K.I_NOW] = np.arange(spans + 1) * period_us % (1 << 30)
    inputs[0, :, K.I_CHANNELS] = np.arange(1, spans + 2) % 65536
    inputs[0, :, K.I_CHANNELS + 1] = round(celsius * 1000)
    batch = Batch(stored, np.zeros((1, limits.state_words), np.int32), inputs)
    states = run_vm(batch)
    for run in (run_checker, run_reference):
        assert not first_difference(batch, states, run(batch))
    last = states[0, -1, K.S_CHANNELS :].tolist()
    return (last[K.C_DOSE_HI] * 2**15 + last[K.C_DOSE_LO]) / 2**35, spans * period_us / 1e6


@pytest.mark.parametrize("period_us", [7001, 20_000, 21_003])
@pytest.mark.parametrize(
    ("celsius", "seconds", "minutes"),
    [(43, 60, 1.0), (42, 60, 0.25), (47, 900, 240.0), (53, 14.0625, 240.0), (56, 1.7578125, 240.0)],
)
def test_a_dose_is_never_below_the_exact_one_and_above_it_by_the_declared_rounding_only(
    celsius: float, seconds: float, minutes: float, period_us: int
) -> None:
    assert seconds / 60 * dose.rate(celsius) == pytest.approx(minutes)
    measured, counted_s = dose_of(celsius, seconds, period_us)
    exact = counted_s / 60 * dose.rate(celsius)
    units = -(-period_us // 128)  # of 128 us, rounded up
    highest = counted_s / 60 * dose.rate(celsius + STEP_C) * units * 128 / period_us
    highest += counted_s * 1e6 / period_us * units * 2**-35  # each rate is rounded up by less than one unit
    assert exact <= measured <= highest
    assert measured == pytest.approx(minutes, rel=0.30, abs=0)


def test_nothing_is_counted_below_39_degrees_and_everything_beyond_the_table_is_the_end() -> None:
    assert dose_of(38.999, 10, 20_000)[0] == 0
    assert dose_of(39.0, 10, 20_000)[0] > 0
    beyond = (dose.START_MC + len(dose.table()) * dose.STEP_MC) / 1000
    if beyond < 65.535:
        assert dose_of(beyond, 0.02, 20_000)[0] * 2**20 == pytest.approx(K.INT_MAX, rel=1e-6)
