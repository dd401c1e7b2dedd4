"""What keys do in a terminal."""

import time

import pytest

from sonofuse.live.alert import Alert
from sonofuse.live.keys import Keys
from sonofuse.live.sight import Sight
from tests.live.alarms.views import tripped, view
from tests.live.dashboard.device import Silent


def _typed(keys: Keys, text: str, state: str = "TRIPPED") -> None:
    for key in text:
        keys.press(key, state)


def _settled(keys: Keys, state: str = "TRIPPED") -> str:
    """What is said once the console has answered."""
    until = time.monotonic() + 30
    while keys.said.endswith("…") and time.monotonic() < until:
        keys.follow(state)
    return keys.said


@pytest.mark.parametrize("key", ["s", "S", " "])
@pytest.mark.parametrize("state", ["BOOT", "SAFE", "ARMED", "ON", "TRIPPED", ""])
def test_stop_in_every_state(key: str, state: str) -> None:
    console = Silent()
    keys = Keys(console, Alert(0.0))
    keys.press(key, state)
    assert console.calls == [("stop",)]
    assert keys.said == "STOP sent"


def test_a_stop_that_cannot_be_sent_is_said() -> None:
    console = Silent()
    console.answer = "the watcher is gone"
    keys = Keys(console, Alert(0.0))
    keys.press("s", "ON")
    assert keys.said == "STOP NOT SENT (the watcher is gone): use the STOP at the device"


@pytest.mark.parametrize(("answer", "new"), [("y", True), ("n", False)])
def test_acknowledge_asks_who_why_and_whether_the_treatment_is_new(answer: str, new: bool) -> None:
    console = Silent()
    keys = Keys(console, Alert(0.0))
    _typed(keys, "a")
    assert keys.asked.startswith("Who acknowledges? ")
    _typed(keys, "A. Nursse\x7f\x7fe\r")
    assert keys.asked.startswith("Why is it safe to go on? ")
    _typed(keys, "sensor was loose\n")
    assert keys.asked.startswith("A new treatment")
    _typed(keys, "x" + answer)
    assert _settled(keys) == "acknowledge: done"
    assert console.calls == [("acknowledge", new, "A. Nurse", "sensor was loose")]
    assert keys.asked == ""


def test_an_empty_answer_is_refused() -> None:
    console = Silent()
    keys = Keys(console, Alert(0.0))
    _typed(keys, "a  \r\r")
    assert keys.said == "an answer is needed: it is kept with the treatment"
    _typed(keys, "x\r \ry")
    assert keys.asked.startswith("Why is it safe")
    assert console.calls == []


def test_a_refusal_of_the_device_is_said() -> None:
    console = Silent()
    console.answer = "the cause is still present"
    keys = Keys(console, Alert(0.0))
    _typed(keys, "aA\rB\ry")
    assert _settled(keys) == "acknowledge: not done: the cause is still present"


def test_the_question_goes_with_the_state_so_that_space_is_stop_again() -> None:
    console = Silent()
    keys = Keys(console, Alert(0.0))
    _typed(keys, "a ")
    assert console.calls == []
    keys.follow("SAFE")
    assert keys.asked == ""
    _typed(keys, " ", "SAFE")
    assert console.calls == [("stop",)]


def test_acknowledge_can_be_given_up_and_needs_a_trip() -> None:
    console = Silent()
    keys = Keys(console, Alert(0.0))
    _typed(keys, "aJo\x1b")
    assert keys.said == "acknowledge: given up"
    _typed(keys, "a", "SAFE")
    assert keys.said == "acknowledge: only while the device is TRIPPED"
    assert (keys.asked, console.calls) == ("", [])


@pytest.mark.parametrize(
    ("state", "typed", "quits"),
    [("SAFE", "q", True), ("TRIPPED", "q", True), ("ON", "q", False), ("ON", "qn", False), ("ON", "qy", True),
     ("", "q", False), ("", "qy", True), ("ON", Keys.END, True)],
)  # fmt: skip
def test_quit_asks_where_rf_may_be_on(state: str, typed: str, quits: bool) -> None:
    keys = Keys(Silent(), Alert(0.0))
    _typed(keys, typed, state)
    assert keys.quit is quits
    assert ("Quit?" in keys.asked) is (typed == "q" and not quits)


def test_stop_is_stop_also_when_quit_is_asked() -> None:
    console = Silent()
    keys = Keys(console, Alert(0.0))
    _typed(keys, "q ", "ON")
    assert console.calls == [("stop",)]
    assert not keys.quit


def test_m_silences_here_and_the_device_where_that_sounds() -> None:
    console = Silent()
    alert = Alert(0.0)
    keys = Keys(console, alert)
    _typed(keys, "m", "SAFE")
    assert (keys.said, console.calls) == ("silence: nothing sounds", [])
    alert.look(Sight(tripped(1.0), 0.0, True), time.monotonic())
    _typed(keys, "m")
    until = time.monotonic() + 30
    while not console.calls and time.monotonic() < until:
        keys.follow("TRIPPED")
    assert console.calls == [("silence",)]
    assert alert.look(Sight(tripped(1.1), 0.0, True), time.monotonic()).silent_s > 100


def test_a_says_that_alarms_were_seen_where_the_device_has_none() -> None:
    console, alert = Silent(), Alert(0.0)
    keys = Keys(console, alert)
    alert.look(Sight(view(1.0, link="silent"), 0.0, True), time.monotonic())
    _typed(keys, "a", "")
    assert (keys.said, console.calls) == ("alarms: seen", [])
    assert not alert.look(Sight(view(1.1, link="silent"), 0.0, True), time.monotonic()).waits("")
