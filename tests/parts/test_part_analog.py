"""Sensor, detector, converter, reference, coupler and noise against data sheets and closed forms."""

import itertools
import math

import pytest

from sonofuse.board import load_board
from sonofuse_hil.bench import Bench
from sonofuse_hil.parts.ad8307 import Ad8307
from sonofuse_hil.parts.adc import Adc
from sonofuse_hil.parts.coupler import Coupler, vswr
from sonofuse_hil.parts.noise import Noise
from sonofuse_hil.parts.pt100 import Pt100, resistance_ohm
from sonofuse_hil.parts.reference import Reference


@pytest.mark.parametrize(
    ("celsius", "ohm"),
    [(-200, 18.52), (-50, 80.31), (0, 100.0), (20, 107.79), (50, 119.40), (100, 138.51), (850, 390.48)],
)
def test_resistance_table(celsius, ohm):
    """IEC 60751, basic values."""
    assert resistance_ohm(celsius) == pytest.approx(ohm, abs=0.006)
    assert resistance_ohm(celsius, 1000.0) == pytest.approx(10 * ohm, abs=0.06)


@pytest.mark.parametrize("celsius", [-201, 851, math.nan])
def test_resistance_refuses_what_the_standard_does_not_cover(celsius):
    with pytest.raises(ValueError, match="pt100 degC"):
        resistance_ohm(celsius)


def celsius_of(ohm):
    """Inverse for 0 degC and above."""
    a, b = 3.9083e-3, -5.775e-7
    return (-a + math.sqrt(a * a - 4 * b * (1 - ohm / 100.0))) / (2 * b)


def test_lag_of_a_step():
    sensor = Pt100(tau_s=0.5)
    sensor.sample(0, 20.0)
    sensor.sample(1, 40.0)
    shown = celsius_of(sensor.sample(500_001, 40.0))
    assert shown == pytest.approx(40.0 - 20.0 / math.e, abs=1e-4)


def test_lag_of_a_ramp_is_exact_for_any_sampling():
    """A ramp of 25 K/s and 0.5 s hides 12.5 K in the long run; before, 12.5 (1 - exp(-t/tau))."""
    for step_us in (1_000, 16_700, 500_000):
        sensor = Pt100(tau_s=0.5)
        t_us = 0
        while t_us <= 1_000_000:
            shown = celsius_of(sensor.sample(t_us, 20.0 + 25e-6 * t_us))
            expected = 20.0 + 25e-6 * t_us - 12.5 * (1 - math.exp(-t_us / 500_000))
            assert shown == pytest.approx(expected, abs=1e-9)
            t_us += step_us


def test_sensor_without_lag():
    sensor = Pt100(tau_s=0.0)
    sensor.sample(0, 20.0)
    assert sensor.sample(1, 60.0) == resistance_ohm(60.0)


def test_offset_and_drift():
    sensor = Pt100(tau_s=0.0, offset_c=-1.0)
    assert sensor.sample(0, 37.0) == resistance_ohm(36.0)
    sensor.drift_c_per_s = 0.1
    assert celsius_of(sensor.sample(20_000_000, 37.0)) == pytest.approx(38.0)


def test_noise_of_the_sensor():
    sensor = Pt100(tau_s=0.0, noise_c=0.1, seed=5)
    errors = [celsius_of(sensor.sample(i, 37.0)) - 37.0 for i in range(4000)]
    assert math.sqrt(sum(e * e for e in errors) / 4000) == pytest.approx(0.1, rel=0.05)


def test_sensor_refusals():
    with pytest.raises(ValueError, match="degC is nan"):
        Pt100().sample(0, math.nan)
    with pytest.raises(ValueError, match="tau_s"):
        Pt100(tau_s=-1.0)
    sensor = Pt100()
    sensor.sample(5, 20.0)
    with pytest.raises(ValueError, match="time 4 us is before 5 us"):
        sensor.sample(4, 20.0)
    sensor.offset_c = math.nan
    with pytest.raises(ValueError, match="degC is nan"):
        sensor.sample(6, 20.0)


@pytest.mark.parametrize(
    ("watts", "volts"), [(200.0, 2.175), (20.0, 1.925), (0.002, 0.925), (1e-9, 0.25), (0.0, 0.25), (1e5, 2.525)]
)
def test_detector(watts, volts):
    """200 W is 53 dBm, less 50 dB: +3 dBm; 25 mV/dB from -84 dBm; full at +17 dBm (5 kW)."""
    assert Ad8307().volts(watts) == pytest.approx(volts, abs=5e-4)


def test_detector_error_and_death():
    detector = Ad8307(error_db=1.0)
    assert detector.volts(200.0) == pytest.approx(2.200, abs=5e-4)
    detector.fault = "dead"
    assert detector.volts(200.0) == 0.0
    with pytest.raises(ValueError, match="choose from dead"):
        detector.fault = "warm"


def test_detector_noise():
    detector = Ad8307(noise_v=0.01)
    errors = [detector.volts(200.0) - 2.175 for _ in range(2000)]
    assert math.sqrt(sum(e * e for e in errors) / 2000) == pytest.approx(0.01, rel=0.06)


@pytest.mark.parametrize("bad", [math.nan, -1.0, math.inf])
def test_detector_refuses(bad):
    with pytest.raises(ValueError, match="ad8307 watts"):
        Ad8307().volts(bad)


@pytest.mark.parametrize(
    ("volts", "raw12"), [(0.0, 0), (-1.0, 0), (1.5, 2048), (3.0 * 4094.5 / 4096, 4094), (3.0, 4095), (50.0, 4095)]
)
def test_converter(volts, raw12):
    assert Adc(Reference(3.0)).read_u16(0, volts) == (raw12 << 4 | raw12 >> 8)


