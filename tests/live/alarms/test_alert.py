"""Alarms as those who show them have them: by their own clock, also while nothing comes."""

from sonofuse.live.alarms import SILENCE_S, VIEW_LATE_S
from sonofuse.live.alert import Alert
from sonofuse.live.sight import Watching
from sonofuse.live.view import View

from .views import tripped, view


class Source:
    """Pictures by another clock than that of whoever looks."""

    def __init__(self) -> None:
        self.now: View = view(5000.0)

    def __call__(self) -> View:
        return self.now


def test_pictures_are_of_the_instant_at_which_they_came() -> None:
    source = Source()
    watching, alert = Watching(source), Alert(10.0)
    assert alert.look(watching.look(10.0), 10.0).standing == ()
    source.now = tripped(5000.05)
    notice = alert.look(watching.look(10.05), 10.05)
    assert [alarm.of_trip for alarm in notice.standing] == [True] and notice.sound is not None
    assert not notice.waits("TRIPPED") and notice.waits("")
    assert alert.silence(10.1) and not alert.silence(10.2)
    source.now = tripped(5000.1)
    notice = alert.look(watching.look(11.0), 11.0)
    assert notice.sound is None and notice.silent_s == SILENCE_S


def test_a_watcher_that_says_nothing_is_an_alarm_that_waits_to_be_seen() -> None:
    source = Source()
    watching, alert = Watching(source), Alert(0.0)
    alert.look(watching.look(0.0), 0.0)
    late = VIEW_LATE_S + 0.01
    notice = alert.look(watching.look(late), late)
    assert [alarm.priority for alarm in notice.standing] == ["high"] and notice.waits("SAFE")
    source.now = view(5001.0)
    notice = alert.look(watching.look(late + 1), late + 1)
    assert [alarm.present for alarm in notice.standing] == [False]
    alert.acknowledge(late + 1)
    source.now = view(5001.05)
    assert alert.look(watching.look(late + 1.1), late + 1.1).standing == ()
