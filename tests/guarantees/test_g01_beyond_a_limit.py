"""G1: a channel beyond its trip limit, at any moment and by any amount, with any bench within tolerance."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse.layout import K
from sonofuse.limits import SHIPPED
from sonofuse_hil import strategies
from sonofuse_hil.guarantees import g01
from sonofuse_hil.guarantees.excursion import Excursion, perform
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.strategies import examples

ORACLE = Oracle(SHIPPED)
EXAMPLES = {"range": 30, "above": 25, "below": 25, "stuck": 4}  # many ways, many ways, many ways, 5 s each


@pytest.mark.parametrize("check", strategies.CHECKS)
def test_the_permit_falls_in_time(check, limits_files, measured):
    @settings(max_examples=examples(EXAMPLES.get(check, 12)))
    @given(excursion=strategies.excursions(ORACLE, check), alone=st.sampled_from((True, True, False)))
    def prove(excursion, alone):
        limits = limits_files.alone(excursion.channel, check) if alone else limits_files.quick
        run = perform(excursion, limits)
        measured(g01.reaction(run, Oracle(limits)))
        if alone:
            number = ORACLE.channels.index(excursion.channel) if excursion.channel != "monitor" else K.MONITOR
            assert run.cause == getattr(K, check.upper()) << 8 | number, "another check was faster"

    prove()


@settings(max_examples=examples(16))
@given(excursion=strategies.within(ORACLE))
def test_clear_of_the_limit_nothing_trips(excursion, limits_files, measured):
    run = perform(excursion, limits_files.alone(excursion.channel, excursion.check))
    measured(g01.no_trip(run))
    assert run.done == 1


def test_a_trip_of_a_channel_that_never_gets_beyond_its_limit_is_no_figure(limits_files):
    excursion = Excursion("flow", "below", 600.0, 30_000)
    run = perform(excursion, limits_files.alone("flow", "below"))
    assert g01.reaction(run, ORACLE).passed
    enough = replace(excursion, value=1_500.0).text
    run = replace(run, stimuli=(replace(run.stimuli[0], text=enough),))
    assert math.isnan(g01.reaction(run, ORACLE).value)


def test_every_check_of_the_limits_file_is_provoked_or_the_reason_is_given():
    missing = set(ORACLE.limits) - strategies.provoked(ORACLE)
    explained = {
        (channel, check)
        for channel, check in missing
        if check in strategies.NOT_PROVOKED or (check == "range" and ORACLE.limit(channel, check).kind == "contact")
    }
    assert missing == explained
    stale = {channel for channel, check in explained if check == "stale"}
    assert not stale & set(ORACLE.of_kind("pt100")), "a converter that falls silent must be provoked"
