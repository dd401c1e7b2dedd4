"""The dose table against the check vectors of the domain sheet, section B: never below, within the rounding."""

import math

import pytest

from sonofuse.layout import K
from sonofuse.limits import SHIPPED, compile_limits, dose, load

from .decoder import unpack

WORDS = unpack(compile_limits(load(SHIPPED)))[0]
TABLE = WORDS[WORDS[K.H_DOSE] : WORDS[K.H_DOSE] + WORDS[K.H_DOSE_N]]
VECTORS = [(43, 60.0, 1.0), (42, 60.0, 0.25), (47, 900.0, 240.0), (53, 14.0625, 240.0), (56, 1.7578125, 240.0)]


def minutes(celsius: float, seconds: float, base_mc: int) -> float:
    """CEM43 by the compiled table, at a conversion every 20 ms."""
    step = (math.floor(celsius * 1000) - base_mc) >> 7
    units = (20_000 + 127) >> 7
    return TABLE[step] * units * (seconds / 0.02) / 2**35


@pytest.mark.parametrize(("celsius", "seconds", "expected"), VECTORS)
def test_vectors_without_uncertainty(celsius, seconds, expected):
    got = minutes(celsius, seconds, dose.START_MC)
    step = 4**0.128 if celsius < 43 else 2**0.128  # the upper edge of a step of 0.128 K
    assert expected <= got <= expected * step * (157 * 128 / 20_000) * 1.001


@pytest.mark.parametrize(("celsius", "seconds", "expected"), VECTORS)
def test_vectors_with_the_sensor_reading_too_low(celsius, seconds, expected):
    """A PT100 that shows 0.5 K less still counts at least the true dose."""
    base = WORDS[K.H_ROWS + K.R_DOSE_BASE]
    assert minutes(celsius - 0.5, seconds, base) >= expected


def test_nothing_below_39_degrees_even_with_the_uncertainty():
    base = WORDS[K.H_ROWS + K.R_DOSE_BASE]
    assert 38_490 < base <= 38_500
    assert (38_400 - base) >> 7 < 0


def test_every_step_is_at_least_the_rate_at_its_upper_edge():
    for j, units in enumerate(TABLE):
        edge = 39 + 0.128 * (j + 1)
        rate = (0.5 if edge >= 43 else 0.25) ** (43 - edge)
        assert rate <= units / 2**35 * 60 / 128e-6 <= rate * 1.0005 + 60 / 128e-6 / 2**35


def test_the_table_ends_where_31_bits_end():
    assert 56 < 39 + 0.128 * len(TABLE) < 57
    assert TABLE[-1] <= K.INT_MAX < TABLE[-1] * 2**0.128
    assert list(TABLE) == sorted(TABLE)


def test_the_rate_doubles_per_degree_above_43_and_quadruples_below():
    assert dose.rate(44) == pytest.approx(2 * dose.rate(43))
    assert dose.rate(43) == 1
    assert dose.rate(42) == pytest.approx(0.25)
