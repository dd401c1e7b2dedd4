"""The thermistor: its curve against a data sheet's table, its divider, lag, tolerance, and what a broken wire shows."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonofuse_hil.parts.adc import Adc
from sonofuse_hil.parts.ntc import Ntc, beta_curve, resistance_ohm
from sonofuse_hil.parts.reference import Reference

S861 = (1.1256e-3, 2.3466e-4, 8.592e-8)
# TDK B57861S data sheet, R/T characteristic 8016: R/R25.
TABLE = [(-10, 5.533), (0, 3.265), (10, 1.99), (25, 1.0), (45, 0.4369), (60, 0.2488), (100, 0.068)]


@pytest.mark.parametrize(("celsius", "ratio"), TABLE)
def test_the_curve_of_the_data_sheet(celsius, ratio):
    assert resistance_ohm(celsius, S861) == pytest.approx(10_000 * ratio, rel=1e-3)


@pytest.mark.parametrize("percent", [4.4])
def test_the_slope_at_25_degrees(percent):
    assert (1 - resistance_ohm(25.05, S861) / resistance_ohm(24.95, S861)) * 1000 == pytest.approx(percent, abs=0.05)


@given(celsius=st.floats(-55, 155), a=st.floats(0.5e-3, 2e-3), b=st.floats(1.5e-4, 4e-4), c=st.floats(1e-12, 5e-7))
def test_the_root_solves_the_equation(celsius, a, b, c):
    log = math.log(resistance_ohm(celsius, (a, b, c)))
    assert 1 / (a + b * log + c * log**3) == pytest.approx(celsius + 273.15, rel=1e-9)


def test_a_rated_resistance_and_its_b_value():
    curve = beta_curve(10_000.0, 3950.0)
    assert resistance_ohm(25.0, curve) == pytest.approx(10_000.0)
    assert resistance_ohm(50.0, curve) == pytest.approx(10_000 * math.exp(3950 * (1 / 323.15 - 1 / 298.15)))


def test_both_sides_of_the_divider():
    low, high = Ntc(S861, 10_000.0, True), Ntc(S861, 10_000.0, False)
    assert low.ratio(25.0) == pytest.approx(0.5, abs=2e-4)
    for celsius in (0.0, 41.0, 80.0):
        assert low.ratio(celsius) + high.ratio(celsius) == pytest.approx(1.0)
    assert low.ratio(41.0) < low.ratio(40.0)


def test_a_divider_on_the_reference_does_not_see_its_error():
    sensor = Ntc(S861)
    for error in (-0.02, 0.0, 0.02):
        reference = Reference(3.3, error)
        assert Adc(reference, 3.63).read_u16(0, sensor.ratio(37.0) * reference.volts(0)) >> 4 == 1538


@pytest.mark.parametrize(
    ("fault", "to_ground", "raw"),
    [("open", True, 65535), ("short", True, 0), ("open", False, 0), ("short", False, 65535)],
)
def test_a_broken_wire_is_a_rail(fault, to_ground, raw):
    sensor, reference = Ntc(S861, 10_000.0, to_ground), Reference(3.3)
    before = sensor.ratio(30.0)
    sensor.fault = fault
    assert Adc(reference, 3.63).read_u16(0, sensor.ratio(30.0) * 3.3) == raw
    sensor.fault = ""
    assert sensor.ratio(30.0) == before


def test_one_per_cent_is_a_quarter_of_a_kelvin():
    sensor = Ntc(S861)
    exact = sensor.ratio(25.0)
    sensor.tolerance = 0.01
    assert sensor.ratio(25.0) > exact
    assert sensor.ratio(25.23) == pytest.approx(exact, abs=1e-4)


def test_it_lags_as_every_thermometer():
    """A ramp is followed one time constant late; a step by 1 - 1/e after one."""
    sensor = Ntc(S861, tau_s=0.5)
    for t_ms in range(0, 5_001, 20):
        shown = sensor.sample(t_ms * 1_000, 20.0 + t_ms * 1e-3 * 4)
    assert shown == pytest.approx(sensor.ratio(20.0 + 4 * (5.0 - 0.5)), abs=1e-6)


def test_offset_drift_and_noise():
    sensor = Ntc(S861, tau_s=0.0, offset_c=-1.0)
    assert sensor.sample(0, 37.0) == sensor.ratio(36.0)
    sensor.drift_c_per_s = 0.1
    assert sensor.sample(20_000_000, 37.0) == pytest.approx(sensor.ratio(38.0))
    noisy = Ntc(S861, tau_s=0.0, noise_c=0.1, seed=5)
    assert len({noisy.sample(i, 37.0) for i in range(50)}) > 45


def test_refusals():
    with pytest.raises(ValueError, match="ntc degC is nan"):
        Ntc().sample(0, math.nan)
    with pytest.raises(ValueError, match="ntc tau_s"):
        Ntc(tau_s=-1.0)
    with pytest.raises(ValueError, match="series_ohm is 0"):
        Ntc(series_ohm=0.0)
    with pytest.raises(ValueError, match="beta_k is nan"):
        beta_curve(10_000.0, math.nan)
    with pytest.raises(ValueError, match="choose from open, short"):
        Ntc().fault = "warm"
    sensor = Ntc()
    sensor.sample(5, 20.0)
    with pytest.raises(ValueError, match="ntc: time 4 us is before 5 us"):
        sensor.sample(4, 20.0)
    sensor.tolerance = math.nan
    with pytest.raises(ValueError, match="tolerance is nan"):
        sensor.ratio(20.0)
