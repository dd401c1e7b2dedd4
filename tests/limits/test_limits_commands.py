"""Check, compare and build as the command line calls them, and what became looser."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from sonofuse.limits import SHIPPED, commands, compile_limits, load
from sonofuse.limits.diff import diff

from .edits import drop_section, set_key

LOOSER = [
    ("channel.skin_a.above", "trip", '"42 degC"', "skin_a.above.threshold"),
    ("channel.skin_a.sensor", "uncertainty", '"0.1 K"', "skin_a.above.threshold"),
    ("channel.flow.below", "trip", '"0.9 L/min"', "flow.below.threshold"),
    ("channel.water.below", "warn", '"14 degC"', "water.below.warn"),
    ("channel.skin_a.above", "debounce", '"3 samples"', "skin_a.above.debounce"),
    ("channel.skin_a.sensor", "range", '["-10 degC", "130 degC"]', "skin_a.sensor.highest"),
    ("channel.skin_a.sensor", "range", '["-20 degC", "120 degC"]', "skin_a.sensor.lowest"),
    ("limits", "energy", '"3500 J"', "energy_j"),
    ("limits", "cooling_gap", '"50 s"', "cooling_gap_s"),
    ("channel.reflected.ratio", "floor", '"6 W"', "reflected.ratio.floor"),
    ("channel.reflected.ratio", "directivity", '"25 dB"', "reflected.ratio.threshold"),
]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "new.toml"
    path.write_text(text, encoding="utf-8")
    return path


def direction(changes, key):
    return next(change.direction for change in changes if change.key == key)


@pytest.mark.parametrize(("section", "key", "value", "named"), LOOSER)
def test_what_became_looser_comes_first_and_back_is_tighter(tmp_path, section, key, value, named):
    new = load(written(tmp_path, set_key(section, key, value)[0]))
    old = load(SHIPPED)
    assert direction(diff(old, new), named) == "looser"
    assert diff(old, new)[0].direction == "looser"
    assert direction(diff(new, old), named) == "tighter"


def test_a_host_that_is_required_is_tighter():
    required = load(SHIPPED)
    alone = replace(required, host_required=False)
    assert [(c.key, c.direction) for c in diff(alone, required)] == [("host", "tighter")]
    assert [(c.key, c.direction) for c in diff(required, alone)] == [("host", "looser")]


def test_a_check_that_went_is_looser(tmp_path):
    path = written(tmp_path, drop_section("channel.skin_a.rise"))
    changes = diff(load(SHIPPED), load(path))
    assert {change.direction for change in changes} == {"looser"}
    assert ("skin_a.rise.threshold", "absent") in [(change.key, change.new) for change in changes]
    out = StringIO()
    assert commands.compare(SHIPPED, path, out) == commands.NOT_MET
    assert out.getvalue().splitlines()[1].startswith("looser")


def test_the_same_file_has_no_difference():
    out = StringIO()
    assert commands.compare(SHIPPED, SHIPPED, out) == commands.OK
    assert out.getvalue() == "no difference\n"


def test_check_in_text_and_json():
    text, data = StringIO(), StringIO()
    assert commands.check(SHIPPED, text) == commands.OK
    assert commands.check(SHIPPED, data, as_json=True) == commands.OK
    assert "H10 cavitation: not covered" in text.getvalue()
    assert json.loads(data.getvalue())["board"] == "rev_a"


def test_check_of_a_bad_file(tmp_path):
    bad = written(tmp_path, set_key("limits", "host", '"maybe"')[0])
    text, data = StringIO(), StringIO()
    assert commands.check(bad, text) == commands.UNUSABLE
    assert text.getvalue().startswith(f"{bad}:9: limits.host = 'maybe'")
    assert commands.check(bad, data, as_json=True) == commands.UNUSABLE
    assert json.loads(data.getvalue())["problems"][0]["key"] == "limits.host"
    assert commands.compare(SHIPPED, bad, StringIO()) == commands.UNUSABLE


def test_check_of_limits_that_come_too_late(tmp_path):
    text, _ = set_key("channel.stop_loop.below", "debounce", '"90 ms"')
    text, _ = set_key("channel.stop_loop.below", "max_reaction", '"200 ms"', text)
    assert commands.check(written(tmp_path, text), StringIO()) == commands.NOT_MET


def test_build_writes_the_set_and_its_words(tmp_path):
    out = StringIO()
    assert commands.build(SHIPPED, tmp_path / "build", out) == commands.OK
    packed = compile_limits(load(SHIPPED))
    assert (tmp_path / "build" / "limits.bin").read_bytes() == packed
    words = json.loads((tmp_path / "build" / "limits.json").read_text())
    assert words["channels"]["skin_a"]["R_TRIP"]["above"] == 40499
    assert words["header"]["H_WORDS"] * 4 + 36 == len(packed)
    assert packed[-32:].hex() in out.getvalue()
    assert sorted(path.name for path in (tmp_path / "build").iterdir()) == ["limits.bin", "limits.json"]


def test_a_bad_file_builds_nothing(tmp_path):
    bad = written(tmp_path, "")
    assert commands.build(bad, tmp_path / "build", StringIO()) == commands.UNUSABLE
    assert not (tmp_path / "build").exists()


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    target = tmp_path / "limits.bin"
    target.write_bytes(b"old")

    def broken(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(commands.os, "fsync", broken)
    with pytest.raises(OSError, match="No space"):
        commands.write_atomically(target, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["limits.bin"]
    assert target.read_bytes() == b"old"
    out = StringIO()
    assert commands.build(SHIPPED, tmp_path, out) == commands.UNWRITABLE
    assert "No space left on device" in out.getvalue()
