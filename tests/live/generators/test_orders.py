"""What orders.py decides, call by call, in virtual time."""

import math

import pytest

from sonofuse.live.generators.calls import Call, make
from sonofuse.live.generators.generator import GeneratorError
from sonofuse.live.generators.orders import READ_EVERY_S, RETRY_S, Orders
from sonofuse.live.generators.state import GeneratorState
from tests.live.generators.fake import SETTLE_S, TIMEOUT_S, FakeGenerator, failing


class Desk:
    """Orders and the generator that they go to; the clock stands still unless a test moves it."""

    def __init__(self) -> None:
        self.orders, self.generator, self.now_s = Orders(), FakeGenerator(), 5.0

    def step(self) -> Call | None:
        """Make the next call, if there is one now."""
        task = self.orders.next(self.now_s)
        if task is None:
            return None
        try:
            result = make(task, lambda: self.generator)
        except GeneratorError as error:
            self.orders.failed(task.call, str(error), self.now_s)
        else:
            self.orders.done(task.call, result, self.now_s)
        return task.call

    def run(self, seconds: float = 0.0) -> list[Call]:
        """Make every call until nothing is left to do, then let time pass, and so on for so long."""
        made: list[Call] = []
        end_s = self.now_s + seconds
        while True:
            while (call := self.step()) is not None:
                made.append(call)
                assert len(made) < 10_000, "it never rests"
            pause_s = self.orders.pause_s(self.now_s)
            assert pause_s > 0 or self.orders.finished, "nothing to do and no time to wait"
            if self.orders.finished or self.now_s + pause_s > end_s:
                self.now_s = max(self.now_s, end_s)
                return made
            self.now_s += pause_s

    def armed(self, watts: float = 40.0) -> "Desk":
        self.run()
        assert self.orders.set_point(watts, self.now_s) == ""
        self.run()
        return self

    def sonicating(self) -> "Desk":
        self.armed()
        assert self.orders.on(self.now_s) == ""
        self.run()
        assert self.generator.output and self.state.output is True
        return self

    @property
    def state(self) -> GeneratorState:
        return self.orders.state(self.now_s)


def test_the_first_that_a_generator_hears_is_off() -> None:
    desk = Desk()
    assert desk.state.trouble == "the generator is not connected yet" and not desk.state.connected
    assert desk.run()[:3] == [Call.CONNECT, Call.OFF, Call.READ_OUTPUT]
    assert desk.generator.calls[0] == "off" and desk.generator.output is False
    assert desk.state.connected and desk.state.output is False and desk.state.trouble == ""


def test_a_sonication() -> None:
    desk = Desk().armed()
    assert desk.state.ready and desk.state.set_w == 40.0
    assert desk.generator.calls[-2:] == ["set point", "read set point"]
    desk.orders.on(desk.now_s)
    assert desk.run() == [Call.ON, Call.READ_OUTPUT]
    assert desk.state.output is True and desk.state.trouble == ""
    assert desk.orders.set_point(50.0, desk.now_s) == "the output is on: its set point is frozen"
    desk.orders.off(desk.now_s)
    assert desk.run() == [Call.OFF, Call.READ_OUTPUT]
    assert desk.state.output is False and not desk.state.ready
    assert desk.orders.on(desk.now_s) == "the generator has no set point"


def test_on_that_came_before_the_set_point_was_read_back_waits_for_it() -> None:
    desk = Desk()
    desk.run()
    desk.orders.set_point(40.0, desk.now_s)
    desk.orders.on(desk.now_s)
    assert desk.run() == [Call.SET, Call.READ_SET, Call.ON, Call.READ_OUTPUT]


@pytest.mark.parametrize("watts", [0.0, -1.0, math.nan, math.inf])
def test_no_set_point(watts: float) -> None:
    desk = Desk()
    desk.run()
    assert desk.orders.set_point(watts, desk.now_s) == f"{watts:g} W is no set point"
    assert desk.step() is None


