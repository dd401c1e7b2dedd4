"""Bad limits files: each is refused with file, line, key, and what would be accepted."""

from pathlib import Path

import pytest

from sonofuse.limits import SHIPPED, LimitsError, Problem, load

from .edits import TEXT, drop_section, set_key

SKIN = "channel.skin_a.above"
# (what is wrong, section, key, new value or None to delete it, named key, words of the message)
EDITS = [
    ("wrong unit", SKIN, "trip", '"41 W"', f"{SKIN}.trip", ["'W'", '"41 degC"']),
    ("wrong case of a unit", SKIN, "trip", '"41 degc"', f"{SKIN}.trip", ['did you mean "degC"?']),
    ("no unit", SKIN, "trip", '"41"', f"{SKIN}.trip", ["has no unit", '"41 degC"']),
    ("bare number", SKIN, "trip", "41", f"{SKIN}.trip", ["text with a unit", '"41 degC"']),
    ("NaN", SKIN, "trip", '"nan degC"', f"{SKIN}.trip", ["finite decimal number"]),
    ("infinity", SKIN, "trip", '"inf degC"', f"{SKIN}.trip", ["finite decimal number"]),
    ("too many digits", SKIN, "trip", '"1e999 degC"', f"{SKIN}.trip", ["is not finite"]),
    ("decimal comma", SKIN, "trip", '"41,5 degC"', f"{SKIN}.trip", ["unit", '"41 degC"']),
    ("NaN ratio", "channel.reflected.ratio", "trip", "nan", "channel.reflected.ratio.trip", ["is not finite"]),
    ("infinite ratio", "channel.reflected.ratio", "trip", "inf", "channel.reflected.ratio.trip",
     ["plain number above 1"]),
    ("ratio as text", "channel.reflected.ratio", "trip", '"2.5"', "channel.reflected.ratio.trip", ["without a unit"]),
    ("VSWR below 1", "channel.reflected.ratio", "warn", "0.5", "channel.reflected.ratio.warn", ["above 1"]),
    ("negative power", "channel.forward.above", "trip", '"-120 W"', "channel.forward.above.trip", ["is negative"]),
    ("negative uncertainty", "channel.water.sensor", "uncertainty", '"-0.5 K"', "channel.water.sensor.uncertainty",
     ["is negative", "0 or more"]),
    ("uncertainty in %", "channel.water.sensor", "uncertainty", '"2 %"', "channel.water.sensor.uncertainty",
     ['"0.5 K"']),
    ("useless detector", "channel.forward.sensor", "uncertainty", '"30 dB"', "channel.forward.sensor.uncertainty",
     ["below 10 dB"]),
    ("warn and trip swapped", SKIN, "warn", '"42 degC"', f"{SKIN}.warn", ["not before the trip limit 41", "swap them"]),
    ("swapped below", "channel.flow.below", "warn", '"0.9 L/min"', "channel.flow.below.warn", ["swap them"]),
    ("warn inside the guard band", SKIN, "warn", '"40.8 degC"', f"{SKIN}.warn", ["inside the guard band", "40.499"]),
    ("set limit inside the guard band", "channel.forward.set", "trip", '"4 %"', "channel.forward.set.trip",
     ["inside the guard band"]),
    ("VSWR that directivity hides", "channel.reflected.ratio", "trip", "1.2", "channel.reflected.ratio.trip",
     ["inside the guard band"]),
    ("beyond the sensor", SKIN, "trip", '"130 degC"', f"{SKIN}.trip", ["outside the plausible range", "119.96"]),
    ("unknown key", SKIN, "tripp", '"41 degC"', f"{SKIN}.tripp", ["unknown key", 'did you mean "trip"?']),
    ("unknown global key", "limits", "boards", '"x"', "limits.boards", ['did you mean "board"?']),
    ("unknown board", "limits", "board", '"rev_z"', "limits.board", ["no board 'rev_z'", "rev_a"]),
    ("missing board file", "limits", "board", '"nowhere.py"', "limits.board", ["nowhere.py", "cannot be read"]),
    ("host of another word", "limits", "host", '"optional"', "limits.host", ['"required" or "none"']),
    ("host as a flag", "limits", "host", "false", "limits.host", ["must be text", '"required" or "none"']),
    ("missing host", "limits", "host", None, "limits.host", ["is missing", '"required" or "none"']),
    ("missing version", "limits", "version", None, "limits.version", ["is missing"]),
    ("missing source", SKIN, "source", None, f"{SKIN}.source", ["is missing", "where this limit comes from"]),
    ("empty source", SKIN, "source", '" "', f"{SKIN}.source", ["must be text"]),
    ("missing trip", SKIN, "trip", None, f"{SKIN}.trip", ["is missing", '"41 degC"']),
    ("missing lag", "channel.flow.sensor", "lag", None, "channel.flow.sensor.lag", ["is missing", '"21 ms"']),
    ("unknown hazard", SKIN, "hazard", '"H11"', f"{SKIN}.hazard", ["'H11' is no hazard", "did you mean"]),
    ("zero debounce", SKIN, "debounce", '"0 samples"', f"{SKIN}.debounce", ["more than zero", '"2 samples"']),
    ("zero time of debounce", SKIN, "debounce", '"0 ms"', f"{SKIN}.debounce", ["more than zero"]),
    ("half a sample", SKIN, "debounce", '"1.5 samples"', f"{SKIN}.debounce", ["whole number of conversions"]),
    ("receipt too long", "limits", "receipt", '"2 s"', "limits.receipt",
     ["60 ms to 1200 ms"]),
    ("debounce of a dose", "channel.skin_a.dose", "debounce", '"2 samples"', "channel.skin_a.dose.debounce",
     ["unknown key"]),
    ("too slow for its hazard", SKIN, "debounce", '"1 s"', f"{SKIN}.max_reaction",
     ["takes longer", "shorter debounce"]),
    ("deadline before the tick", "limits", "deadline", '"0.5 ms"', "limits.deadline", ["shorter than a tick", "1 ms"]),
    ("deadline beyond the token", "limits", "deadline", '"2.1 ms"', "limits.deadline", ["token lives", "2 ms or less"]),
    ("settled too late to notice", "limits", "settle", '"31 ms"', "limits.settle", ["too long", "less than 31 ms"]),
    ("settled before the cut-off", "limits", "settle", '"10 ms"', "limits.settle", ["cut-off", "11 ms"]),
    ("zero tick", "limits", "tick", '"0 ms"', "limits.tick", ["is too small"]),
    ("duration beyond the counter", "limits", "duration", '"10 min"', "limits.duration", ["536 s"]),
    ("energy beyond the counter", "limits", "energy", '"40 kJ"', "limits.energy", ["less than 35 kJ"]),
    ("energy ratio of a quantity", "limits", "energy_ratio", "2.5", "limits.energy_ratio", ["from 1.0 to below 2.0"]),
    ("stale beyond the counter", "channel.skin_a.stale", "trip", '"0.6 s"', "channel.skin_a.stale.trip",
     ["524.288 ms"]),
    ("stale at the counter's top", "channel.skin_a.stale", "trip", '"524288 us"', "channel.skin_a.stale.trip",
     ["less than 524.288 ms"]),
    ("stale within a conversion", "channel.skin_a.stale", "trip", '"20 ms"', "channel.skin_a.stale.trip",
     ["23 ms or more"]),
    ("stale that loses energy", "channel.forward.stale", "trip", '"20 ms"', "channel.forward.stale.trip",
     ["16.384 ms"]),
    ("stuck without noise", "channel.skin_a.sensor", "noise", '"1 count"', "channel.skin_a.stuck",
     ["noise above 1 count"]),
    ("stuck beyond the counter", "channel.forward.stuck", "trip", '"20 min"', "channel.forward.stuck.trip",
     ["can never be reached"]),
    ("rise beyond the range", "channel.skin_a.rise", "trip", '"1000 K/s"', "channel.skin_a.rise.trip",
     ["can never be reached"]),
    ("rise while off beyond the range", "channel.skin_a.rise_off", "trip", '"1000 K/s"',
     "channel.skin_a.rise_off.trip", ["can never be reached"]),
    ("pair beyond the range", "channel.skin_a.pair", "trip", '"131 K"', "channel.skin_a.pair.trip",
     ["can never be reached"]),
    ("floor beyond the range", "channel.reflected.ratio", "floor", '"900 W"', "channel.reflected.ratio.floor",
     ["can never be reached"]),
    ("conversion as one value", "channel.flow.sensor", "conversion", '"100 ms"', "channel.flow.sensor.conversion",
     ["list of two"]),
    ("conversion the wrong way round", "channel.flow.sensor", "conversion", '["101 ms", "99 ms"]',
     "channel.flow.sensor.conversion", ["[shortest, longest]"]),
    ("conversion of no time", "channel.flow.sensor", "conversion", '["0 ms", "99 ms"]',
     "channel.flow.sensor.conversion",
     ["is too small"]),
    ("range the wrong way round", "channel.flow.sensor", "range", '["4 L/min", "0 L/min"]', "channel.flow.sensor.range",
     ["lower bound first"]),
    ("range without a count", "channel.flow.sensor", "range", '["0.001 L/min", "0.002 L/min"]',
     "channel.flow.sensor.range", ["no count of the converter"]),
    ("range without a count, of a partner", "channel.forward.sensor", "range", '["1e300 V", "1e301 V"]',
     "channel.forward.sensor.range", ["no count of the converter"]),
    ("sensor of another kind", "channel.flow.sensor", "kind", '"pt100"', "channel.flow.sensor.kind",
     ["'pulses'", "flow"]),
    ("unknown kind", "channel.flow.sensor", "kind", '"flwo"', "channel.flow.sensor.kind", ['did you mean "flow"?']),
    ("pair with nobody", "channel.skin_a.pair", "with", '"skin_c"', "channel.skin_a.pair.with",
     ['did you mean "skin_b"?']),
    ("pair with itself", "channel.skin_a.pair", "with", '"skin_a"', "channel.skin_a.pair.with",
     ["no such other channel"]),
    ("pair of unlike channels", "channel.skin_a.pair", "with", '"flow"', "channel.skin_a.pair", ["something else"]),
    ("window of two", "channel.skin_a", "rise_window", "2", "channel.skin_a.rise_window", ["3 to 16"]),
    ("window of seventeen", "channel.skin_a", "rise_window", "17", "channel.skin_a.rise_window", ["3 to 16"]),
    ("window as text", "channel.skin_a", "rise_window", '"8"', "channel.skin_a.rise_window", ["whole number"]),
    ("energy as text", "channel.forward", "energy", '"yes"', "channel.forward.energy", ["without quotes"]),
    ("contact with a quantity", "channel.stop_loop.below", "trip", '"0 V"', "channel.stop_loop.below.trip", ['"open"']),
    ("overflow", "channel.forward.sensor", "range", '["0.15 V", "2.45 V"]', "channel.forward.sensor.range",
     ["overflow: set or ratio", "narrower range"]),
    ("overflow of the reading", "channel.reflected.sensor", "range", '["0.15 V", "2.9 V"]',
     "channel.reflected.sensor.range", ["overflow", "narrower range"]),
    ("text for a table", "limits", "source", "[1]", "limits.source", ["must be text"]),
]  # fmt: skip


