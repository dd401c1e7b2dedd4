"""Instrument files: the shipped ones, one's own on top of them, and one clear line for every mistake."""

from pathlib import Path

import pytest

from sonofuse.live.generators.instrument import Instrument, InstrumentError, load, shipped

OWN = """
[instrument]
based_on = "keysight_33500"
name = "33500 and amplifier"

[level]
gain = "50 dB"
range = [0.01, 0.4]
source = "measured"
"""


def read(tmp_path: Path, text: str) -> Instrument:
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    return load(str(file))


def test_ones_own_file_over_a_shipped_one(tmp_path: Path) -> None:
    found = read(tmp_path, OWN)
    assert found.name == "33500 and amplifier" and found.off == "OUTP1 0" and found.prepare[1] == "OUTP1 0"
    assert found.timeout_s == 0.2 and found.tolerance == 0.01 and found.ends_with == "\n" and found.baud is None
    assert (found.calibration.lowest, found.calibration.highest) == (0.01, 0.4)
    assert found.calibration.points == ((0.0, 50.0),)


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_file_lacks_only_what_nobody_else_can_know(name: str, tmp_path: Path) -> None:
    with pytest.raises(InstrumentError) as caught:
        load(name)
    missing = [line.split(": ")[1] for line in str(caught.value).splitlines()]
    assert set(missing) <= {"level.gain", "instrument.identity"} and "level.gain" in missing
    identity = 'identity = ["ACME"]' if "instrument.identity" in missing else ""
    assert read(tmp_path, f'[instrument]\nbased_on = "{name}"\n{identity}\n[level]\ngain = "0 dB"\n').off


@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_of_the_documentation(number: int, tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "generators.md").read_text(encoding="utf-8")
    found = read(tmp_path, page.split("```toml\n")[1 + number].split("```")[0])
    assert found.off == "OUTP1 0" and found.identity[-1] == "Keysight Technologies,335"


def test_measured_points(tmp_path: Path) -> None:
    found = read(tmp_path, OWN.replace('gain = "50 dB"', "points = [[0.1, 1.0], [0.3, 9.0]]"))
    assert found.calibration.level(9.0) == pytest.approx(0.3)


def test_unknown_name() -> None:
    with pytest.raises(InstrumentError, match="no instrument 'keysight_3350': did you mean \"keysight_33500\""):
        load("keysight_3350")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InstrumentError, match=r"absent\.toml:1: file: cannot be read \(No such file or directory\)"):
        load(str(tmp_path / "absent.toml"))


@pytest.mark.parametrize("text", ["[instrument", "\x00", "a = 1\na = 2"])
def test_no_toml(text: str, tmp_path: Path) -> None:
    with pytest.raises(InstrumentError, match="is not TOML"):
        read(tmp_path, text)


def test_a_file_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(InstrumentError, match="larger than 256 KiB"):
        read(tmp_path, "#" * 300_000)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"keysight_33500"', '"tektronix"', "instrument.based_on = 'tektronix': no such instrument ships"),
        ('gain = "50 dB"\n', "", "level.gain: is missing; either gain"),
        ('gain = "50 dB"', 'gain = "50 dB"\npoints = [[0.1, 1.0], [0.3, 9.0]]', "and points exclude each other"),
        ('"50 dB"', '"50"', "level.gain = '50': has no unit"),
        ('"50 dB"', "50", "level.gain = 50: a quantity is text with a unit"),
        ('gain = "50 dB"', "points = [[0.1, 1.0]]", "must be pairs of a level and a power"),
        ('gain = "50 dB"', "points = [[0.1, 1.0], [0.3, 0.5]]", "must rise in level and in power"),
        ('gain = "50 dB"', "points = [[0.0, 1.0], [0.3, 2.0]]", "must rise in level and in power"),
        ('gain = "50 dB"', "points = [[0.1, nan], [0.3, 2.0]]", "must be pairs"),
        ("[0.01, 0.4]", "[0.4, 0.01]", "level.range = [0.4, 0.01]: does not rise"),
        ("[0.01, 0.4]", "0.4", "level.range = 0.4: must be a list of two numbers"),
        ("[0.01, 0.4]", "[true, 2]", "must be a list of two numbers"),
        ("[level]", "[levels]", "levels: unknown key"),
        ('source = "measured"', 'unit = "Vp"\nsource = "m"', "level.unit = 'Vp': is not one of the choices"),
        ('source = "measured"', 'source = "m"\ntolerance = "-1 %"', "level.tolerance = '-1 %': is negative"),
        ('source = "measured"', 'sauce = "m"', 'level.sauce: unknown key; did you mean "source"?'),
        ('name = "33500', 'timeout = "0 ms"\nname = "33500', "instrument.timeout = '0 ms': is too small"),
        ('name = "33500', 'identity = "Key"\nname = "33500', "instrument.identity = 'Key': must be a list of texts"),
        ('name = "33500', 'ends_with = ";"\nname = "33500', "instrument.ends_with = ';': is no end of a line"),
        ('name = "33500', 'baud = 9.6\nname = "33500', "instrument.baud = 9.6: must be a whole number"),
        ("[level]", '[commands]\nset_level = "VOLT 1"\n[level]', "commands.set_level = 'VOLT 1': must have one place"),
        ("[level]", '[commands]\nset_level = "V {level:q}"\n[level]', "must have one place for the level"),
        ("[level]", '[commands]\nset_level = "V {watts}"\n[level]', "must have one place for the level"),
        ("[level]", '[commands]\noff = ""\n[level]', "commands.off = '': must be text"),
        ("[level]", "[answers]\non = '('\n[level]", "answers.on = '(': is no regular expression"),
        ("[level]", "[answers]\nlevel = '.*'\n[level]", "answers.level = '.*': has no group"),
    ],
)
def test_one_clear_line(old: str, new: str, says: str, tmp_path: Path) -> None:
    assert OWN.count(old) == 1
    with pytest.raises(InstrumentError) as caught:
        read(tmp_path, OWN.replace(old, new))
    assert says in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "own.toml")), "which file"
