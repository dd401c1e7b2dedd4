"""Random valid limits files compile, decode back to themselves, and trip on the safe side of every limit."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse.layout import K
from sonofuse.limits import compile_limits, load

from .decoder import audit, read_board, unpack
from .edits import TEXT, set_key
from .sensors import Row


@st.composite
def files(draw):
    """(section, key) -> value of a limits file that must be accepted."""
    pick = lambda low, high: draw(st.integers(low, high))  # noqa: E731 - one word for a draw
    unsure = pick(0, 10) / 10
    skin = pick(380, 900) / 10
    level, power = pick(0, 8) / 10, pick(20, 400)
    share, swr = pick(25, 60), pick(20, 60) / 10
    litres = pick(5, 25) / 10
    shortest = pick(5, 25)
    return {
        ("channel.skin_a.sensor", "uncertainty"): f'"{unsure} K"',
        ("channel.skin_a.sensor", "range"): f'["{-pick(0, 40)} degC", "{pick(100, 140)} degC"]',
        ("channel.skin_a.sensor", "conversion"): f'["{shortest} ms", "{shortest + pick(0, 5)} ms"]',
        ("channel.skin_a", "rise_window"): str(pick(8, 16)),
        ("channel.skin_a.above", "trip"): f'"{skin} degC"',
        ("channel.skin_a.above", "warn"): f'"{skin - unsure - 0.1:.1f} degC"',
        ("channel.skin_a.above", "debounce"): f'"{pick(1, 5)} samples"',
        ("channel.skin_a.rise", "trip"): f'"{pick(40, 200) / 10} K/s"',
        ("channel.skin_a.rise", "debounce"): f'"{pick(1, 100)} ms"',
        ("channel.skin_a.dose", "trip"): f'"{pick(2, 240)} CEM43 min"',
        ("channel.skin_a.pair", "trip"): f'"{pick(11, 90) / 10} K"',
        ("channel.forward.sensor", "uncertainty"): f'"{level} dB"',
        ("channel.forward.above", "trip"): f'"{power} W"',
        ("channel.forward.above", "warn"): f'"{power / 2} W"',
        ("channel.forward.set", "trip"): f'"{share} %"',
        ("channel.forward.set", "warn"): '"1 %"',
        ("channel.forward.idle", "trip"): f'"{pick(2, 50) / 10} W"',
        ("channel.reflected.ratio", "trip"): str(swr),
        ("channel.reflected.ratio", "warn"): "1.05",
        ("channel.reflected.ratio", "floor"): f'"{pick(2, 20)} W"',
        ("channel.reflected.ratio", "directivity"): f'"{pick(20, 40)} dB"',
        ("channel.flow.sensor", "uncertainty"): f'"{pick(0, 8)} %"',
        ("channel.flow.below", "trip"): f'"{litres} L/min"',
        ("channel.flow.below", "warn"): '"3.5 L/min"',
        ("limits", "duration"): f'"{pick(1, 500)} s"',
        ("limits", "energy"): f'"{pick(100, 30000)} J"',
        ("limits", "energy_ratio"): str(1 + pick(5, 90) / 100),
        ("limits", "host"): f'"{draw(st.sampled_from(["none", "required"]))}"',
    }


def accepted(values):
    """Forward limits must leave room for the detector's uncertainty."""
    decibel = float(values["channel.forward.sensor", "uncertainty"].strip('"').split()[0])
    share = float(values["channel.forward.set", "trip"].strip('"').split()[0]) / 100
    return (1 + share) / 10 ** (decibel / 10) > 1.02


@settings(max_examples=40, deadline=None)
@given(values=files().filter(accepted))
def test_a_valid_file_survives_the_round_trip(values, tmp_path_factory):
    text = TEXT
    for (section, key), value in values.items():
        text, _ = set_key(section, key, value, text)
    path = tmp_path_factory.mktemp("limits") / "random.toml"
    path.write_text(text, encoding="utf-8")
    data = compile_limits(load(path))
    assert audit(data, path) == []


def skin_row(uncertainty, trip):
    board = read_board("rev_a")
    text, _ = set_key("channel.skin_a.sensor", "uncertainty", f'"{uncertainty} K"')
    text, _ = set_key("channel.skin_a.above", "trip", f'"{trip} degC"', text)
    text, _ = set_key("channel.skin_a.above", "warn", None, text)
    return board, text


@settings(max_examples=60, deadline=None)
@given(
    uncertainty=st.integers(0, 20),
    trip=st.integers(300, 1000),
    excess_mc=st.integers(0, 5000),
    error=st.floats(-1, 1, allow_nan=False),
)
def test_a_true_temperature_at_the_limit_always_reads_beyond_the_threshold(
    uncertainty, trip, excess_mc, error, tmp_path_factory
):
    """Whatever the sensor errs within its uncertainty: a skin at or above its limit is beyond for the kernel."""
    board, text = skin_row(uncertainty / 10, trip / 10)
    path = tmp_path_factory.mktemp("limits") / "skin.toml"
    path.write_text(text, encoding="utf-8")
    words = unpack(compile_limits(load(path)))[0]
    table = {"sensor": {"kind": "pt100", "conversion": ["1 ms", "1 ms"]}}
    row = Row("skin_a", board["channels"][0][2], 3000, table, words, K.H_ROWS)
    true_mc = trip * 100 + excess_mc
    shown_mc = true_mc + error * uncertainty * 100
    counts = [row[K.R_RAW_MIN], row[K.R_RAW_MAX]]
    while counts[1] - counts[0] > 1:  # the first count that shows at least this temperature
        middle = sum(counts) // 2
        counts = [middle, counts[1]] if row.true(middle) < shown_mc else [counts[0], middle]
    first = row[K.R_KNOTS]
    k, f = divmod(counts[1] - row[K.R_KNOTS_RAW0], 2 ** row[K.R_KNOTS_SHIFT])
    y, z = words[first + k], words[first + k + 1]
    value = y + math.floor((z - y) * f / 2 ** row[K.R_KNOTS_SHIFT])
    assert value > row[K.R_TRIP + K.ABOVE]
