"""G10: the stop loop opens at any phase, bouncing or not: the permit is low within debounce + 1.3 ms."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse.limits import SHIPPED
from sonofuse_hil import strategies
from sonofuse_hil.guarantees import g10
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.parts.contact import Contact
from sonofuse_hil.rig import Rig
from sonofuse_hil.run import Run, Stimulus
from sonofuse_hil.strategies import examples


@pytest.fixture(scope="module")
def nothing() -> Run:
    """A run in which nothing was done."""
    with Rig(SHIPPED) as rig:
        return rig.result()


@settings(max_examples=examples(40))
@given(stop=strategies.stops(), alone=st.booleans())
def test_the_patient_stops_the_treatment(stop, alone, limits_files, measured):
    """`alone` takes away the read-backs, which would see the relays fall before the debounce has passed."""
    limits = limits_files.alone("stop_loop", "below") if alone else limits_files.quick
    run = g10.perform(stop, limits)
    oracle = Oracle(limits)
    measured(g10.reaction(run, oracle))
    measured(g10.relays(run, oracle))


@settings(max_examples=examples(100))
@given(stop=strategies.stops())
def test_the_moment_is_the_last_one_at_which_the_loop_was_closed(stop, nothing):
    loop = Contact(True, stop.bounce_us, stop.bounce_period_us)
    loop.set(1_000, False)
    closed_us = [t_us for t_us in range(1_000, 1_001 + stop.bounce_us) if loop.level(t_us)]
    text = f"value=0 bounce_us={stop.bounce_us} bounce_period_us={stop.bounce_period_us}"
    run = replace(nothing, stimuli=(Stimulus(1_000, "stop_loop.opens", text),))
    assert g10.open_us(run) == max(closed_us, default=999) + 1
