"""The oracle: its units, its bounds and its formulas against figures worked out by hand."""

import math

import pytest

from sonofuse.layout import K
from sonofuse.limits import SHIPPED, compile_limits, load
from sonofuse_hil.guarantees import oracle as o
from sonofuse_hil.guarantees import variant
from sonofuse_hil.guarantees.excursion import beyond_after_us

ORACLE = o.Oracle(SHIPPED)


@pytest.mark.parametrize(
    ("text", "value"),
    [("41 degC", 41.0), ("22 ms", 22_000.0), ("5 s", 5e6), ("0.9 ms", 900.0), ("1.0 L/min", 1000.0), ("20 %", 0.2),
     ("2068 mV", 2.068), ("2 CEM43 min", 2.0), ("2 samples", 2.0), (2.5, 2.5), ("-10 degC", -10.0), ("0.2 dB", 0.2)],
)  # fmt: skip
def test_quantities(text, value):
    assert o.quantity(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["", "41", "degC", "41 furlongs", "4 1 K"])
def test_a_quantity_without_a_known_unit_is_refused(text):
    with pytest.raises(ValueError, match="limits file"):
        o.quantity(text)


@pytest.mark.parametrize(
    ("channel", "check", "bound_us"),
    [
        ("supply", "below", 2_300),  # N = 1, converted when it is read
        ("forward", "above", 10_300),  # 10 ms / 1.1 ms = 9
        ("skin_a", "above", 3 * 22_000 + 4_000 + 1_000 + 300),
        ("skin_a", "pair", 23 * 22_000 + 5_300),  # 500 ms / 22 ms = 22
        ("skin_a", "stale", 5_300),
        ("skin_a", "dose", 22_000 + 5_300),
        ("flow", "below", 10 * 101_000 + 1_300),
        ("monitor", "energy", 2_300),
    ],
)
def test_bounds(channel, check, bound_us):
    assert ORACLE.bound_us(channel, check) == pytest.approx(bound_us)


def test_debounce_is_what_the_compiler_makes_of_it():
    blob = compile_limits(load(SHIPPED))
    for (channel, check), limit in ORACLE.limits.items():
        row = K.H_ROWS + ORACLE.channels.index(channel) * K.ROW_WORDS
        at = 4 * (row + K.R_DEBOUNCE + getattr(K, check.upper()))
        assert int.from_bytes(blob[at : at + 4], "little") == 2 * limit.n, (channel, check)


@pytest.mark.parametrize(
    ("celsius", "seconds", "minutes"),
    [(43.0, 60.0, 1.0), (42.0, 60.0, 0.25), (47.0, 900.0, 240.0), (53.0, 14.0625, 240.0), (56.0, 1.7578125, 240.0)],
)  # check vectors of the domain sheet, B
def test_thermal_dose(celsius, seconds, minutes):
    assert o.cem43_rate(celsius) * seconds / 60 == pytest.approx(minutes, rel=1e-9)


def test_nothing_is_counted_below_39_degrees():
    assert o.cem43_rate(38.999) == 0.0
    assert ORACLE.dose_us("skin_a", 38.999) == math.inf
    assert ORACLE.dose_us("skin_a", 43.0) == pytest.approx(120e6)


def test_the_detector():
    assert o.detector_v(200.0, -50.0) == pytest.approx(2.175, abs=1e-3)  # 53 dBm - 50 dB, domain sheet D
    assert o.detector_v(0.0, -50.0) == o.detector_v(1e-9, -50.0) == 0.25


def test_the_coupler():
    assert o.vswr_reflection(2.0) == pytest.approx(0.111, abs=1e-3)
    assert o.vswr_reflection(3.0) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("channel", "check", "inside", "outside"),
    [
        ("skin_a", "above", 41.0, 41.001),
        ("water", "below", 10.0, 9.999),
        ("skin_a", "pair", -2.0, -2.001),
        ("skin_a", "range", 120.0, 120.001),
        ("forward", "range", 800.0, 850.0),
        ("forward", "range", 1.0, math.nan),
        ("stop_loop", "below", 1.0, 0.0),
        ("reflected", "ratio", 2.5, 2.501),
        ("forward", "set", 48.0, 48.001),
    ],
)
def test_beyond(channel, check, inside, outside):
    assert not ORACLE.beyond(channel, check, inside, set_w=40.0)
    assert ORACLE.beyond(channel, check, outside, set_w=40.0)


@pytest.mark.parametrize(
    ("channel", "check", "clear", "near"),
    [
        ("skin_a", "above", 39.8, 40.5),
        ("water", "below", 11.2, 10.9),
        ("forward", "above", 105.0, 115.0),
        ("flow", "below", 1200.0, 1050.0),
        ("skin_a", "pair", 1.9, 1.99),
    ],
)
def test_clear(channel, check, clear, near):
    assert ORACLE.clear(channel, check, clear)
    assert not ORACLE.clear(channel, check, near) and not ORACLE.beyond(channel, check, near)


def test_energy_and_duration():
    assert ORACLE.energy_limit_j(40.0, 1e6) == pytest.approx(44.0)
    assert ORACLE.energy_limit_j(100.0, 40e6) == 3000.0
    assert ORACLE.on_limit_us(1e6) == 1.5e6
    assert ORACLE.on_limit_us(39.9e6) == 40e6


def test_mean_of_a_window():
    assert beyond_after_us(2000, 0, 1000) == 500_000
    assert beyond_after_us(2000, 1500, 1000) == beyond_after_us(2000, 2000, 1000) == math.inf


def test_a_check_without_a_figure_has_none():
    with pytest.raises(ValueError, match="no figure"):
        ORACLE.trip("permit_readback", "follow")


def test_a_variant_without_changes_says_the_same(tmp_path):
    same = variant.write(tmp_path / "same.toml", {})
    assert compile_limits(load(same)) == compile_limits(load(SHIPPED))


def test_a_check_left_alone(tmp_path):
    left = o.Oracle(variant.write(tmp_path / "alone.toml", variant.alone("skin_a", "above"))).limits
    others = {pair for pair in left if pair[1] not in ("range", "stale")}
    assert others == {("skin_a", "above"), ("forward", "above")}
    with pytest.raises(KeyError):
        variant.write(tmp_path / "no.toml", {"limits.nothing": None})
