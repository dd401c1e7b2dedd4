"""The guarantees on the emulated chip, by the checks of the software tier, from snapshots of a running device."""

import random

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from sonofuse.limits import SHIPPED
from sonofuse_hil import strategies
from sonofuse_hil.guarantees import g01, g02, g05, g10, g11
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.measurement import EMULATED
from sonofuse_hil.platforms.rp2040 import trials
from sonofuse_hil.results import distribution
from sonofuse_hil.strategies import examples

pytestmark = pytest.mark.chip  # a boot of the emulated chip takes a minute

ORACLE = Oracle(SHIPPED)
UNSHRUNK = (Phase.explicit, Phase.generate)  # a trial takes half a second
AT_ONCE = ("set", "ratio", "below")  # reactions of a few ticks
LONG = {"stuck": 1, "energy": 1, "duration": 1, "dose": 2, "pair": 3, "rise": 3, "rise_off": 2, "range": 12, "stale": 4}
SHORT = {"above": 12, "below": 12, "set": 8, "ratio": 8, "idle": 4}
WARM = ("pair", "rise")  # start from a pair at one temperature
HANGS = 100
PHASES = 200


def snapshot(on_chip, check):
    if check in ("idle", "rise_off"):
        return on_chip.safe
    return on_chip.warm if check in WARM else on_chip.on


# ---- G1


@settings(phases=UNSHRUNK, max_examples=examples(20))
@given(excursion=st.one_of([strategies.excursions(ORACLE, check) for check in AT_ONCE]))
def test_g01_the_permit_falls_in_time(on_chip, measured, excursion):
    run = on_chip.on.run(trials.excursion_of, excursion)
    measured(g01.reaction(run, Oracle(on_chip.limits)))


@pytest.mark.parametrize("check", [*SHORT, *LONG])
def test_g01_every_check(on_chip, measured, check):
    @settings(phases=UNSHRUNK, max_examples=(SHORT | LONG)[check])
    @given(excursion=strategies.excursions(ORACLE, check))
    def prove(excursion):
        run = snapshot(on_chip, check).run(trials.excursion_of, excursion)
        measured(g01.reaction(run, Oracle(on_chip.limits)))

    prove()


def test_g01_from_pin_and_sample_over_every_phase(on_chip, timed):
    """The supervisor's contact, N = 1, at 200 phases of the tick: a prime number of nanoseconds further each time."""
    from_pin, from_sample = [], []
    for number in range(PHASES):
        pin_us, sample_us = on_chip.on.run(trials.phase_of, number * 7_919_003 % 1_000_000)
        from_pin.append(pin_us)
        from_sample.append(sample_us)
    bound_us = ORACLE.bound_us("supply", "below")
    timed(distribution("G1 reaction from the pin, contact with N = 1", from_pin, "µs", EMULATED, bound_us))
    timed(distribution("G1 reaction from the sample, contact with N = 1", from_sample, "µs", EMULATED, bound_us))


def test_the_same_trial_gives_the_same_record(on_chip):
    excursion = strategies.Excursion("supply", "below", 0.0, 31_234)
    digests = {on_chip.on.run(trials.excursion_of, excursion).digest() for _ in range(2)}
    assert len(digests) == 1


# ---- G2


def hang(on_chip, measured, delay_ns, in_interrupt, until_reset=False):
    outcome, struck_us, inside = on_chip.on.run(trials.hang_of, delay_ns, in_interrupt, until_reset)
    text = f"hang {delay_ns} ns after the snapshot, {'inside' if inside else 'outside'} an interrupt"
    measured(g02.after_last_token(outcome, text))
    low, tripped = g02.after_fault(outcome, struck_us, text)
    measured(low)
    if until_reset:
        measured(tripped)
        measured(g02.reset_after(outcome, struck_us, g02.WATCHDOG_US, text))
    return inside, low.value


@settings(phases=UNSHRUNK, max_examples=examples(20))
@given(st.integers(0, 40_000_000), st.booleans())
@example(5_000_000, True)
def test_g02_a_hang_at_any_instruction(on_chip, measured, delay_ns, in_interrupt):
    inside, _ = hang(on_chip, measured, delay_ns, in_interrupt)
    assert inside or not in_interrupt


def test_g02_the_watchdog_ends_a_hang(on_chip, measured):
    hang(on_chip, measured, 7_654_321, False, until_reset=True)


def test_g02_a_hundred_hangs(on_chip, measured, timed):
    chance = random.Random(2)
    found = [hang(on_chip, measured, chance.randrange(60_000_000), number % 3 == 2) for number in range(HANGS)]
    assert sum(inside for inside, _ in found) >= HANGS // 3
    timed(distribution("G2 hang to permit low", [low for _, low in found], "µs", EMULATED, g02.BOUND_US))


def test_g02_a_blocked_bus(on_chip, measured):
    outcome, struck_us = on_chip.on.run(trials.blocked_bus_of, 3_333_333)
    for measurement in [
        g02.after_last_token(outcome, "blocked bus"),
        g02.after_fault(outcome, struck_us, "blocked")[1],
    ]:
        measured(measurement)


# ---- G5


@pytest.mark.parametrize("how", ["run", "power"])
def test_g05_a_reset_takes_the_permit_at_once(on_chip, measured, how):
    for measurement in g05.measure(on_chip.on.run(trials.reset_of, how, 9_876_543), how):
        measured(measurement)


@pytest.mark.parametrize("how", ["run", "power"])
def test_g05_at_any_instruction(on_chip, measured, how):
    chance = random.Random(5)
    for _ in range(6):
        delay_ns = chance.randrange(25_000_000)
        for measurement in g05.measure(on_chip.on.run(trials.reset_of, how, delay_ns), f"{how} {delay_ns} ns"):
            measured(measurement)


# ---- G10, G11


@settings(phases=UNSHRUNK, max_examples=examples(4))
@given(stop=strategies.stops())
def test_g10_the_stop_loop_opens(on_chip, measured, stop):
    run = on_chip.on.run(trials.stop_of, stop)
    oracle = Oracle(on_chip.limits)
    measured(g10.reaction(run, oracle))
    measured(g10.relays(run, oracle))


@pytest.mark.parametrize("kind", [kind for kind, where in g11.KINDS.items() if where == "on"])
def test_g11_not_released(on_chip, measured, kind):
    run = on_chip.safe.run(trials.failure_of, g11.Failure(kind, 0, 40_000))
    measured(g11.reaction(run, Oracle(on_chip.limits)))
