"""The threads around the generator: nobody waits for it, and a trip reaches it whatever it is doing."""

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sonofuse.live.generators.generator import GeneratorError
from sonofuse.live.generators.orders import CONNECT_S
from sonofuse.live.generators.second_switch import SecondSwitch
from tests.live.generators.fake import Clock, FakeGenerator, Gate, failing

LAST_S = 20.0  # what never comes is a failure then; nothing else depends on it

COMMANDS: dict[str, Callable[[SecondSwitch], object]] = {
    "set point": lambda switch: switch.set_point(40.0),
    "on": SecondSwitch.on,
    "off": SecondSwitch.off,
    "trip": SecondSwitch.trip,
    "acknowledge": SecondSwitch.acknowledge,
    "state": SecondSwitch.state,
}


def until(true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + LAST_S
    while not true():
        assert time.monotonic() < end_s, "it never came to that"
        time.sleep(0.001)


def returns(command: Callable[[], object]) -> None:
    """See that it returns; a thread of its own, so that one that does not cannot hold the tests up."""
    thread = threading.Thread(target=command, daemon=True)
    thread.start()
    thread.join(LAST_S)
    assert not thread.is_alive(), "it waits for the generator"


def sonicating(generator: FakeGenerator) -> SecondSwitch:
    switch = SecondSwitch(lambda: generator)
    switch.start()
    until(lambda: switch.state().output is False)
    assert switch.set_point(40.0) == "" and switch.on() == ""
    until(lambda: switch.state().output is True)
    return switch


@given(
    held=st.sampled_from(["set point", "read set point", "on", "off", "read output"]),
    early=st.booleans(),
    commands=st.lists(st.sampled_from(sorted(COMMANDS)), min_size=1, max_size=12),
)
@settings(max_examples=40, phases=[Phase.generate])  # a hang takes long enough once
def test_no_command_waits_while_a_call_hangs_and_a_trip_wins(held: str, early: bool, commands: list[str]) -> None:
    gate = Gate(held, "abort")
    generator = FakeGenerator()
    switch = sonicating(generator)
    if early:
        generator.before = gate
    else:
        generator.after = gate
    if held == "off":
        switch.off()
    elif held in ("set point", "on"):  # these are called only when somebody asks for them
        switch.off()
        until(lambda: switch.state().output is False)
        switch.set_point(30.0)
        switch.on()
    assert gate.held.wait(LAST_S)

    def all_of_them() -> None:
        for command in commands:
            COMMANDS[command](switch)

    returns(all_of_them)
    switch.trip()
    gate.open()
    until(lambda: switch.state().output is False and not generator.output)
    assert switch.on().startswith("the generator is held off")
    assert switch.close() == "" and not generator.output


def test_the_second_way_is_taken_while_a_call_hangs_for_ever() -> None:
    gate, clock, generator = Gate("read output"), Clock(), FakeGenerator()
    switch = SecondSwitch(lambda: generator, clock)
    switch.start()
    until(lambda: switch.state().output is False)
    switch.set_point(40.0)
    switch.on()
    until(lambda: switch.state().output is True)
    generator.before = gate
    clock.now_s += 0.1
    switch.state()
    assert gate.held.wait(LAST_S)
    switch.trip()
    clock.now_s += 1.0
    until(lambda: "abort" in generator.calls)
    until(lambda: "put off the second way" in switch.state().trouble)
    assert not generator.output
    assert 'does not answer to "read output"' in switch.state().trouble
    assert "switch it off by hand" in switch.close(0.01)


def test_a_second_way_that_hangs_as_well_holds_nobody_up() -> None:
    gate, clock, generator = Gate("read output", "abort"), Clock(), FakeGenerator()
    switch = SecondSwitch(lambda: generator, clock)
    switch.start()
    until(lambda: switch.state().output is False)
    generator.before = gate
    clock.now_s += 0.1
    assert gate.held.wait(LAST_S)
    switch.trip()
    clock.now_s += 0.1
    until(lambda: "abort" in generator.calls)
    clock.now_s += 1.0
    for command in COMMANDS.values():
        returns(partial(command, switch))
    assert "the second way does not answer either" in switch.state().trouble


def test_connecting_that_hangs_is_told() -> None:
    forever, clock = threading.Event(), Clock()

    def connect() -> FakeGenerator:
        forever.wait()
        raise GeneratorError("too late")

    switch = SecondSwitch(connect, clock)
    switch.start()
    for command in COMMANDS.values():
        returns(partial(command, switch))
    clock.now_s += CONNECT_S + 1.0
    assert switch.state().trouble.startswith('the generator does not answer to "connect" for')
    forever.set()


def test_a_driver_at_fault_is_told_and_its_output_put_off() -> None:
    generator = FakeGenerator()
    switch = sonicating(generator)

    def fault(name: str) -> None:
        if name == "read set point":
            raise ZeroDivisionError("division by zero")

    generator.before = fault
    until(lambda: not generator.output)
    assert switch.state().trouble == "ZeroDivisionError: division by zero"
    generator.before = failing()
    until(lambda: switch.acknowledge() == "")
    assert switch.close() == ""


def test_an_end_puts_the_output_off_and_gives_the_generator_back() -> None:
    generator = FakeGenerator()
    switch = sonicating(generator)
    assert switch.close() == ""
    assert not generator.output and generator.calls[-1] == "close"


@pytest.mark.parametrize("times", [1000])
def test_a_thousand_commands_take_no_room_and_the_last_counts(times: int) -> None:
    generator = FakeGenerator()
    gate = Gate("set point")
    switch = SecondSwitch(lambda: generator)
    switch.start()
    until(lambda: switch.state().output is False)
    generator.before = gate
    switch.set_point(1.0)
    assert gate.held.wait(LAST_S)
    for number in range(times):
        assert switch.set_point(10.0 + number) == ""
    gate.open()
    until(lambda: switch.state().ready)
    assert generator.watts == 10.0 + times - 1
    assert generator.calls.count("set point") == 2
    switch.close()