def test_a_set_point_that_does_not_read_back_puts_nothing_on() -> None:
    desk = Desk()
    desk.run()
    desk.generator.deaf.add("set point")
    desk.orders.set_point(40.0, desk.now_s)
    desk.orders.on(desk.now_s)
    calls = desk.run(2 * SETTLE_S)
    assert Call.ON not in calls and calls[-1] is not Call.SET
    assert "reads 1 W after 40 W was set" in desk.state.trouble and desk.state.tripped


@pytest.mark.parametrize("watts", [40.9, 39.1, math.nan])
def test_a_set_point_that_was_turned_before_on(watts: float) -> None:
    desk = Desk().armed()
    desk.generator.watts = watts
    desk.run(2 * READ_EVERY_S)
    desk.orders.on(desk.now_s)
    assert Call.ON not in desk.run()
    assert "after 40 W was set" in desk.state.trouble


def test_off_overtakes_a_set_point_and_on() -> None:
    desk = Desk().armed()
    desk.orders.set_point(20.0, desk.now_s)
    desk.orders.on(desk.now_s)
    desk.orders.off(desk.now_s)
    assert desk.run() == [Call.OFF, Call.READ_OUTPUT]
    assert not desk.generator.output


def test_a_trip_holds_until_it_is_acknowledged() -> None:
    desk = Desk().sonicating()
    desk.orders.trip(desk.now_s)
    held = "the generator is held off until somebody acknowledges"
    assert desk.orders.on(desk.now_s) == desk.orders.set_point(1.0, desk.now_s) == held
    assert "not known to be off" in desk.orders.acknowledge(desk.now_s)
    assert desk.step() is Call.OFF
    assert "not known to be off" in desk.orders.acknowledge(desk.now_s)
    assert desk.step() is Call.READ_OUTPUT
    assert desk.orders.acknowledge(desk.now_s) == ""
    assert desk.orders.on(desk.now_s) == "the generator has no set point"


def test_trips_that_are_told_again_and_again_make_no_more_calls() -> None:
    desk = Desk().sonicating()
    for _ in range(1000):
        desk.orders.trip(desk.now_s)
    assert desk.run() == [Call.OFF, Call.READ_OUTPUT]


def test_output_that_goes_on_by_itself_is_put_off_and_stays_so() -> None:
    desk = Desk().armed()
    desk.generator.output = True
    desk.run(2 * READ_EVERY_S)
    assert not desk.generator.output
    assert desk.state.tripped and "nobody asked for it" in desk.state.trouble


def test_output_that_goes_off_by_itself_is_not_put_on_again() -> None:
    desk = Desk().sonicating()
    desk.generator.output = False
    assert Call.ON not in desk.run(2.0)
    assert "went off by itself" in desk.state.trouble


def test_output_that_does_not_go_on() -> None:
    desk = Desk().armed()
    desk.generator.deaf.add("on")
    desk.orders.on(desk.now_s)
    assert desk.run(2 * SETTLE_S).count(Call.ON) == 1
    assert "did not go on" in desk.state.trouble


def test_output_that_stays_on_is_told_again_and_a_second_way() -> None:
    desk = Desk().sonicating()
    desk.generator.deaf.add("off")
    desk.orders.trip(desk.now_s)
    assert desk.run(3.0).count(Call.OFF) >= 4
    assert "stays on after it was put off" in desk.state.trouble and desk.state.output is True
    assert desk.orders.abort_begins(desk.now_s) is desk.generator
    desk.generator.abort()
    desk.orders.aborted("", desk.now_s)
    desk.run(1.0)
    assert desk.state.output is False and desk.state.trouble == ""


def test_a_new_off_does_not_wait_for_the_time_to_tell_it_again() -> None:
    desk = Desk().sonicating()
    desk.generator.deaf.add("off")
    desk.orders.off(desk.now_s)
    desk.run(SETTLE_S + 0.02)
    assert desk.step() is None
    desk.orders.trip(desk.now_s)
    assert desk.step() is Call.OFF


