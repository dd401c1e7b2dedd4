"""--board and --limits as a person gives them: another board beside the limits, and a whole other device."""

import pytest

from sonofuse.board import BOARDS
from sonofuse.image import manifest

from .command import sonofuse

MOVED = (
    (BOARDS / "rev_a.py")
    .read_text(encoding="utf-8")
    .replace('"rev_a"', '"mine"')
    .replace('"permit": 2', '"permit": 13')
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.py").write_text(MOVED, encoding="utf-8")
    return tmp_path


def test_check_and_build_take_the_board_that_is_given(folder):
    named = sonofuse(folder, "check", "bone_metastasis", "--json").data
    given = sonofuse(folder, "check", "bone_metastasis", "--board", "mine.py", "--json").data
    assert (named["board"], given["board"]) == ("rev_a", "mine")
    assert named["digest"] != given["digest"]
    ended = sonofuse(folder, "build", "bone_metastasis", "--board", "mine.py", "-o", "out", "--json")
    assert ended.code == 0
    assert ended.data["sha256"] == given["digest"]
    made = manifest.read((folder / "out" / "manifest.txt").read_bytes())
    assert (made.board, made.pins) == ("mine", (14, 13, 3))
    assert sonofuse(folder, "check", "bone_metastasis", "--diff", "bone_metastasis", "--board", "mine.py").code == 0


def test_a_run_takes_both_and_says_so_in_its_command(folder):
    ended = sonofuse(folder, "hil", "run", "sensor_open", "--board", "mine.py", "--json", "--report", "report.html")
    assert (ended.code, ended.data["passed"]) == (0, True)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "sonofuse hil run sensor_open --board mine.py" in page
    assert "board mine, host required" in page
    ended = sonofuse(folder, "hil", "run", "sensor_open", "--limits", "mini_ntc", "--json", "--report", "report.html")
    assert (ended.code, ended.data["passed"]) == (0, True)
    assert "skin_left range" in ended.data["cases"][0]["seen"]


@pytest.mark.parametrize("verb", [("check", "bone_metastasis"), ("build", "bone_metastasis", "-o", "out")])
def test_a_board_with_other_channels_is_one_line(verb, folder):
    ended = sonofuse(folder, *verb, "--board", "mini_ntc")
    assert (ended.code, ended.out) == (2, "")
    line, count = ended.err.splitlines()
    assert "the board 'mini_ntc' has other channels: it lacks forward, reference" in line
    assert count == "1 problem(s): the file is not usable"
    assert not (folder / "out").exists()


@pytest.mark.parametrize("verb", [("run", "nominal"), ("demo",)])
def test_neither_does_a_scenario_run_on_one(verb, folder):
    ended = sonofuse(folder, "hil", *verb, "--board", "mini_ntc")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert "it lacks forward, reference" in ended.err


@pytest.mark.parametrize("verb", [("check", "mini_ntc"), ("hil", "run", "nominal"), ("hil", "demo"), ("hil", "list")])
def test_a_board_that_is_none(verb, folder):
    ended = sonofuse(folder, *verb, "--board", "mini_nct")
    assert (ended.code, ended.out) == (2, "")
    assert "no board 'mini_nct': the shipped boards are mini_ntc, rev_a" in ended.err
    (folder / "half.py").write_text(MOVED.replace('"service": 14,', ""), encoding="utf-8")
    ended = sonofuse(folder, *verb, "--board", "half.py")
    assert ended.err == "sonofuse: half.py: pins: 'service' is missing\n"


def test_what_a_board_has_no_signal_for(folder):
    listed = {
        fault["name"]: fault["not_covered"]
        for fault in sonofuse(folder, "hil", "list", "--board", "mini_ntc", "--json").data["faults"]
    }
    assert listed["overpower"] == listed["patient_stop"] == []
    assert listed["blocked_bus"] == ["not covered: board mini_ntc has no max31865"]
    assert listed["sensor_open"] == ["not covered: board mini_ntc has no signal for 'water'"]
    assert "not covered: no part of skin_left on board mini_ntc can break so" in listed["sensor_silent"]
    whole = {
        fault["name"]: fault["not_covered"]
        for fault in sonofuse(folder, "hil", "list", "--board", "rev_a", "--json").data["faults"]
    }
    assert not any(whole.values())
    text = sonofuse(folder, "check", "mini_ntc").out
    assert "H10 cavitation: not covered" in text


def test_a_scenario_with_a_fault_that_the_board_cannot_show(folder):
    scenario = """
title = "the water sensor breaks"
description = "On a board without one."
limits = "mini_ntc"
cooling_gap = "1 s"
plan = [{power = "20 W", duration = "1 s"}]
[[event]]
after_rf = "0.5 s"
fault = "sensor_open"
channel = "water"
[expect]
end = "trip"
causes = ["housing range"]
within = "100 ms"
"""
    (folder / "water.toml").write_text(scenario, encoding="utf-8")
    ended = sonofuse(folder, "hil", "run", "water.toml")
    assert ended.code == 2
    assert "channel = 'water': not covered: board mini_ntc has no signal for 'water'" in ended.err
    (folder / "never.toml").write_text(scenario.replace('"water"', '"skin_a"').replace("housing range", "housing rise"))
    assert "'housing rise' is no check of these limits" in sonofuse(folder, "hil", "run", "never.toml").err


def test_limits_without_any_check_that_a_scenario_expects(folder):
    (folder / "vswr.toml").write_text(
        """
title = "reflected power"
description = "Which the second board does not measure."
limits = "bone_metastasis"
plan = [{power = "20 W", duration = "1 s"}]
[expect]
end = "trip"
causes = ["reflected ratio"]
within = "100 ms"
from = "rf"
""",
        encoding="utf-8",
    )
    ended = sonofuse(folder, "hil", "run", "vswr.toml", "--limits", "mini_ntc")
    assert ended.code == 2
    assert "not covered: mini_ntc for board mini_ntc has none of these checks" in ended.err
