"""Parts that switch: every change to the microsecond."""

import math

import pytest

from sonofuse_hil.parts.check import NEVER_US
from sonofuse_hil.parts.contact import Contact
from sonofuse_hil.parts.generator import Generator
from sonofuse_hil.parts.pump import ChargePump
from sonofuse_hil.parts.relay import Relay


def test_pump_rises_and_falls():
    pump = ChargePump(rise_us=200, hold_us=3_000)
    assert not pump.high(0)
    assert pump.next_event_us() == NEVER_US
    pump.edges(1_000, 3_000)
    assert not pump.high(1_199)
    assert pump.next_event_us() == 1_200
    assert pump.high(1_200)
    assert pump.next_event_us() == 6_000
    assert pump.high(5_999)
    assert not pump.high(6_000)
    assert pump.next_event_us() == NEVER_US


def test_pump_with_a_train_of_just_the_rise_time():
    pump = ChargePump()
    pump.edges(0, 200)
    assert pump.next_event_us() == 200
    assert pump.high(200)
    assert pump.next_event_us() == 3_200
    pump.edges(3_199, 3_199)
    assert pump.high(3_250), "the output was still up: the train goes on"
    pump.edges(6_199, 6_199)
    assert not pump.high(6_199)


def test_pump_expects_nothing_of_a_short_train():
    pump = ChargePump()
    pump.edges(5_000, 5_199)
    assert pump.next_event_us() == NEVER_US


def test_pump_told_ahead_and_cut():
    pump = ChargePump()
    pump.edges(1_000, 2_950)
    assert pump.high(1_500)
    pump.edges(1_000, 1_600)
    assert pump.high(4_599)
    assert not pump.high(4_600)


def test_pump_prolonged():
    pump = ChargePump()
    for start in range(1_000, 21_000, 1_000):
        pump.edges(start, start + 1_950)
    assert all(pump.high(t_us) for t_us in range(1_200, 21_950 + 2_000, 50))
    assert pump.next_event_us() == 20_000 + 1_950 + 3_000


def test_pump_needs_a_train_not_stray_edges():
    pump = ChargePump()
    for t_us in range(0, 100_000, 500):
        pump.edges(t_us, t_us)
        assert not pump.high(t_us + 499)


def test_pump_from_single_edges():
    pump = ChargePump()
    for t_us in range(0, 1_000, 50):
        pump.edges(t_us, t_us)
        assert pump.high(t_us) == (t_us >= 200)
    assert pump.high(950 + 2_999)
    assert not pump.high(950 + 3_000)


def test_pump_starts_anew_after_it_fell():
    pump = ChargePump()
    pump.edges(0, 1_000)
    pump.edges(5_000, 6_000)
    assert pump.high(3_999)
    assert not pump.high(4_000)
    assert pump.next_event_us() == 5_200
    assert not pump.high(5_199)
    assert pump.high(5_200)


def test_pump_refusals():
    with pytest.raises(ValueError, match="before 10 us"):
        ChargePump().edges(10, 9)
    with pytest.raises(ValueError, match="hold_us"):
        ChargePump(rise_us=200, hold_us=100)
    with pytest.raises(ValueError, match="rise_us is nan"):
        ChargePump(rise_us=math.nan)


def test_relay():
    relay = Relay()
    relay.coil(1_000, True)
    assert relay.next_event_us() == 9_000
    assert not relay.closed(8_999)
    assert relay.closed(9_000)
    relay.coil(20_000, False)
    assert relay.closed(24_999)
    assert not relay.closed(25_000)
    assert relay.next_event_us() == NEVER_US


def test_relay_ignores_short_pulses():
    relay = Relay()
    relay.coil(0, True)
    relay.coil(7_999, False)
    assert not relay.closed(50_000)
    relay.coil(50_000, True)
    relay.coil(60_000, False)
    relay.coil(64_999, True)
    assert relay.closed(100_000)