@pytest.mark.parametrize("call", ["set point", "read set point", "on", "read output"])
def test_a_call_that_fails_puts_the_output_off(call: str) -> None:
    desk = Desk()
    desk.run()
    desk.generator.after = failing(call)
    desk.orders.set_point(40.0, desk.now_s)
    desk.orders.on(desk.now_s)
    desk.run(0.2)
    desk.generator.after = failing()
    desk.run(2.0)
    assert not desk.generator.output and desk.state.output is False
    assert desk.state.tripped and desk.state.trouble == f"no {call}"
    assert desk.orders.acknowledge(desk.now_s) == "" and desk.state.trouble == ""


def test_a_reading_that_fails_before_anything_is_wanted_is_told_but_trips_nothing() -> None:
    desk = Desk()
    desk.run()
    desk.generator.after = failing("read set point")
    desk.run(READ_EVERY_S)
    assert desk.state.trouble == "no read set point" and not desk.state.tripped
    desk.generator.after = failing()
    desk.run(3 * READ_EVERY_S)
    assert desk.state.trouble == ""


def test_a_generator_that_went_away_is_connected_anew_and_hears_off_first() -> None:
    desk = Desk().sonicating()
    desk.generator.before = failing("read output", "read set point", "off")
    desk.run(0.3)
    assert not desk.state.connected and desk.state.output is None and desk.state.trouble
    assert "close" in desk.generator.calls and desk.generator.output
    desk.generator.before, desk.generator.calls = failing(), []
    desk.run(2 * RETRY_S)
    assert desk.generator.calls[0] == "off" and not desk.generator.output
    assert desk.orders.on(desk.now_s).startswith("the generator is held off")


def test_a_generator_that_cannot_be_connected_is_tried_at_times() -> None:
    orders = Orders()
    for number in range(4):
        now_s = number * RETRY_S
        task = orders.next(now_s)
        assert task is not None and task.call is Call.CONNECT
        orders.failed(Call.CONNECT, "no such resource", now_s)
        assert orders.next(now_s) is None
        assert orders.pause_s(now_s) == pytest.approx(RETRY_S)
    assert orders.state(9.0).trouble == "no such resource"
    assert orders.set_point(1.0, 9.0) == orders.on(9.0) == "no such resource"


def test_a_call_that_hangs_is_told_and_makes_what_was_read_unknown() -> None:
    desk = Desk().sonicating()
    desk.now_s += READ_EVERY_S
    assert desk.orders.next(desk.now_s) is not None
    desk.now_s += TIMEOUT_S - 0.01
    assert desk.state.trouble == "" and desk.state.output is True
    desk.now_s += 0.11
    assert desk.state.trouble == 'the generator does not answer to "read output" for 0.3 s'
    assert desk.state.output is None and desk.state.set_w is None
    desk.orders.trip(desk.now_s)
    assert desk.orders.abort_pause_s(desk.now_s) == pytest.approx(0.025)
    assert desk.orders.abort_begins(desk.now_s) is None
    desk.now_s += 0.025
    assert desk.orders.abort_begins(desk.now_s) is desk.generator
    assert desk.orders.abort_begins(desk.now_s) is None, "one at a time"
    desk.now_s += 2 * TIMEOUT_S
    assert desk.state.trouble.endswith("the second way does not answer either")
    desk.orders.aborted("no route", desk.now_s)
    assert desk.state.trouble.endswith("the second way: no route")
    desk.now_s += RETRY_S
    assert desk.orders.abort_begins(desk.now_s) is desk.generator


def test_a_reading_begun_before_off_does_not_confirm_it() -> None:
    desk = Desk().armed()
    desk.now_s += READ_EVERY_S
    task = desk.orders.next(desk.now_s)
    assert task is not None and task.call is Call.READ_OUTPUT
    desk.orders.trip(desk.now_s)
    desk.orders.done(Call.READ_OUTPUT, False, desk.now_s)
    assert "not known to be off" in desk.orders.acknowledge(desk.now_s)
    assert desk.step() is Call.OFF


