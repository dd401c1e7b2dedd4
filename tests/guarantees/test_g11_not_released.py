"""G11: whatever should have switched off and has not: both switches off and alarm, 20 ms after release was due."""

import pytest
from hypothesis import given, settings

from sonofuse_hil import strategies
from sonofuse_hil.guarantees import g11
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.strategies import examples


@pytest.mark.parametrize("kind", g11.KINDS)
def test_it_is_noticed_in_time(kind, limits_files, measured):
    @settings(max_examples=examples(12))
    @given(failure=strategies.failures(kind))
    def prove(failure):
        run = g11.perform(failure, limits_files.quick)
        measured(g11.reaction(run, Oracle(limits_files.quick)))

    prove()


def test_rf_while_the_latch_erases_a_sector(limits_files, measured):
    run = g11.during_erase(limits_files.quick)
    assert "erase" in run.flash_operations
    measured(g11.reaction_during_erase(run, Oracle(limits_files.quick)))
    assert not g11.reaction(run, Oracle(limits_files.quick)).passed, "the exception is needed no more"