def test_relay_repeated_command_does_not_delay():
    relay = Relay()
    relay.coil(0, True)
    relay.coil(5_000, True)
    assert relay.closed(8_000)


@pytest.mark.parametrize(("fault", "closed"), [("welded", True), ("broken", False)])
def test_relay_faults(fault, closed):
    relay = Relay()
    relay.fault = fault
    for t_us, on in ((0, True), (50_000, False), (100_000, True)):
        relay.coil(t_us, on)
        assert relay.closed(t_us + 40_000) is closed
    relay.fault = ""
    assert relay.closed(200_000)


def test_relay_refusals():
    relay = Relay()
    relay.coil(10, True)
    with pytest.raises(ValueError, match="before 10 us"):
        relay.closed(9)
    with pytest.raises(ValueError, match="choose from welded, broken"):
        relay.fault = "loud"


def test_contact_without_bounce():
    contact = Contact()
    assert contact.level(0) == 1
    contact.set(5, False)
    assert contact.level(5) == 0
    assert contact.next_event_us() == NEVER_US


def test_contact_bounces_to_the_microsecond():
    contact = Contact(closed=True, bounce_us=2_000, bounce_period_us=500)
    assert [contact.level(t_us) for t_us in range(0, 2_000, 250)] == [1] * 8
    contact.set(10_000, False)
    levels = []
    t_us = 10_000
    while t_us != NEVER_US:
        levels.append((t_us, contact.level(t_us)))
        t_us = contact.next_event_us()
    assert levels == [(10_000, 0), (10_500, 1), (11_000, 0), (11_500, 1), (12_000, 0)]


def test_contact_stuck():
    contact = Contact(bounce_us=1_000)
    contact.fault = "stuck_high"
    contact.set(0, False)
    assert contact.level(1) == 1
    assert contact.next_event_us() == NEVER_US
    contact.fault = "stuck_low"
    assert contact.level(2) == 0
    contact.fault = ""
    assert contact.level(2_000) == 0
    with pytest.raises(ValueError, match="before 2000 us"):
        contact.set(1_999, True)


def on_air(**settings):
    relays = (Relay(), Relay())
    generator = Generator(relays, **settings)
    generator.set_power(40.0)
    generator.gate(True)
    for relay in relays:
        relay.coil(0, True)
    return generator, relays


def test_generator_needs_gate_and_every_relay():
    generator, (first, second) = on_air()
    assert generator.next_event_us() == 8_000
    assert generator.watts(7_999) == 0.0
    assert generator.watts(8_000) == 40.0
    second.coil(10_000, False)
    assert generator.watts(14_999) == 40.0
    assert generator.watts(15_000) == 0.0
    second.coil(20_000, True)
    generator.gate(False)
    assert generator.watts(30_000) == 0.0
    first.coil(30_000, False)
    generator.gate(True)
    assert generator.watts(40_000) == 0.0


@pytest.mark.parametrize(
    ("fault", "gate", "watts"), [("stuck_on", False, 42.0), ("overpower", True, 200.0), ("dead", True, 0.0)]
)
def test_generator_faults(fault, gate, watts):
    generator, relays = on_air(error=0.05)
    generator.gate(gate)
    generator.fault = fault
    assert generator.watts(10_000) == pytest.approx(watts)
    relays[0].coil(10_000, False)
    assert generator.watts(20_000) == 0.0, "the interlock beats every fault of the generator"


def test_welded_relay_is_covered_by_the_other():
    generator, (first, second) = on_air()
    first.fault = "welded"
    first.coil(10_000, False)
    assert generator.watts(20_000) == 40.0
    second.coil(20_000, False)
    assert generator.watts(25_000) == 0.0


def test_generator_refusals():
    generator, _ = on_air()
    for bad in (math.nan, -1.0, math.inf):
        with pytest.raises(ValueError, match="generator watts"):
            generator.set_power(bad)
    generator.error = math.nan
    with pytest.raises(ValueError, match="generator error is nan"):
        generator.watts(10_000)