def test_converter_follows_its_reference_and_supply():
    reference = Reference(3.0, error=0.01)
    adc = Adc(reference, supply_v=3.3)
    assert adc.read_u16(0, 1.5151) >> 4 == 2048
    reference.error = 0.5
    assert adc.read_u16(0, 1.65) >> 4 == 2048, "the reference cannot exceed the supply"
    reference.error = -1.0
    assert adc.read_u16(0, 1.0) == 0xFFFF


def test_converter_faults():
    adc = Adc(Reference(3.0))
    before = adc.read_u16(0, 1.0)
    for fault, expected in (("stuck", before), ("zeros", 0), ("ones", 0xFFFF)):
        adc.fault = fault
        assert adc.read_u16(1, 2.0) == expected
    adc.fault = ""
    assert adc.read_u16(2, 2.0) > before
    with pytest.raises(ValueError, match="adc volts is nan"):
        adc.read_u16(3, math.nan)


def test_converter_noise():
    adc = Adc(Reference(3.0), noise_v=0.003)
    raws = [adc.read_u16(0, 1.5) >> 4 for _ in range(2000)]
    assert math.sqrt(sum((raw - 2047.5) ** 2 for raw in raws) / 2000) == pytest.approx(4.1, rel=0.08)


def test_reference_drift():
    reference = Reference(2.048, error=0.001)
    assert reference.volts(0) == pytest.approx(2.050048)
    reference.drift(1_000_000, -0.002)
    assert reference.volts(1_000_000) == pytest.approx(2.050048)
    assert reference.volts(2_500_000) == pytest.approx(2.048 * 0.998)
    reference.drift(2_500_000, 0.0)
    assert reference.volts(9_000_000) == pytest.approx(2.048 * 0.998)
    with pytest.raises(ValueError, match="drift is nan"):
        reference.drift(0, math.nan)


def test_directivity_floors_the_vswr():
    """20 dB: a perfect load reads 1.22."""
    coupler = Coupler()
    assert vswr(coupler.forward_w(40.0, 0.0), coupler.reflected_w(40.0, 0.0)) == pytest.approx(1.222, abs=1e-3)


@pytest.mark.parametrize(("ratio", "fraction"), [(2.0, 0.111), (3.0, 0.25)])
def test_vswr(ratio, fraction):
    """2:1 reflects 11 %, 3:1 25 %; a coupler that leaks nothing shows just that."""
    coupler = Coupler(directivity_db=100.0)
    shown = vswr(coupler.forward_w(40.0, fraction), coupler.reflected_w(40.0, fraction))
    assert shown == pytest.approx(ratio, abs=2e-3)


def test_phase_of_the_leak_bounds_the_reading():
    """At 25 % reflection and 20 dB: (0.5 +- 0.1)^2 of 40 W, and the root of the sum of squares in quadrature."""
    readings = [Coupler(20.0, phase).reflected_w(40.0, 0.25) for phase in (0.0, math.pi / 2, math.pi)]
    assert readings == pytest.approx([40 * 0.36, 40 * 0.26, 40 * 0.16])
    assert Coupler(20.0).forward_w(40.0, 0.25) == pytest.approx(40 * 1.05**2)


def test_coupler_refusals():
    with pytest.raises(ValueError, match="reflection is nan"):
        Coupler().reflected_w(40.0, math.nan)
    with pytest.raises(ValueError, match="watts is nan"):
        Coupler().forward_w(math.nan, 0.1)
    with pytest.raises(ValueError, match="reflected_w"):
        vswr(1.0, 1.0)


def test_noise_is_repeatable_and_nearly_gaussian():
    """First words of xorshift32 (13, 17, 5) from 1; then mean, spread, tails and memory of 20 000 draws."""
    assert [Noise(1).bits(), Noise(2).bits()] == [270369, 540738]
    noise = Noise(3)
    draws = [noise.normal() for _ in range(20_000)]
    mean = sum(draws) / 20_000
    assert abs(mean) < 0.02
    assert sum(d * d for d in draws) / 20_000 == pytest.approx(1.0, abs=0.03)
    assert sum(abs(d) > 2 for d in draws) / 20_000 == pytest.approx(0.0455, abs=0.006)
    assert abs(sum(a * b for a, b in itertools.pairwise(draws)) / 20_000) < 0.02


def test_seeds_above_32_bits_are_streams_of_their_own():
    """A bench has 100 seeds for its sensors from each seed of a run, which may have 32 bits."""
    assert Noise(2**32 - 1).bits() == 253983, "as without folding"
    streams = [tuple(Noise(429_496_729_500 + number).bits() for _ in range(4)) for number in range(1, 100)]
    assert len(set(streams)) == 99
    assert Noise(2**64 - 1).bits() != 0
    folds_to_zero = 0x9E3779B1 + (1 << 32)
    assert Noise(folds_to_zero).bits() != 0, "xorshift never leaves 0"


def test_a_bench_takes_every_seed_of_a_run():
    shown = [Bench(load_board("rev_a"), seed=seed).thermometers.ohm("skin_a", 1000) for seed in (1, 2**32 - 1)]
    assert shown[0] != shown[1] and shown == pytest.approx([109.09] * 2, abs=0.03), "23.3 degC, noise 20 mK"


@pytest.mark.parametrize("seed", [0, -1, 1 << 64, math.nan])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match="noise seed"):
        Noise(seed)
