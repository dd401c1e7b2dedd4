"""Recordings built from formulas: the device has to trip when an oracle in physical units says so."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from sonofuse.board import load_board
from sonofuse_hil.playback import Played, run_recording
from sonofuse_hil.recording import RecordingError, read_recording
from tests.quick import quick_limits

from . import oracle

Signal = Callable[[float], float]
STEP_S = 0.05  # between the rows
COLUMNS = {"skin_a": "T1", "skin_b": "T2", "forward": "P", "reflected": "R", "flow": "Q"}
CALM: dict[str, Signal] = {
    "skin_a": lambda t: 26 + 0.2 * t,
    "skin_b": lambda t: 25.5 + 0.2 * t,
    "forward": lambda t: 60.0,
}


def write(
    path: Path,
    signals: dict[str, Signal],
    duration_s: float,
    step_s: float = STEP_S,
    skip: tuple[float, float] = (0, 0),
) -> str:
    """A CSV of the signals; returns its mapping. Rows between the two times of `skip` are left out; NaN is empty."""
    lines = ["Time," + ",".join(COLUMNS[name] for name in signals)]
    for n in range(round(duration_s / step_s) + 1):
        t = n * step_s
        if not skip[0] < t < skip[1]:
            cells = ["" if math.isnan(value := signal(t)) else f"{value:.4f}" for signal in signals.values()]
            lines.append(f"{t:.4f}," + ",".join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "time=Time[s]," + ",".join(f"{name}={COLUMNS[name]}" for name in signals)


def play(
    folder: Path, signals: dict[str, Signal], duration_s: float, **options: float
) -> tuple[Played, oracle.Verdict]:
    path, limits = folder / "recording.csv", quick_limits(folder)
    mapping = write(path, signals, duration_s)
    played = run_recording(path, mapping, limits, set_power_w=60.0, **options)
    return played, oracle.judge(limits, held(signals), 60.0, duration_s)


def held(signals: dict[str, Signal], start_s: float = 0.0) -> dict[str, Signal]:
    """What a player shows that holds each row: the oracle sees that too."""
    return {
        name: lambda t, s=signal: s(start_s + math.floor(t / STEP_S + 1e-6) * STEP_S)
        for name, signal in signals.items()
    }


CASES: dict[str, tuple[dict[str, Signal], str]] = {
    "hot skin": ({"skin_a": lambda t: 32 + 0.9 * t, "skin_b": lambda t: 31.8 + 0.9 * t}, "skin_a above"),
    "fast skin": ({"skin_b": lambda t: 25.5 + max(0.0, t - 3) * 8}, "skin_b rise"),
    "drift apart": ({"skin_b": lambda t: 25.5 - 0.8 * t}, "skin_a pair"),
    "overpower": ({"forward": lambda t: 60.0 if t < 2.5 else 80.0}, "forward set"),
    "too much in all": ({"forward": lambda t: 67.5}, "monitor energy"),
    "lost coupling": ({"reflected": lambda t: 1.0 if t < 4 else 24.0}, "reflected ratio"),
    "broken sensor": ({"skin_b": lambda t: math.nan if t > 3.0 else 26 + 0.2 * t}, "skin_b range"),
    "dead detector": ({"forward": lambda t: math.nan if t > 3.0 else 60.0}, "forward range"),
    "flow": ({"flow": lambda t: 2.0 if t < 2 else 0.4}, "flow below"),
}


@pytest.mark.parametrize("name", CASES)
def test_trips_when_the_oracle_says(name: str, tmp_path: Path) -> None:
    changes, cause = CASES[name]
    played, verdict = play(tmp_path, {**CALM, **changes}, 12.0)
    assert verdict.must_s < 12.1, "the case has to trip, or it says nothing"
    assert played.trip_us is not None, played.seen
    assert verdict.may_s <= played.trip_us * 1e-6 <= verdict.must_s, (played.seen, verdict)
    assert played.seen.startswith(f"trip by {cause}:"), played.seen
    assert played.rf_off_us is not None
    assert played.rf_off_us <= played.trip_us + 15_000  # pump and relay


def test_calm_recording_does_not_trip(tmp_path: Path) -> None:
    played, verdict = play(tmp_path, CALM, 12.0)
    assert verdict == oracle.Verdict(math.inf, math.inf)
    assert (played.armed, played.seen, played.trip_us, played.run.done) == (True, "no trip", None, 1)


def test_gap_counts_as_broken(tmp_path: Path) -> None:
    path = tmp_path / "gap.csv"
    steady: dict[str, Signal] = {"skin_a": lambda t: 26.0, "skin_b": lambda t: 26.5, "forward": lambda t: 60.0}
    mapping = write(path, steady, 8.0, skip=(3.0, 6.0))
    played = run_recording(path, mapping, quick_limits(tmp_path), gap_s=1.0)
    assert played.trip_us is not None
    assert 4.0e6 <= played.trip_us <= 4.1e6
    assert " range" in played.seen
    assert run_recording(path, mapping, quick_limits(tmp_path), gap_s=4.0).trip_us is None


def test_part_and_straight_lines(tmp_path: Path) -> None:
    path = tmp_path / "slow.csv"
    signals: dict[str, Signal] = {**CALM, "skin_a": lambda t: 35 + 0.25 * t, "skin_b": lambda t: 35 + 0.25 * t}
    mapping = write(path, signals, 60.0, step_s=4.0)  # held, every row is a step of 1 K
    played = run_recording(path, mapping, quick_limits(tmp_path), gap_s=5, start_s=12.0, duration_s=16.0, straight=True)
    verdict = oracle.judge(
        quick_limits(tmp_path), {n: lambda t, s=s: s(t + 12) for n, s in signals.items()}, 60.0, 16.0
    )
    assert played.trip_us is not None
    assert verdict.may_s <= played.trip_us * 1e-6 <= verdict.must_s
    assert "above" in played.seen
    held = run_recording(path, mapping, quick_limits(tmp_path), gap_s=5, start_s=12.0, duration_s=16.0)
    assert "rise" in held.seen


def test_without_forward_column_the_generator_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    mapping = write(path, {"skin_a": CALM["skin_a"], "skin_b": CALM["skin_b"]}, 3.0)
    played = run_recording(path, mapping, quick_limits(tmp_path), set_power_w=30.0)
    assert max(played.run.samples.curves["forward"]) == 30.0
    assert played.seen == "no trip"
    with pytest.raises(RecordingError, match="give a set power above 0 W"):
        run_recording(path, mapping, quick_limits(tmp_path))


def test_a_set_power_that_the_limits_do_not_arm_is_refused_before_the_run(tmp_path: Path) -> None:
    path = tmp_path / "cool.csv"
    mapping = write(path, {"skin_a": CALM["skin_a"]}, 1.0)
    with pytest.raises(RecordingError, match=r"300 W: the limits arm 109\.23 W at most"):
        run_recording(path, mapping, quick_limits(tmp_path), set_power_w=300.0)


def test_a_sensor_that_is_broken_from_the_start_never_arms(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    mapping = write(path, {**CALM, "skin_a": lambda t: math.nan}, 3.0)
    played = run_recording(path, mapping, quick_limits(tmp_path))
    assert not played.armed
    assert played.seen.startswith("RF was never permitted")


def test_units_and_separators(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\ufeff# a note\nt [ms];P\n0;60000\n\n500;61000\n", encoding="utf-8")
    recording = read_recording(path, {"time": "t [ms]", "forward": "P[mW]"}, load_board("rev_a"), power_scale=2.0)
    assert recording.t_s.tolist() == [0.0, 0.5]
    assert recording.values["forward"].tolist() == [120.0, 122.0]


ROWS = "Time,T1,P\n0,25,60\n1,26,60\n2,27,60\n"
MAPPING = "time=Time,skin_a=T1,forward=P"
BAD = [
    ("", MAPPING, "is empty"),
    ("# only a note\n", MAPPING, "is empty"),
    ("Time,T1,P\n", MAPPING, "has 0 row"),
    (ROWS, "time=Tme,skin_a=T1", r":1: no column 'Tme': did you mean \"Time\"\?"),
    (ROWS, "time=Time,skin_q=T1", r"'skin_q' is no channel .* did you mean"),
    (ROWS, "time=Time", "time and at least one channel"),
    (ROWS, "skin_a=T1", "time and at least one channel"),
    (ROWS, "time=Time,skin_a=", "skin_a has no column"),
    (ROWS, "time=Time,forward=P[degC]", "unit 'degC' does not fit power"),
    (ROWS.replace("2,27", "1,27"), MAPPING, r":4: Time does not rise"),
    (ROWS.replace("1,26", "5,26"), MAPPING, r":4: Time does not rise"),
    (ROWS.replace("1,26", ",26"), MAPPING, r":3: Time is empty"),
    (ROWS.replace("1,26", "nan,26"), MAPPING, r":3: Time is empty"),
    (ROWS.replace("26,60", "26,-1"), MAPPING, r":3: forward = -1 is outside 0"),
    (ROWS.replace("26,60", "26,inf"), MAPPING, r":3: forward = inf is outside"),
    (ROWS.replace("26,60", "999,60"), MAPPING, r":3: skin_a = 999 is outside -200 to 850 degC"),
    (ROWS.replace("26,60", "warm,60"), MAPPING, r":3: T1 = 'warm' is not a number"),
    (ROWS + "50,27,60\n", MAPPING, "limits allow 40 s"),
]


@pytest.mark.parametrize(("text", "mapping", "message"), BAD)
def test_bad_recording_is_one_clear_line(text: str, mapping: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError, match=message) as raised:
        run_recording(path, mapping, quick_limits(tmp_path), gap_s=100.0)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"start_s": 9.0}, "no rows from 9 s on"), ({"gap_s": 0.0}, "above 0"), ({"power_scale": math.nan}, "above 0")],
)
def test_bad_options(options: dict[str, float], message: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(ROWS, encoding="utf-8")
    with pytest.raises(RecordingError, match=message):
        run_recording(path, MAPPING, quick_limits(tmp_path), **options)


def test_missing_or_binary_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be read"):
        read_recording(tmp_path / "none.csv", MAPPING, load_board("rev_a"))
    (tmp_path / "b.csv").write_bytes(b"Time,\xff\n")
    with pytest.raises(RecordingError, match="not UTF-8"):
        read_recording(tmp_path / "b.csv", MAPPING, load_board("rev_a"))
