"""What the generator and the device can disagree on, and for how long they may."""

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sonofuse
from sonofuse.limits.model import LimitsFile
from sonofuse.limits.read import load
from sonofuse.live.generators.disagreement import LASTING_S, Agreement, disagreements
from sonofuse.live.generators.state import GeneratorState
from sonofuse.live.view import CONNECTED, JOINING, SILENT, Reading, View

SHARE, IDLE_W, SET_W = 0.2, 0.5, 40.0
ON_SILENT = "the generator's output is on while RF is not permitted (silent)"
PICTURE_S = 1 / 16  # exact in floating point


@cache
def limits(name: str = "bone_metastasis") -> LimitsFile:
    return load(Path(sonofuse.__file__).parent / "data" / f"{name}.toml")


def view(state: str, forward_w: float | None, t_s: float = 0.0, link: str = CONNECTED, set_w: float = SET_W) -> View:
    forward = Reading("forward", "forward", "power", "W", forward_w, None, None, None, "", False)
    readings = (forward,) if forward_w is not None else (replace(forward, value=None),)
    return View(
        t_s,
        link,
        "",
        "",
        state,
        0,
        "",
        False,
        readings,
        (),
        set_w,
        20.0,
        1.0,
        None,
        0.0,
        0.25,
        "device",
        "limits",
        None,
    )


def generator(output: bool | None, set_w: float | None = SET_W, trouble: str = "") -> GeneratorState:
    ready = output is not False or set_w is not None
    return GeneratorState(True, "fake", set_w, output, ready, 0.01, False, trouble, 0.05)


def kinds(of: View, state: GeneratorState) -> set[str]:
    return {kind for kind, _ in disagreements(of, state, SHARE, IDLE_W)}


@pytest.mark.parametrize(
    ("of", "state", "expected"),
    [
        (view("ON", 40.0), generator(True), set()),
        (view("ON", 0.02), generator(False), set()),  # not on yet
        (view("ARMED", 0.02), generator(False), set()),
        (view("SAFE", 0.02), generator(False, None), set()),
        (view("TRIPPED", 0.02), generator(False, None), set()),
        (view("SAFE", 0.6), generator(False, None), {"coupler"}),
        (view("ON", 30.0), generator(False), {"coupler"}),
        (view("SAFE", math.nan), generator(False, None), {"coupler"}),
        (view("SAFE", 0.0), generator(True), {"permit"}),
        (view("TRIPPED", 0.0), generator(True), {"permit"}),
        (view("ARMED", 0.0), generator(True), {"permit"}),
        (view("", None), generator(True), {"permit"}),
        (view("ON", 40.0, link=SILENT), generator(True), {"permit"}),
        (view("ON", 40.0, link=JOINING), generator(True), {"permit"}),
        (view("ARMED", 0.0), generator(False, 40.5), {"set point"}),
        (view("ON", 40.0), generator(True, 39.5), {"set point"}),
        (view("ON", 40.0), generator(True, math.nan), {"set point"}),
        (view("SAFE", 0.0, set_w=0.0), generator(False, 40.0), set()),  # nothing is frozen
        (view("ON", 48.1), generator(True), {"power"}),
        (view("ON", 31.9), generator(True), {"power"}),
        (view("ON", 0.0), generator(True), {"power"}),  # the coupler's detector came off
        (view("ON", None), generator(True), {"power"}),
        (view("ON", math.nan), generator(True), {"power"}),
        (view("ON", 1.4, set_w=1.0), generator(True, 1.0), set()),  # within what counts as no RF
        (view("ON", 40.0), generator(None), {"unknown"}),
        (view("ON", 40.0), generator(True, trouble="it hangs"), {"unknown"}),
        (view("ARMED", 0.0), generator(None, trouble="it hangs"), set()),  # shown, and nothing is on
    ],
)
def test_an_instant(of: View, state: GeneratorState, expected: set[str]) -> None:
    assert kinds(of, state) == expected