def problems_of(tmp_path: Path, text: str | bytes) -> tuple[str, list[Problem]]:
    path = tmp_path / "bad.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(LimitsError) as caught:
        load(path)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return str(path), caught.value.problems


@pytest.mark.parametrize(
    ("section", "key", "value", "named", "words"), [edit[1:] for edit in EDITS], ids=[edit[0] for edit in EDITS]
)
def test_names_file_line_key_and_what_is_accepted(tmp_path, section, key, value, named, words):
    text, line = set_key(section, key, value)
    file, problems = problems_of(tmp_path, text)
    problem = next((problem for problem in problems if problem.key == named), None)
    assert problem is not None, f"{named} is not among {[str(problem) for problem in problems]}"
    expected = line if named == f"{section}.{key}" else _line_of(text, named)
    assert (problem.file, problem.line) == (file, expected)
    assert str(problem).startswith(f"{file}:{expected}: {named}")
    for word in words:
        assert word in str(problem)


def _line_of(text: str, named: str) -> int:
    """The line of a key, or of the section that it names."""
    lines = text.split("\n")
    if f"[{named}]" in lines:
        return lines.index(f"[{named}]") + 1
    section, key = named.rsplit(".", 1)
    start = lines.index(f"[{section}]")
    return next(at for at in range(start, len(lines)) if lines[at].startswith(f"{key} =")) + 1


