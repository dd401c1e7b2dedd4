"""Access codes, sessions and how fast codes can be tried; in the test's own time."""

import pytest

from sonofuse.console import CommandError
from sonofuse.live.dashboard.access import SESSION_S, SHORTEST, TRIES, WINDOW_S, Access, TooManyError, chosen


def test_a_code_is_compared_without_what_people_add() -> None:
    access = Access("K7QF-2MXD")
    assert access.needed
    for right in ("K7QF-2MXD", "k7qf2mxd", "K7QF 2MXD "):
        assert access.holds(access.enter(right, 0.0), 1.0)
    for wrong in ("K7QF-2MXE", "", "K7QF", "K7QF-2MXDD", "ß"):
        assert Access("K7QF-2MXD").enter(wrong, 0.0) == ""


def test_a_session_ends() -> None:
    access = Access("K7QF-2MXD")
    token = access.enter("K7QF-2MXD", 100.0)
    assert access.holds(token, 100.0 + SESSION_S - 1)
    assert not access.holds(token, 100.0 + SESSION_S)
    assert not access.holds("", 100.0)


def test_without_a_code_everybody_holds_a_session_and_nobody_gets_one() -> None:
    access = Access("")
    assert not access.needed
    assert access.holds("", 0.0)
    assert access.enter("", 0.0) == ""


def test_wrong_codes_close_the_door_for_a_while_also_to_the_right_one() -> None:
    access = Access("K7QF-2MXD")
    for second in range(TRIES):
        assert access.enter("wrong", float(second)) == ""
    with pytest.raises(TooManyError) as refused:
        access.enter("K7QF-2MXD", 10.0)
    assert refused.value.wait_s == WINDOW_S - 10
    assert access.enter("wrong", WINDOW_S) == ""  # the first of them is a minute old
    with pytest.raises(TooManyError):
        access.enter("wrong", WINDOW_S + 0.5)
    assert access.enter("K7QF-2MXD", 2 * WINDOW_S) != ""


def test_sessions_are_not_kept_without_end() -> None:
    access = Access("K7QF-2MXD")
    first, *others = [access.enter("K7QF-2MXD", 0.0) for _ in range(100)]
    assert not access.holds(first, 1.0)
    assert access.holds(others[-1], 1.0)


def test_which_code_is_used() -> None:
    assert chosen("", loopback=True) == ""
    assert chosen("long enough", loopback=True) == "long enough"
    made = {chosen("", loopback=False) for _ in range(50)}
    assert len(made) == 50
    assert all(len(code) == SHORTEST + 1 and code[4] == "-" for code in made)
    with pytest.raises(CommandError, match="at least 8"):
        chosen("a-b-c-d-e-f-g", loopback=False)
