"""The shipped limits: what the domain sheet asks for is in them, and the sensors' curves are those of their makers."""

import tomllib

import pytest

from sonofuse.board import load_board
from sonofuse.layout import K
from sonofuse.limits import SHIPPED, compile_limits, load
from sonofuse.limits.kinds.ad8307 import Ad8307
from sonofuse.limits.kinds.flow import Flow
from sonofuse.limits.kinds.pt100 import Pt100, temperature
from sonofuse.limits.linear import linearise
from sonofuse.limits.thresholds import kind_of, linear_of, relative_error

from .decoder import audit, unpack

LIMITS = load(SHIPPED)
FILE = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
# channel, check, warn, trip, debounce, max reaction, hazard: the default limits of the domain sheet, section E.
SECTION_E = [
    ("skin_a", "above", "39 degC", "41 degC", "2 samples", "250 ms", "H1"),
    ("skin_b", "above", "39 degC", "41 degC", "2 samples", "250 ms", "H1"),
    ("skin_a", "rise", "1 K/s", "3 K/s", "100 ms", "250 ms", "H2"),
    ("skin_b", "rise", "1 K/s", "3 K/s", "100 ms", "250 ms", "H2"),
    ("skin_a", "dose", "1 CEM43 min", "2 CEM43 min", None, "250 ms", "H1"),
    ("skin_b", "dose", "1 CEM43 min", "2 CEM43 min", None, "250 ms", "H1"),
    ("skin_a", "pair", "1 K", "2 K", "500 ms", "1000 ms", "sensor"),
    ("forward", "set", "10 %", "20 %", "10 ms", "50 ms", "H4"),
    ("forward", "above", "110 W", "120 W", "10 ms", "50 ms", "H4"),
    ("forward", "idle", "0.1 W", "0.5 W", "5 ms", "50 ms", "H5"),
    ("reflected", "ratio", 1.5, 2.5, "20 ms", "100 ms", "H1"),
    ("transducer", "above", "38 degC", "43 degC", "900 ms", "1000 ms", "H9"),
    ("water", "above", "25 degC", "30 degC", "2 s", "3000 ms", "H9"),
    ("water", "below", "15 degC", "10 degC", "2 s", "3000 ms", "H9"),
    ("flow", "below", "1.5 L/min", "1.0 L/min", "1 s", "1500 ms", "H9"),
    ("supply", "below", None, "open", "1 ms", "20 ms", "hardware"),
    ("stop_loop", "below", None, "open", "10 ms", "100 ms", "H8"),
]


@pytest.mark.parametrize(("channel", "check", "warn", "trip", "debounce", "reaction", "hazard"), SECTION_E)
def test_the_default_limits(channel, check, warn, trip, debounce, reaction, hazard):
    entry = FILE["channel"][channel][check]
    values = [entry.get(key) for key in ("warn", "trip", "debounce", "max_reaction")]
    assert values == [warn, trip, debounce, reaction]
    assert hazard in entry["hazard"].split()


def test_the_limits_of_the_whole_monitor():
    top = {
        key: FILE["limits"][key] for key in ("duration", "over_run", "energy", "energy_ratio", "cooling_gap", "receipt")
    }
    assert list(top.values()) == ["40 s", "0.5 s", "3000 J", 1.1, "60 s", "250 ms"]
    assert FILE["limits"]["host"] == "required"


def test_every_channel_has_range_and_stale_and_every_value_its_source():
    assert [channel.name for channel in LIMITS.channels] == [entry.name for entry in load_board("rev_a").channels]
    for channel in LIMITS.channels:
        assert channel.check("range") and channel.check("stale")
        assert all(check.source and check.hazards for check in channel.checks)
        assert (channel.check("stuck") is None) == (channel.sensor.noise_counts <= 1)


def test_the_bytes_decode_to_the_file():
    assert audit(compile_limits(LIMITS), SHIPPED) == []


def test_compiling_twice_gives_the_same_bytes():
    assert compile_limits(load(SHIPPED)) == compile_limits(LIMITS)


@pytest.mark.parametrize(
    ("celsius", "ohm"), [(-10, 96.09), (0, 100.0), (20, 107.79), (41, 115.93), (100, 138.51), (120, 146.07)]
)
def test_pt100_table_of_the_standard(celsius, ohm):
    assert temperature(ohm / 100) == pytest.approx(celsius, abs=0.015)  # the table has two decimals: 0.013 K
    kind = Pt100(100, 430)
    assert kind.raw_of_range(celsius) == pytest.approx(ohm / 430 * 32768, abs=0.5)
    assert kind.exact(kind.raw_of_range(celsius)) == pytest.approx(celsius * 1000, abs=1e-3)


@pytest.mark.parametrize(("volts", "watts"), [(2.175, 200.0), (2.1, 200 * 10**-0.3), (1.675, 2.0), (2.35, 1000.24)])
def test_ad8307_behind_a_coupler_of_50_db(volts, watts):
    """200 W are 53 dBm, +3 dBm behind the coupler, 2.175 V (source: domain sheet, D)."""
    kind = Ad8307(3000, -50)
    assert kind.exact(kind.raw_of_range(volts)) == pytest.approx(watts * 1000, rel=3e-3)


def test_the_worst_linearisation_errors():
    pt100 = linearise(Pt100(100, 430), -10, 120)
    assert pt100.under <= 1.5
    assert pt100.over <= 2.5  # m°C, of which 1 is rounding
    under, over = relative_error(Ad8307(3000, -50), 0.15, 2.33, 1000)
    assert under <= 0.001
    assert over <= 0.002 + 0.001  # chord error 0.15 % and rounding at 1 W
    flow = linearise(Flow(2000, 1.0), 0, 4)
    assert flow.over == pytest.approx(30, abs=1e-6)  # one pulse in a second


def test_a_dead_detector_is_out_of_range_and_a_live_zero_is_within():
    linear = linear_of(LIMITS, LIMITS.channel("forward"))
    kind = kind_of(LIMITS, LIMITS.channel("forward"))
    assert 0 < linear.raw_min < kind.raw_of_range(0.25) < linear.raw_max
    assert linear.raw_min > -1
    assert linear.value(round(kind.raw_of_range(0.25))) <= 1  # mW


def test_open_and_short_are_out_of_range():
    linear = linear_of(LIMITS, LIMITS.channel("skin_a"))
    assert 0 < linear.raw_min < 7620 < linear.raw_max < 32767


def test_the_header_says_what_it_is():
    words, wrong = unpack(compile_limits(LIMITS))
    assert not wrong
    assert (words[K.H_MAGIC], words[K.H_VERSION], words[K.H_CHANNELS]) == (K.MAGIC, K.VERSION, 12)
    assert words[K.H_WORDS] == len(words)
    assert 100_000 < words[K.H_SET_MAX_MW] < 114_598  # below the absolute threshold by the detector's uncertainty
