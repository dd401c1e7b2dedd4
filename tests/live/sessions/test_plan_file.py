"""Plan files: what they may hold, and one line for each problem."""

from pathlib import Path

import pytest

from sonofuse.console import BAD_INPUT, CommandError
from sonofuse.live.sessions.facts import Step
from sonofuse.live.sessions.plan_file import read_plan

GOOD = """\
[[sonication]]
region = "ilium_left"
power = "40 W"
duration = "20 s"
dose = "0.2 CEM43 min"

[[sonication]]
region = "vertebra_l3"
power = "0.05 kW"
duration = "500 ms"

[tightened]
limits = "mine.toml"
power = "60 W"
region_energy = "6 kJ"
"""


def test_a_plan(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"anything")
    path = tmp_path / "plan.toml"
    path.write_text(GOOD, encoding="utf-8")
    plan = read_plan(path)
    assert plan.steps == (Step("ilium_left", 40.0, 20.0, 0.2), Step("vertebra_l3", 50.0, 0.5, 0.0))
    assert plan.caps == {"set_w": 60.0, "region_energy_j": 6000.0}
    assert plan.limits == b"anything"
    assert plan.tightens


def test_a_plan_that_tightens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(GOOD[: GOOD.index("[tightened]")], encoding="utf-8")
    assert not read_plan(path).tightens


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('"ilium_left"', '"ilium_lft"', 2, "is no region; did you mean \"ilium_left\"?"),
        ('"ilium_left"', '"John Smith"', 2, "is no region; write a bone and its side"),
        ('region = "ilium_left"\n', "", 1, "is missing"),
        ('"40 W"', '"40 J"', 3, "the unit 'J' does not fit here"),
        ('"40 W"', "40", 3, "a quantity is text with a unit"),
        ('"40 W"', '"0 W"', 3, "must be more than zero"),
        ('"40 W"', '"-1 W"', 3, "is negative"),
        ('"40 W"', '"nan W"', 3, "does not begin with a finite decimal number"),
        ('"20 s"', '"1e999 s"', 4, "is not finite"),
        ('dose = "0.2 CEM43 min"', 'patient = "John Smith"', 5, "unknown key"),
        ('dose = "0.2 CEM43 min"', 'dose = "0.2 min"', 5, "does not fit here"),
        ('"60 W"', '"0 W"', 14, "must be more than zero"),
        ('"mine.toml"', '"gone.toml"', 13, "cannot be read (No such file or directory)"),
        ('"mine.toml"', "3", 13, "must be text"),
        ("[tightened]", "[looser]", 12, "unknown key"),
        ("[[sonication]]", "[[sonications]]", 1, "unknown key"),
        ('limits = "mine.toml"\npower = "60 W"\nregion_energy = "6 kJ"\n', "", 12, "tightens nothing"),
        ('"40 W"', '"40 W', 3, "is not TOML"),
    ],
)  # fmt: skip
def test_a_problem_is_one_line_with_its_place(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    (tmp_path / "mine.toml").write_bytes(b"anything")
    path = tmp_path / "plan.toml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CommandError) as error:
        read_plan(path)
    assert error.value.code == BAD_INPUT
    (told,) = str(error.value).splitlines()
    assert told.startswith(f"{path}:{line}: ")
    assert said in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "sonication: is missing; one or more tables [[sonication]]"),
        ("sonication = []", "must be a list of tables"),
        ("sonication = 3", "must be a list of tables"),
        ('sonication = ["40 W"]', "must be a list of tables"),
        ("[sonication]\npower = 3", "must be a list of tables"),
        (GOOD[: GOOD.index("[tightened]")] * 51, "102 sonications are too many; at most 100"),
    ],
)
def test_what_is_no_plan(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError) as error:
        read_plan(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be read \(No such file or directory\); the path of a plan file"):
        read_plan(tmp_path / "plan.toml")
