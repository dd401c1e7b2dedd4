"""G10: the stop loop opens at any phase, bouncing or not: the permit is low within debounce + 1.3 ms."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse_hil import strategies
from sonofuse_hil.guarantees import g10
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.strategies import examples


@settings(max_examples=examples(40))
@given(stop=strategies.stops(), alone=st.booleans())
def test_the_patient_stops_the_treatment(stop, alone, limits_files, measured):
    """`alone` takes away the read-backs, which would see the relays fall before the debounce has passed."""
    limits = limits_files.alone("stop_loop", "below") if alone else limits_files.quick
    run = g10.perform(stop, limits)
    oracle = Oracle(limits)
    measured(g10.reaction(run, oracle))
    measured(g10.relays(run, oracle))
