"""G4: what only the host sees takes the permit away by STOP, within 25 ms of the frame by which it sees it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from sonofuse.limits import SHIPPED
from sonofuse.link import F
from sonofuse_hil import strategies
from sonofuse_hil.device import mistake
from sonofuse_hil.guarantees import g04, losses
from sonofuse_hil.guarantees.excursion import IDLE, Excursion
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.operator import Sonication
from sonofuse_hil.rig import Rig
from sonofuse_hil.strategies import examples

from .conftest import LimitsFiles

Measured = Callable[[Measurement], None]
UNSHRUNK = (Phase.explicit, Phase.generate)
ORACLE = Oracle(SHIPPED)
SHORT = Sonication(40.0, 0.6)
BLIND = [check for check in strategies.CHECKS if check not in IDLE]  # those fail while the permit is low
LONG = ("stale", "stuck", "dose")  # seconds of debounce, or of heat


def prove_blind(measured: Measured, limits_files: LimitsFiles, danger: Excursion, lost: int = 0) -> None:
    found = g04.beyond(danger, limits_files.hosted_alone(danger.channel, danger.check), lost)
    text = f"{danger.name} {danger.value} {danger.fault} seed {danger.seed}"
    measured(g04.reaction("the host's kernel trips", found, text, lost))
    if not lost:
        measured(g04.whole("the host's kernel trips", found, text))


@pytest.mark.parametrize("check", [check for check in BLIND if check not in LONG])
def test_a_check_that_the_device_is_blind_for(check: str, limits_files: LimitsFiles, measured: Measured) -> None:
    @settings(max_examples=examples(2), phases=UNSHRUNK)
    @given(danger=strategies.excursions(ORACLE, check))
    def prove(danger: Excursion) -> None:
        prove_blind(measured, limits_files, danger)

    prove()


@pytest.mark.slow
@pytest.mark.parametrize("check", BLIND)
def test_a_check_that_the_device_is_blind_for_often(check: str, limits_files: LimitsFiles, measured: Measured) -> None:
    @settings(max_examples=examples(15), phases=UNSHRUNK)
    @given(danger=strategies.excursions(ORACLE, check))
    def prove(danger: Excursion) -> None:
        prove_blind(measured, limits_files, danger)

    prove()


@pytest.mark.parametrize("lost", [1, 2])
def test_a_stop_that_is_lost_is_said_again(lost: int, limits_files: LimitsFiles, measured: Measured) -> None:
    prove_blind(measured, limits_files, Excursion("forward", "above", 130.0, 40_000), lost)


@pytest.mark.parametrize("unanswered", [False, True], ids=["ARM is answered", "the answer to ARM is lost"])
@pytest.mark.parametrize("what", g04.MISUNDERSTOOD)
def test_a_set_point_that_is_not_the_armed_one(
    what: str, unanswered: bool, limits_files: LimitsFiles, measured: Measured
) -> None:
    to_host = losses.answers_to(F.ARM) if unanswered else None
    transform = g04.MISUNDERSTOOD[what]
    found = g04.perform(limits_files.hosted, plan=(SHORT,), transform=transform, to_host=to_host)
    text = f"{what}{', the answer to ARM is lost' * unanswered}"
    measured(g04.reaction("another set point", found, text))


def test_the_set_point_of_before_is_not_the_armed_one(limits_files: LimitsFiles, measured: Measured) -> None:
    """The device keeps the power of its first sonication for the second one, and the answer to the second ARM is
    lost."""
    keeps = mistake("monitor.py", "inputs[I_SET_MW] = set_mw\n", "inputs[I_SET_MW] = inputs[I_SET_MW] or set_mw\n")
    plan = (Sonication(50.0, 0.1), Sonication(40.0, 0.6))
    found = g04.perform(limits_files.hosted, plan=plan, transform=keeps, to_host=losses.answers_to(F.ARM))
    assert found.run.done == 1
    measured(g04.reaction("another set point", found, "that of before"))


@settings(max_examples=examples(4), phases=UNSHRUNK)
@given(rate=st.floats(0.5, 0.97) | st.floats(1.03, 2.0), delay_us=strategies.moments(), seed=strategies.seeds())
@example(rate=1.03, delay_us=30_000, seed=1)
def test_clocks_that_differ(
    limits_files: LimitsFiles, measured: Measured, rate: float, delay_us: int, seed: int
) -> None:
    def differ(rig: Rig) -> None:
        rig.operator.clock_rate = rate

    found = g04.perform(limits_files.hosted, act=differ, delay_us=delay_us, seed=seed)
    measured(g04.reaction("the clocks differ", found, f"rate {rate}, {delay_us} us after RF, seed {seed}"))


@settings(max_examples=examples(6), phases=UNSHRUNK)
@given(delay_us=strategies.moments(2_000, 500_000), seed=strategies.seeds())
def test_somebody_presses_stop(limits_files: LimitsFiles, measured: Measured, delay_us: int, seed: int) -> None:
    found = g04.perform(
        limits_files.hosted, act=lambda rig: rig.operator.stop(), delay_us=delay_us, plan=(SHORT,), seed=seed
    )
    measured(g04.pressed(found, f"{delay_us} us after RF, seed {seed}"))


@pytest.mark.parametrize("lost", [1, 2])
def test_a_stop_that_was_pressed_and_is_lost(lost: int, limits_files: LimitsFiles, measured: Measured) -> None:
    found = g04.perform(limits_files.hosted, act=lambda rig: rig.operator.stop(), plan=(SHORT,), lost=lost)
    measured(g04.pressed(found, "50 ms after RF", lost))


def test_a_device_that_sees_it_all_is_not_stopped_by_its_host(limits_files: LimitsFiles) -> None:
    danger = Excursion("forward", "above", 130.0, 40_000)
    sound = mistake("monitor.py", "class Monitor:", "class Monitor:")
    found = g04.beyond(danger, limits_files.hosted_alone("forward", "above"), transform=sound)
    assert found.seen_us is None and not found.why
    assert g04.reaction("", found, "").passed is False


def test_a_normal_treatment_is_not_stopped(limits_files: LimitsFiles) -> None:
    for deaf in (None, losses.answers_to(F.ARM)):
        found = g04.perform(limits_files.hosted, plan=(SHORT, replace(SHORT, power_w=60.0)), to_host=deaf)
        assert found.why == "" and found.run.done == 2