@pytest.mark.parametrize(
    ("of", "state", "line"),
    [
        (view("SAFE", 3.0), generator(False, None), "the coupler sees 3 W although the generator's output is off"),
        (view("SAFE", 0.0), generator(True), "the generator's output is on while RF is not permitted (SAFE)"),
        (
            view("", None, link=SILENT),
            generator(True),
            "the generator's output is on while RF is not permitted (silent)",
        ),
        (view("ON", 40.0), generator(True, 30.0), "the generator is set to 30 W, the device to 40 W"),
        (view("ON", 2.0), generator(True), "the coupler sees 2 W while 40 W are set and the output is on"),
        (view("ON", None), generator(True), "the coupler sees nothing known while 40 W are set and the output is on"),
        (view("ON", 40.0), generator(None, trouble="gone"), "RF is permitted and the generator is not sound: gone"),
    ],
)
def test_in_words(of: View, state: GeneratorState, line: str) -> None:
    agreement = Agreement(limits())
    assert agreement.check(of, state) == ""
    assert agreement.check(replace(of, t_s=LASTING_S), state) == line


def lasting(pictures: list[bool]) -> list[bool]:
    """Which of so many pictures, in which they disagree or not, brings STOP."""
    agreement = Agreement(limits())
    return [
        agreement.check(view("ON", 10.0 if wrong else 40.0, number * PICTURE_S), generator(True)) != ""
        for number, wrong in enumerate(pictures)
    ]


def test_what_lasts_is_told_and_what_does_not_is_not() -> None:
    assert lasting([True] * 5) == [False] * 4 + [True]
    assert lasting(([True] * 4 + [False]) * 4) == [False] * 20


@given(st.lists(st.booleans(), max_size=40))
def test_exactly_what_lasts(pictures: list[bool]) -> None:
    told = lasting(pictures)
    for number in range(len(pictures)):
        run = 0
        while run <= number and pictures[number - run]:
            run += 1
        assert told[number] == ((run - 1) * PICTURE_S >= LASTING_S), number


def test_one_disagreement_does_not_shorten_another() -> None:
    agreement = Agreement(limits())
    for number in range(4):
        assert agreement.check(view("ON", 10.0, number * PICTURE_S), generator(True)) == ""
    assert agreement.check(view("ON", 40.0, 4 * PICTURE_S), generator(True, 30.0)) == ""


def test_pictures_that_stay_away_do_not_hide_it() -> None:
    agreement = Agreement(limits())
    agreement.check(view("ON", 10.0, 0.0), generator(True))
    assert agreement.check(view("ON", 10.0, 3.0), generator(True)) != ""


def test_shares_are_those_of_the_limits_file() -> None:
    own = limits()
    assert Agreement(own).not_covered == ""
    forward = own.channel("forward")
    trips = {"set": 0.5, "idle": 3.0}
    checks = tuple(replace(check, trip=trips.get(check.name, check.trip)) for check in forward.checks)
    channels = tuple(replace(forward, checks=checks) if channel is forward else channel for channel in own.channels)
    power, idle = Agreement(replace(own, channels=channels)), Agreement(replace(own, channels=channels))
    for t_s in (0.0, 1.0):
        assert power.check(view("ON", 21.0, t_s), generator(True)) == ""
        assert idle.check(view("SAFE", 2.9, t_s), generator(False, None)) == ""
    assert Agreement(limits("mini_ntc")).not_covered == "", "a channel of another name that watches forward power"


def test_limits_without_these_checks_say_what_is_not_compared() -> None:
    own = limits()
    forward = replace(own.channel("forward"), checks=())
    channels = tuple(forward if channel.name == "forward" else channel for channel in own.channels)
    bare = Agreement(replace(own, channels=channels))
    assert "no check set and no check idle of forward power" in bare.not_covered
    for t_s in (0.0, 1.0):
        assert bare.check(view("SAFE", 30.0, t_s), generator(False, None)) == ""
        assert bare.check(view("ON", 0.0, t_s), generator(True)) == ""
