"""Thermistors: the curve of a data sheet, a count that falls with the temperature, rails, and the shipped limits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonofuse.layout import K
from sonofuse.limits import SHIPPED, compile_limits, load
from sonofuse.limits.intervals import prove, value_of
from sonofuse.limits.kinds.ntc import Ntc, coefficients, ohm_of
from sonofuse.limits.linear import linearise
from sonofuse.limits.thresholds import kind_of, linear_of

from .decoder import audit, unpack
from .sensors import thermistor

MINI = SHIPPED.with_name("mini_ntc.toml")
LIMITS = load(MINI)
SKIN = kind_of(LIMITS, LIMITS.channel("skin_left"))
HOUSING = kind_of(LIMITS, LIMITS.channel("housing"))
# TDK B57861S data sheet, R/T characteristic 8016: R/R25 and the slope in %/K.
S861 = [
    (-10, 5.533, 5.5), (0, 3.265, 5.1), (10, 1.99, 4.8), (25, 1.0, 4.4), (30, 0.8057, 4.3), (40, 0.5327, 4.0),
    (45, 0.4369, 3.9), (60, 0.2488, 3.6), (80, 0.1258, 3.2), (100, 0.068, 2.9),
]  # fmt: skip


@pytest.mark.parametrize(("celsius", "ratio", "percent"), S861)
def test_the_table_of_the_data_sheet(celsius, ratio, percent):
    ohm = ohm_of(celsius, SKIN.a, SKIN.b, SKIN.c)
    assert ohm / 10_000 == pytest.approx(ratio, rel=1e-3)
    slope = (ohm_of(celsius + 0.01, SKIN.a, SKIN.b, SKIN.c) / ohm - 1) / 0.01
    assert -100 * slope == pytest.approx(percent, abs=0.07)


@pytest.mark.parametrize("kind", [SKIN, HOUSING], ids=["to ground", "to the reference"])
@pytest.mark.parametrize("celsius", [0, 25, 41, 60, 80])
def test_there_and_back(kind, celsius):
    assert kind.exact(kind.raw_of_range(celsius)) == pytest.approx(1000 * celsius, abs=1e-6)


def test_which_side_the_thermistor_hangs_on():
    assert SKIN.raw_of_range(60) < SKIN.raw_of_range(0), "hot is a low voltage"
    assert HOUSING.raw_of_range(60) > HOUSING.raw_of_range(0)


def test_the_beta_curve_is_the_rated_point_and_its_slope():
    kind = Ntc(*coefficients(10_000, 3950), 10_000, True)
    assert kind.raw_of_range(25) == pytest.approx(65535 / 2, abs=1e-6)
    assert ohm_of(50, *coefficients(10_000, 3950)) == pytest.approx(10_000 * math.exp(3950 * (1 / 323.15 - 1 / 298.15)))


@given(
    beta=st.integers(2500, 5000),
    r0=st.sampled_from([1_000, 5_000, 10_000, 100_000]),
    series=st.floats(0.2, 5),
    ground=st.booleans(),
    low=st.integers(-30, 10),
    high=st.integers(45, 120),
)
def test_any_thermistor_reads_what_it_should_within_the_stated_error(beta, r0, series, ground, low, high):
    """The knots, a curve solved apart from the compiler's, and the plausible range, for a count anywhere in it."""
    kind = Ntc(*coefficients(r0, beta), r0 * series, ground)
    linear = linearise(kind, low, high)
    side = {"series_ohm": r0 * series, "ntc_at": "ground" if ground else "reference", "r0_ohm": r0, "beta_k": beta}
    for raw in range(linear.raw_min, linear.raw_max + 1, max(1, (linear.raw_max - linear.raw_min) // 200)):
        true = 1000 * thermistor(raw / 65535, side)
        assert true - linear.under - 1e-6 <= linear.value(raw) <= true + linear.over + 1e-6
        assert 1000 * low - 1e-6 <= true <= 1000 * high + 1e-6
    just_outside = (linear.raw_min - 1, linear.raw_max + kind.resolution + 1)
    beyond = [thermistor(raw / 65535, side) for raw in just_outside]
    assert min(beyond) < low < high < max(beyond), "the range is as wide as the converter's step allows"


def test_the_chord_error_is_small_beside_a_step():
    linear = linear_of(LIMITS, LIMITS.channel("skin_left"))
    assert linear.under < 1, "knots are rounded up, the kernel's interpolation down"
    assert linear.over < 2 < 40 < linear.step < 44
    wide = linearise(SKIN, -10, 120)
    assert wide.over < 20
    assert wide.step > 200, "a wide range costs the rise its guard band"


def test_rails_are_beyond_the_range():
    for name in ("skin_left", "skin_right", "housing"):
        linear = linear_of(LIMITS, LIMITS.channel(name))
        assert 0 < linear.raw_min < linear.raw_max < 65535


def test_the_shipped_bytes_decode_to_the_file():
    assert audit(compile_limits(LIMITS), MINI) == []


def test_nothing_leaves_31_bits_although_the_curve_falls():
    words = unpack(compile_limits(LIMITS))[0]
    assert prove(words) == []
    row = K.H_ROWS + LIMITS.board.index("skin_left") * K.ROW_WORDS
    assert value_of(words, row).lo == pytest.approx(0, abs=200)
    assert value_of(words, row).hi == pytest.approx(60_000, abs=400)
    steep = list(words)
    steep[words[row + K.R_KNOTS] + 5] = -(1 << 24)
    assert any(message.startswith("value") for _, message in prove(steep))


@pytest.mark.parametrize(("bound", "curve"), [(-300.0, (1e-3, 2e-4, 1e-7)), (-273.15, coefficients(10_000, 3950))])
def test_below_absolute_zero(bound, curve):
    with pytest.raises(ValueError, match="below absolute zero"):
        Ntc(*curve, 10_000, True).raw_of_range(bound)


def test_coefficients_that_give_no_temperature():
    with pytest.raises(ValueError, match="no temperature for 1e\\+04 ohm"):
        Ntc(-0.01, 2e-4, 1e-7, 10_000, True).exact(32767.5)
