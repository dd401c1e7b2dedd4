"""Watts to the level of a generator and back, held against the textbook."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonofuse.live.generators.calibration import UNITS, Calibration, RangeError, to_decibels

WIDE = (-1e9, 1e9)


def with_gain(unit: str, gain_db: float = 0.0, load_ohm: float = 50.0) -> Calibration:
    return Calibration(unit, load_ohm, ((0.0, gain_db),), *WIDE)


@pytest.mark.parametrize(
    ("unit", "level", "watts"),
    [
        ("W", 3.0, 3.0),
        ("dBm", 30.0, 1.0),
        ("dBm", 0.0, 0.001),
        ("Vrms", 10.0, 2.0),  # 100 / 50
        ("Vpp", 20.0, 1.0),  # 10 V peak: 100 / (2 · 50)
        ("Vpp", 0.632455532, 0.001),  # 0 dBm into 50 Ω
    ],
)
def test_known_levels(unit: str, level: float, watts: float) -> None:
    assert with_gain(unit).level(watts) == pytest.approx(level, rel=1e-8, abs=1e-8)
    assert with_gain(unit).watts(level) == pytest.approx(watts, rel=1e-8)


def test_an_amplifier_of_50_db_needs_a_hundred_thousandth() -> None:
    assert with_gain("W", 50.0).level(40.0) == pytest.approx(0.0004)
    assert with_gain("dBm", 50.0).level(100.0) == pytest.approx(0.0)


@given(
    unit=st.sampled_from(sorted(UNITS)),
    watts=st.floats(0.01, 200.0),
    gain_db=st.floats(-10, 70),
    load_ohm=st.floats(1, 1e4),
)
def test_there_and_back(unit: str, watts: float, gain_db: float, load_ohm: float) -> None:
    calibration = with_gain(unit, gain_db, load_ohm)
    assert calibration.watts(calibration.level(watts)) == pytest.approx(watts, rel=1e-9)


POINTS = ((0.1, 1.0), (0.4, 15.0), (0.9, 60.0))  # Vpp, W: 1.3 dB of compression


def measured() -> Calibration:
    points = tuple((to_decibels("Vpp", 50.0, level), 10 * math.log10(watts)) for level, watts in POINTS)
    return Calibration("Vpp", 50.0, points, *WIDE)


@pytest.mark.parametrize(("level", "watts"), POINTS)
def test_measured_points_are_met(level: float, watts: float) -> None:
    assert measured().level(watts) == pytest.approx(level)
    assert measured().watts(level) == pytest.approx(watts)


@given(a=st.floats(1.0, 60.0), b=st.floats(1.0, 60.0))
def test_more_power_never_takes_less_level(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert measured().level(low) <= measured().level(high) * (1 + 1e-12)
    assert measured().watts(measured().level(a)) == pytest.approx(a, rel=1e-9)


def test_nothing_is_extrapolated() -> None:
    for watts in (0.9, 61.0):
        with pytest.raises(RangeError, match="from 1 to 60 W only"):
            measured().level(watts)
    with pytest.raises(RangeError, match="only"):
        measured().watts(1.2)
    assert measured().watts(0.01) == 0.0 and measured().watts(0.0) == 0.0


@pytest.mark.parametrize("watts", [0.0, -3.0, math.nan, math.inf])
def test_no_power_to_set(watts: float) -> None:
    with pytest.raises(RangeError, match="is no set point"):
        with_gain("Vpp").level(watts)


@pytest.mark.parametrize("level", [-0.1, math.nan, math.inf])
def test_no_level_to_read(level: float) -> None:
    with pytest.raises(RangeError, match="is no level"):
        with_gain("Vpp").watts(level)


def test_the_range_of_the_instrument() -> None:
    narrow = Calibration("Vpp", 50.0, ((0.0, 0.0),), 0.01, 1.0)
    with pytest.raises(RangeError, match=r"1 W needs 20 Vpp, which is not from 0.01 to 1"):
        narrow.level(1.0)
