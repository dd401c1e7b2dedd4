"""What needs a person, from pictures in virtual time: which condition, how urgent, latched, silenced, acknowledged."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonofuse.live.alarms import HOLD_S, SILENCE_S, VIEW_LATE_S, Alarms, meaning
from sonofuse.live.view import JOINING, NO_PORT, SILENT
from sonofuse_firmware.alarms import ALARMS, HIGH, LOW, MEDIUM, PHYSIOLOGICAL, TECHNICAL
from sonofuse_firmware.checks import CHECKS
from tests.alarm_standard import SILENCE_MS
from tests.firmware.sounder import firmware_meaning

from .views import ABOVE, EVERY_S, IDLE, RANGE, STOP, tripped, view, warning


def stands(alarms: Alarms) -> list[tuple[str, str]]:
    return [(alarm.kind, alarm.priority) for alarm in alarms.standing]


def heard(alarms: Alarms) -> tuple[int, int] | None:
    return None if alarms.sound is None else (alarms.sound.kind, alarms.sound.priority)


def after(*views: Any) -> Alarms:
    alarms = Alarms(0.0)
    for one in views:
        alarms.see(one)
    return alarms


# ---- which conditions there are


def test_nothing_to_say_of_a_quiet_device() -> None:
    alarms = after(view(0.0), view(0.05, state="ON"))
    assert stands(alarms) == [] and alarms.sound is None


@pytest.mark.parametrize("check", [*(check for check, *_ in CHECKS), 63])
def test_the_firmware_and_the_host_mean_the_same(check: int) -> None:
    assert meaning(check << 8 | 3) == firmware_meaning(check)


@pytest.mark.parametrize(("check", "kind", "priority"), ALARMS)
def test_a_trip_sounds_by_its_cause(check: int, kind: int, priority: int) -> None:
    alarms = after(view(0.0), tripped(0.05, check << 8))
    assert heard(alarms) == (kind, priority)
    assert [alarm.text for alarm in alarms.standing] == ["skin_a above: above its limit"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"link": SILENT}, (TECHNICAL, HIGH)),
        ({"link": NO_PORT}, (TECHNICAL, HIGH)),
        ({"link": JOINING}, (TECHNICAL, MEDIUM)),
        ({"trouble": "recorder: the disk is full"}, (TECHNICAL, MEDIUM)),
        ({"state": "ON", "readings": warning()}, (PHYSIOLOGICAL, LOW)),
        ({"state": "ON", "readings": warning("flow", "flow")}, (TECHNICAL, LOW)),
        ({"state": "ON", "readings": warning(), "time_to_limit_s": 11.0}, (PHYSIOLOGICAL, LOW)),
        ({"state": "ON", "readings": warning(), "time_to_limit_s": 9.0}, (PHYSIOLOGICAL, MEDIUM)),
        ({"state": "ON", "readings": warning(), "time_to_limit_s": float("nan")}, (PHYSIOLOGICAL, MEDIUM)),
        ({"state": "SAFE", "readings": warning()}, None),
        ({"state": "ON", "receipt_age_s": 0.126}, (TECHNICAL, LOW)),
        ({"state": "ON", "receipt_age_s": 0.124}, None),
        ({"state": "ON", "receipt_age_s": None}, (TECHNICAL, LOW)),
        ({"state": "ON", "receipt_age_s": float("nan")}, (TECHNICAL, LOW)),
        ({"state": "ON", "receipt_age_s": None, "receipt_limit_s": 0.0}, None),
        ({"state": "SAFE", "receipt_age_s": None}, None),
    ],
    ids=str,
)
def test_what_a_picture_shows(changes: dict[str, Any], expected: tuple[int, int] | None) -> None:
    assert heard(after(view(0.0), view(0.05, **changes))) == expected


def test_a_device_that_was_never_there_is_no_lost_one() -> None:
    alarms = after(view(0.0, link=NO_PORT, state=""), view(1.0, link=JOINING, state="SAFE"))
    assert heard(after(view(0.0, link=NO_PORT, state=""))) == (TECHNICAL, LOW)
    assert {alarm.text for alarm in alarms.standing} == {"no device yet: no port"}, "which is over, but for its burst"
    assert heard(after(view(0.0, link=JOINING))) is None


def test_the_most_urgent_sounds_and_comes_first() -> None:
    alarms = after(
        view(0.0),
        view(0.05, state="ON", readings=warning()),
        tripped(0.1, RANGE, trouble="generator: gone", link=SILENT),
    )
    assert stands(alarms)[0] == ("technical", "high")
    alarms = after(view(0.0), tripped(0.05, ABOVE), tripped(0.1, ABOVE, link=SILENT))
    assert stands(alarms) == [("physiological", "high"), ("technical", "high")]
    assert heard(alarms) == (PHYSIOLOGICAL, HIGH)


def test_views_that_do_not_come_are_a_reason() -> None:
    alarms = after(view(0.0))
    alarms.passed(VIEW_LATE_S)
    assert alarms.sound is None
    alarms.passed(VIEW_LATE_S + 0.01)
    assert heard(alarms) == (TECHNICAL, HIGH)
    alarms.see(view(1.0))
    assert heard(alarms) == (TECHNICAL, HIGH), "it is latched"
    alarms.acknowledge(1.1)
    assert alarms.standing == ()


def test_old_pictures_are_late_pictures() -> None:
    alarms = after(view(0.0))
    alarms.passed(0.4)
    alarms.passed(5.0)
    alarms.see(view(4.0))
    assert [alarm.present for alarm in alarms.standing] == [True]


def test_no_picture_from_the_start() -> None:
    alarms = Alarms(100.0)
    alarms.passed(100.4)
    assert alarms.sound is None
    alarms.passed(101.0)
    assert heard(alarms) == (TECHNICAL, HIGH)


# ---- latching and acknowledging


def test_a_trip_ends_when_the_device_is_acknowledged_and_not_before() -> None:
    alarms = after(view(0.0), tripped(0.05))
    alarms.acknowledge(0.1)
    assert heard(alarms) == (PHYSIOLOGICAL, HIGH)
    alarms.see(tripped(0.15))
    assert heard(alarms) == (PHYSIOLOGICAL, HIGH)
    alarms.see(view(0.2))
    assert alarms.standing == () and alarms.sound is None


@pytest.mark.parametrize("state", ["", "BOOT"])
def test_a_trip_is_not_over_because_nobody_says_so(state: str) -> None:
    alarms = after(view(0.0), tripped(0.05), view(0.1, link=JOINING, state=state))
    assert heard(alarms) == (PHYSIOLOGICAL, HIGH)


def test_a_trip_of_a_device_that_is_gone_can_be_acknowledged_until_it_is_back() -> None:
    alarms = after(view(0.0), tripped(0.05), tripped(0.1, link=NO_PORT))
    alarms.acknowledge(0.2)
    assert alarms.sound is None and len(alarms.standing) == 2
    alarms.see(tripped(0.25))
    assert heard(alarms) == (PHYSIOLOGICAL, HIGH)


def test_a_trip_nobody_watches_can_be_acknowledged() -> None:
    alarms = after(view(0.0), tripped(0.05))
    alarms.passed(5.0)
    alarms.acknowledge(5.1)
    assert alarms.sound is None
    alarms.see(tripped(5.2))
    assert heard(alarms) == (PHYSIOLOGICAL, HIGH)


def test_a_lost_link_is_latched() -> None:
    alarms = after(view(0.0), view(0.05, link=SILENT), view(0.1), view(0.1 + 2 * HOLD_S))
    assert heard(alarms) == (TECHNICAL, HIGH)
    alarms.acknowledge(10.3)
    assert alarms.standing == ()
    alarms.see(view(10.35, link=SILENT))
    assert heard(alarms) == (TECHNICAL, HIGH), "it is lost again"


def test_what_comes_back_after_it_was_acknowledged_is_not_silenced() -> None:
    alarms = after(view(0.0), view(0.05, link=SILENT), view(0.1))
    alarms.silence(1.0)
    alarms.acknowledge(2.0)
    alarms.see(view(2.05, link=SILENT))
    assert heard(alarms) == (TECHNICAL, HIGH)


def test_what_is_acknowledged_and_present_is_shown_and_does_not_sound() -> None:
    alarms = after(view(0.0), view(0.05, trouble="recorder: slow disk"))
    alarms.acknowledge(0.1)
    assert alarms.sound is None and [alarm.acknowledged for alarm in alarms.standing] == [True]
    alarms.see(view(0.15))
    assert alarms.standing == ()


def test_a_warning_ends_by_itself_after_its_burst() -> None:
    alarms = after(view(0.0), view(1.0, state="ON", readings=warning()), view(1.05, state="ON"))
    assert heard(alarms) == (PHYSIOLOGICAL, LOW)
    number = alarms.sound and alarms.sound.number
    for step in range(round(HOLD_S / EVERY_S) + 2):
        alarms.see(view(1.1 + EVERY_S * step, state="ON"))
        assert alarms.sound is None or alarms.sound.number == number
    assert alarms.standing == ()


def test_a_warning_does_not_become_less_urgent_while_it_lasts() -> None:
    alarms = after(view(0.0))
    for step, soon_s in enumerate((20.0, 9.0, 12.0, 9.5, None)):
        alarms.see(view(0.05 * step, state="ON", readings=warning(), time_to_limit_s=soon_s))
    assert heard(alarms) == (PHYSIOLOGICAL, MEDIUM)
    assert alarms.sound is not None and alarms.sound.number == 2


# ---- silence


def test_silence_lasts_two_minutes_at_most() -> None:
    assert SILENCE_S * 1000 <= SILENCE_MS
    alarms = after(view(0.0), tripped(0.05))
    before = alarms.sound
    assert alarms.silence(1.0) and alarms.sound is None and alarms.silent_s == SILENCE_S
    alarms.see(tripped(60.0))
    assert not alarms.silence(60.0), "asking again does not prolong it"
    alarms.see(tripped(120.99))
    assert alarms.sound is None and alarms.silent_s == pytest.approx(0.01)
    alarms.see(tripped(121.0))
    assert heard(alarms) == (PHYSIOLOGICAL, HIGH) and alarms.sound != before, "its burst starts anew"


def test_there_is_no_silence_where_nothing_sounds() -> None:
    alarms = after(view(0.0))
    assert not alarms.silence(0.1)
    alarms.see(tripped(0.15))
    assert alarms.sound is not None


@pytest.mark.parametrize("cause", [RANGE, IDLE, STOP])
def test_another_trip_ends_a_silence(cause: int) -> None:
    alarms = after(view(0.0), tripped(0.05, RANGE | 1))
    alarms.silence(1.0)
    alarms.see(tripped(1.05, cause))
    assert heard(alarms) == meaning(cause)


def test_the_same_trip_again_ends_a_silence() -> None:
    alarms = after(view(0.0), tripped(0.05, link=SILENT), tripped(0.1))
    alarms.silence(1.0)
    alarms.see(view(2.0))
    alarms.see(tripped(3.0))
    assert heard(alarms) == (PHYSIOLOGICAL, HIGH)


def test_what_is_less_urgent_or_flickers_does_not_end_a_silence() -> None:
    alarms = after(view(0.0), tripped(0.05, trouble="disk 97 % full"))
    alarms.silence(1.0)
    for step in range(200):
        trouble = (f"disk {97 + step % 3} % full", "", "generator: gone")[step % 3]
        alarms.see(tripped(1.0 + EVERY_S * step, trouble=trouble))
        assert alarms.sound is None


def test_a_warning_that_becomes_urgent_ends_its_silence() -> None:
    alarms = after(view(0.0), view(0.05, state="ON", readings=warning()))
    alarms.silence(1.0)
    alarms.see(view(1.05, state="ON", readings=warning(), time_to_limit_s=5.0))
    assert heard(alarms) == (PHYSIOLOGICAL, MEDIUM)


# ---- any order of all of it

TRIPS = st.sampled_from([ABOVE, ABOVE, RANGE, STOP, IDLE])
SEEN = st.tuples(
    st.just("see"),
    st.sampled_from(["SAFE", "ON", "TRIPPED", "TRIPPED", "BOOT", ""]),
    TRIPS,
    st.sampled_from(["connected", "connected", "connected", "silent", "joining"]),
    st.sampled_from(["", "", "recorder: full"]),
)
ACTS = st.lists(
    st.tuples(st.one_of(SEEN, SEEN, st.tuples(st.sampled_from(["silence", "acknowledge", "pass"]))), st.floats(0, 70)),
    max_size=40,
)


@given(ACTS)
def test_in_any_order_an_unacknowledged_trip_sounds_unless_it_was_silenced(
    acts: list[tuple[tuple[Any, ...], float]],
) -> None:
    alarms = Alarms(0.0)
    now_s = seen_s = 0.0
    stands_trip: int | None = None  # the cause of a trip that nobody has acknowledged
    known = False  # whether the device's own word is what counts
    silent_from_s: float | None = None
    numbers = [0]
    for act, wait_s in acts:
        now_s += wait_s
        if act[0] == "see":
            _, state, cause, link, trouble = act
            seen_s = now_s
            alarms.see(view(now_s, state=state, cause=cause, link=link, trouble=trouble))
            known = link != "silent" and state not in ("", "BOOT")
            if known and state == "TRIPPED":
                if stands_trip != cause:
                    silent_from_s = None
                stands_trip = cause
            elif known:
                stands_trip = None
        elif act[0] == "silence":
            if alarms.silence(now_s):
                silent_from_s = now_s
        elif act[0] == "acknowledge":
            alarms.acknowledge(now_s)
            if not known:
                stands_trip = None
        else:
            alarms.passed(now_s)
            known = known and now_s - seen_s <= VIEW_LATE_S
        if stands_trip is not None:
            loud = alarms.sound is not None and alarms.sound.priority >= meaning(stands_trip)[1]
            assert loud or (silent_from_s is not None and now_s - silent_from_s < SILENCE_S)
            assert any(alarm.condition.key == f"trip {stands_trip}" for alarm in alarms.standing)
        if alarms.sound is not None:
            numbers.append(alarms.sound.number)
        assert alarms.sound is None or not all(alarm.acknowledged for alarm in alarms.standing)
    assert all(one <= then for one, then in itertools.pairwise(numbers))
