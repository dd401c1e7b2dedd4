"""The flow meter: every pulse to the microsecond."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonofuse_hil.parts.check import NEVER_US
from sonofuse_hil.parts.flow import Flow


def test_flow_frequency():
    """2 L/min at 2000 pulses per litre is 66.67 Hz, exactly 4000 pulses a minute."""
    flow = Flow()
    assert flow.pulses(60_000_000) == 4000
    assert flow.next_event_us() == 60_000_000 + 7_500


def test_flow_edges_are_where_it_says():
    flow = Flow(ml_min=1700)
    t_us, level, pulses = 0, flow.level(0), 0
    assert level == 1
    for _ in range(200):
        due = flow.next_event_us()
        assert flow.level(due - 1) == level
        level = 1 - level
        assert flow.level(due) == level
        pulses += level
        assert flow.pulses(due) == pulses
        assert due > t_us
        t_us = due


@given(st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 5000)), max_size=12))
def test_flow_integrates_every_change(changes):
    """The number of pulses is the volume, whatever the flow did and however often it was asked."""
    flow = Flow(pulses_per_litre=2000, ml_min=0)
    t_us, rate, volume = 0, 0, 0
    for wait_us, ml_min in changes:
        volume += rate * wait_us
        t_us += wait_us
        flow.level(t_us)
        flow.set_flow(t_us, ml_min)
        rate = ml_min
    assert flow.pulses(t_us) == volume * 2000 // (1000 * 60_000_000)


def test_flow_that_stops():
    flow = Flow()
    flow.set_flow(1_000, 0)
    assert flow.next_event_us() == NEVER_US
    assert flow.level(10_000_000) == 1


@pytest.mark.parametrize(("fault", "level"), [("stuck_high", 1), ("stuck_low", 0)])
def test_flow_stuck(fault, level):
    flow = Flow()
    flow.set_fault(100_000, fault)
    before = flow.pulses(100_000)
    assert {flow.level(t_us) for t_us in range(100_000, 200_000, 1_000)} == {level}
    assert flow.pulses(200_000) == before
    assert flow.next_event_us() == NEVER_US


def test_flow_refusals():
    flow = Flow()
    for bad in (math.nan, -1, math.inf):
        with pytest.raises(ValueError, match="ml_min"):
            flow.set_flow(0, bad)
    flow.level(10)
    with pytest.raises(ValueError, match="before 10 us"):
        flow.level(9)