@pytest.mark.parametrize("edit", EDITS, ids=[edit[0] for edit in EDITS])
def test_one_mistake_is_not_reported_as_many(tmp_path, edit):
    _, problems = problems_of(tmp_path, set_key(edit[1], edit[2], edit[3])[0])
    part = ".".join(edit[1].split(".")[:2])
    assert [str(problem) for problem in problems if not problem.key.startswith(part)] == []
    assert len(problems) <= 2


WHOLE = [
    ("empty", b"", 1, "file", "is empty"),
    ("blank", b"\n \n", 1, "file", "is empty"),
    ("not UTF-8", TEXT.encode() + b"\n# \xff", TEXT.count("\n") + 2, "file", "not UTF-8"),
    ("not TOML", TEXT + "\nthis is not TOML\n", TEXT.count("\n") + 2, "this is not TOML", "is not TOML"),
    ("open quote", TEXT + '\n[x]\ny = "abc\n', TEXT.count("\n") + 3, "y", "is not TOML"),
    ("duplicate table", TEXT + "\n[limits]\n", TEXT.count("\n") + 2, "limits", "is given twice"),
    ("another top table", TEXT + "\n[chanel]\n", TEXT.count("\n") + 2, "chanel", 'did you mean "channel"?'),
    ("no channels", "[limits]\n[cutoff]\n", 1, "channel", "[channel.NAME]"),
    (
        "a channel that is text",
        drop_section("limits") + "\n[limits]\nboard = 3\n",
        None,
        "limits.board",
        "must be text",
    ),
    ("too large", b"#" * (1 << 20) + b"\n", 1, "file", "1 MiB"),
    ("nested without end", b"a = " + b"[" * 100_000, 1, "a", "is not TOML"),
]