def test_a_trip_while_an_earlier_off_is_confirmed_is_sent_as_well() -> None:
    desk = Desk().sonicating()
    desk.orders.off(desk.now_s)
    assert desk.step() is Call.OFF
    assert desk.orders.next(desk.now_s) is not None
    desk.orders.trip(desk.now_s)
    desk.orders.done(Call.READ_OUTPUT, False, desk.now_s)
    assert "not known to be off" in desk.orders.acknowledge(desk.now_s)
    assert desk.step() is Call.OFF


def test_a_reading_begun_before_a_trip_blames_nobody() -> None:
    desk = Desk().sonicating()
    desk.now_s += READ_EVERY_S
    assert desk.orders.next(desk.now_s) is not None
    desk.orders.trip(desk.now_s)
    desk.orders.done(Call.READ_OUTPUT, True, desk.now_s)
    assert desk.state.trouble == ""


def test_a_set_point_that_takes_its_time_is_waited_for() -> None:
    desk = Desk()
    desk.run()
    desk.generator.deaf.add("set point")
    desk.orders.set_point(40.0, desk.now_s)
    desk.orders.on(desk.now_s)
    assert Call.ON not in desk.run(SETTLE_S / 2)
    desk.generator.watts = 40.0
    assert Call.ON in desk.run(SETTLE_S / 2)
    assert desk.state.trouble == "" and desk.state.output is True


def test_the_second_way_is_due_after_the_first_off_that_was_not_done() -> None:
    desk = Desk().sonicating()
    desk.now_s += READ_EVERY_S
    assert desk.orders.next(desk.now_s) is not None
    desk.orders.off(desk.now_s)
    for _ in range(5):
        desk.now_s += 0.006
        desk.orders.off(desk.now_s)
    assert desk.orders.abort_begins(desk.now_s) is desk.generator


def test_nothing_goes_on_while_the_second_way_is_under_way() -> None:
    desk = Desk().sonicating()
    desk.orders.trip(desk.now_s)
    desk.now_s += 0.03
    assert desk.orders.abort_begins(desk.now_s) is desk.generator
    desk.run()
    assert desk.orders.acknowledge(desk.now_s) == ""
    assert desk.orders.set_point(40.0, desk.now_s) == desk.orders.on(desk.now_s) == ""
    assert set(desk.run(1.0)) == {Call.READ_OUTPUT, Call.READ_SET}
    assert "has not ended" in desk.state.trouble
    desk.orders.aborted("", desk.now_s)
    assert desk.run() == [Call.SET, Call.READ_SET, Call.ON, Call.READ_OUTPUT]
    assert desk.state.trouble == ""


def test_the_age_of_what_is_known() -> None:
    desk = Desk()
    assert desk.state.age_s is None
    desk.run(1.0)
    read = desk.state.age_s
    assert read is not None and read <= READ_EVERY_S
    desk.now_s += 7.0
    assert desk.state.age_s == pytest.approx(read + 7.0)


def test_an_end_puts_the_output_off_first() -> None:
    desk = Desk().sonicating()
    desk.orders.close(desk.now_s)
    assert desk.run(1.0) == [Call.OFF, Call.READ_OUTPUT, Call.CLOSE]
    assert desk.orders.finished and not desk.generator.output
    assert desk.orders.on(desk.now_s) == "the monitor is ending"


def test_an_end_is_none_while_the_output_stays_on() -> None:
    desk = Desk().sonicating()
    desk.generator.deaf.add("off")
    desk.orders.close(desk.now_s)
    desk.run(1.0)
    assert not desk.orders.finished
    desk.generator.deaf.clear()
    desk.run(1.0)
    assert desk.orders.finished and not desk.generator.output
