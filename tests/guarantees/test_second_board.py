"""The guarantees on the second board, by the same checks: other pins, other names, thermistors instead of PT100."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse.layout import K
from sonofuse.limits import SHIPPED
from sonofuse_hil import strategies
from sonofuse_hil.guarantees import g01, g08, g10, g11
from sonofuse_hil.guarantees.excursion import Excursion, perform
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.operator import Sonication
from sonofuse_hil.rig import Rig
from sonofuse_hil.strategies import examples

ORACLE = Oracle(SHIPPED.with_name("mini_ntc.toml"))
ABSENT = ("stale", "ratio")  # no converter that could fall silent, no reflected power
EXAMPLES = {"range": 16, "above": 9, "below": 9, "stuck": 3}  # many ways, many ways, many ways, 5 s each
SHORT = Sonication(40.0, 1.0)


@pytest.fixture(scope="module")
def noted(measured: Callable[[Measurement], None]) -> Callable[[Measurement], None]:
    """Figures of this board stand apart in the table."""
    return lambda m: measured(replace(m, name=f"mini_ntc: {m.name}"))


@pytest.mark.parametrize("check", [check for check in strategies.CHECKS if check not in ABSENT])
def test_the_permit_falls_in_time(check, mini_limits, noted):
    @settings(max_examples=examples(EXAMPLES.get(check, 5)))
    @given(excursion=strategies.excursions(ORACLE, check), alone=st.sampled_from((True, True, False)))
    def prove(excursion, alone):
        limits = mini_limits.alone(excursion.channel, check) if alone else mini_limits.quick
        run = perform(excursion, limits)
        noted(g01.reaction(run, Oracle(limits)))
        if alone:
            number = ORACLE.board.index(excursion.channel) if excursion.channel != "monitor" else K.MONITOR
            assert run.cause == getattr(K, check.upper()) << 8 | number, "another check was faster"

    prove()


@settings(max_examples=examples(8))
@given(excursion=strategies.within(ORACLE))
def test_clear_of_the_limit_nothing_trips(excursion, mini_limits, noted):
    run = perform(excursion, mini_limits.alone(excursion.channel, excursion.check))
    noted(g01.no_trip(run))
    assert run.done == 1


@pytest.mark.parametrize("channel", ["skin_left", "skin_right", "housing"])
@pytest.mark.parametrize("fault", ["open", "short"])
def test_a_thermistor_that_is_disconnected(channel, fault, mini_limits, noted):
    run = perform(Excursion(channel, "range", 0.0, 40_000, fault, SHORT), mini_limits.quick)
    noted(g01.reaction(run, Oracle(mini_limits.quick)))
    assert run.cause == K.RANGE << 8 | ORACLE.board.index(channel)


def test_hot_skin(mini_limits, noted):
    run = perform(Excursion("skin_left", "above", 41.01, 40_000, "", SHORT), mini_limits.quick)
    noted(g01.reaction(run, Oracle(mini_limits.quick)))
    assert run.cause == K.ABOVE << 8 | ORACLE.board.index("skin_left")


@settings(max_examples=examples(6))
@given(stop=strategies.stops())
def test_the_stop_loop(stop, mini_limits, noted):
    limits = mini_limits.alone("stop", "below")
    run = g10.perform(stop, limits)
    noted(g10.reaction(run, Oracle(limits)))
    noted(g10.relays(run, Oracle(limits)))


@pytest.mark.parametrize("kind", sorted(g11.KINDS))
def test_what_is_not_released(kind, mini_limits, noted):
    @settings(max_examples=examples(2))
    @given(failure=strategies.failures(kind))
    def prove(failure):
        noted(g11.reaction(g11.perform(failure, mini_limits.quick), Oracle(mini_limits.quick)))

    prove()


def test_normal_treatments(mini_limits, noted):
    for treatment in g08.population(4, seed=7):
        noted(g08.completed(g08.perform(treatment, mini_limits.quick), treatment))


def test_a_whole_sonication_of_40_w_into_the_tissue():
    """Limits as they ship, cooling gap included; by the end the skin sensors have followed the plant."""
    with Rig(SHIPPED.with_name("mini_ntc.toml"), (Sonication(61.5, 20.0),)) as rig:
        run = rig.run_plan(100_000_000)
        assert (run.done, run.tripped) == (1, None)
        shown_c = rig.bench.sensors["skin_left"].shown_c(rig.now_us, rig.bench.plant.read("skin_a"))
        assert shown_c == pytest.approx(rig.bench.plant.read("skin_a"), abs=0.3)


def test_every_check_of_the_limits_file_is_provoked_or_the_reason_is_given():
    missing = set(ORACLE.limits) - strategies.provoked(ORACLE)
    assert {check for _, check in missing} == {"stale", "range", "follow"} == set(strategies.NOT_PROVOKED)
    assert {channel for channel, check in missing if check == "range"} == set(ORACLE.of_kind("contact"))