@pytest.mark.parametrize(("content", "line", "key", "words"), [case[1:] for case in WHOLE], ids=[c[0] for c in WHOLE])
def test_files_that_are_no_limits_file(tmp_path, content, line, key, words):
    file, problems = problems_of(tmp_path, content)
    problem = next(problem for problem in problems if problem.key == key)
    assert words in str(problem)
    assert problem.file == file
    assert problem.line == line or line is None


def test_a_duplicate_key_is_named_with_its_second_line(tmp_path):
    text, line = set_key(SKIN, "trip", '"41 degC"\ntrip = "45 degC"')
    _, problems = problems_of(tmp_path, text)
    assert [(problem.line, problem.key) for problem in problems] == [(line + 1, "trip")]
    assert "given twice" in str(problems[0])


def test_a_missing_file(tmp_path):
    with pytest.raises(LimitsError, match="cannot be read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ("channel.flow.sensor", "channel.flow.sensor"),
        ("channel.flow.range", "channel.flow.range"),
        ("channel.flow.stale", "channel.flow.stale"),
        ("cutoff", "cutoff"),
        ("limits", "limits"),
        ("channel.forward.above", "channel.forward.energy"),
    ],
)
def test_a_missing_section(tmp_path, section, named):
    _, problems = problems_of(tmp_path, drop_section(section))
    assert named in [problem.key for problem in problems]


def test_a_missing_channel(tmp_path):
    text = TEXT
    for part in ("sensor", "range", "stale", "below"):
        text = drop_section(f"channel.supply.{part}", text)
    _, problems = problems_of(tmp_path, text)
    assert [problem.key for problem in problems] == ["channel.supply"]
    assert "add [channel.supply]" in str(problems[0])


def test_a_channel_that_the_board_lacks(tmp_path):
    _, problems = problems_of(tmp_path, TEXT.replace("[channel.supply.", "[channel.suply."))
    assert any(problem.key == "channel.suply" and 'did you mean "supply"?' in str(problem) for problem in problems)


def test_two_energy_channels(tmp_path):
    _, problems = problems_of(tmp_path, set_key("channel.reflected.sensor", "kind", '"ad8307"')[0].replace(
        "[channel.reflected.sensor]", "[channel.reflected]\nenergy = true\n\n[channel.reflected.sensor]"))  # fmt: skip
    assert any("one channel must count energy" in str(problem) for problem in problems)


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("channel.flow.rise", "a flow channel has no such check"),
        ("channel.water.set", "a temperature channel has no such check"),
        ("channel.supply.above", "a contact channel has no such check"),
    ],
)
def test_a_check_that_does_not_fit_the_channel(tmp_path, section, text):
    _, problems = problems_of(tmp_path, f'{TEXT}\n[{section}]\ntrip = "1 K/s"\n')
    assert any(problem.key == section and text in str(problem) for problem in problems)


def test_all_problems_of_a_file_come_together_in_the_order_of_lines(tmp_path):
    text = TEXT
    for section, key, value in (
        ("limits", "host", '"maybe"'), (SKIN, "trip", '"41 W"'), ("channel.skin_a.rise", "warn", '"4 K/s"'),
        ("channel.flow.below", "trip", "1.0"), ("channel.supply.stale", "hazard", '"H99"'),
    ):  # fmt: skip
        text, _ = set_key(section, key, value, text)
    _, problems = problems_of(tmp_path, text)
    assert [problem.key for problem in problems] == [
        "limits.host", f"{SKIN}.trip", "channel.skin_a.rise.warn", "channel.flow.below.trip",
        "channel.supply.stale.hazard",
    ]  # fmt: skip


def test_the_shipped_file_itself_is_good():
    assert load(SHIPPED).name == "bone_metastasis"
