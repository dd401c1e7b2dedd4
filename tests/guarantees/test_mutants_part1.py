"""The checks of G1, G8, G10 and G11 can fail: each finds a firmware in which just that was broken.

Two mutants that must not be found stand at the end: they take away one of two ways of which either is enough.
"""

import pytest

from sonofuse.limits import SHIPPED
from sonofuse_hil.device import mistake
from sonofuse_hil.guarantees import excursion, g01, g08, g10, g11
from sonofuse_hil.guarantees.excursion import Excursion
from sonofuse_hil.guarantees.g04 import blind
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.operator import SAFE, Sonication
from sonofuse_hil.rig import Rig

ORACLE = Oracle(SHIPPED)
SHORT = Sonication(40.0, 1.3)
TRIPS = """            if cause:
                if not waits & _NOT_YET:
                    self.trip(cause)
            el"""  # and what follows is "if", and permits

# check -> an excursion beyond it, in a plan so short that its mutant is soon known
BEYOND = {
    "range": Excursion("skin_a", "range", 0.0, 30_000, "open", SHORT),
    "stale": Excursion("skin_a", "stale", 0.0, 30_000, "halted", SHORT),
    "stuck": Excursion("skin_a", "stuck", 0.0, 30_000, "stuck", Sonication(40.0, 5.5)),
    "above": Excursion("forward", "above", 130.0, 30_000, "", SHORT),
    "below": Excursion("supply", "below", 0.0, 30_000, "", SHORT),
    "rise": Excursion("skin_a", "rise", 5.0, 30_000, "", SHORT),
    "rise_off": Excursion("skin_a", "rise_off", 5.0, 30_000, "", SHORT),
    "pair": Excursion("skin_a", "pair", 4.0, 30_000, "", SHORT),
    "dose": Excursion("skin_a", "dose", 52.0, 30_000, "", SHORT),
    "set": Excursion("forward", "set", 60.0, 30_000, "", SHORT),
    "ratio": Excursion("reflected", "ratio", 4.0, 30_000, "", SHORT),
    "idle": Excursion("forward", "idle", 5.0, 30_000, "", SHORT),
    "energy": Excursion("monitor", "energy", 200.0, 30_000, "", SHORT),
    "duration": Excursion("monitor", "duration", 0.0, 30_000, "", Sonication(40.0, 0.3)),
}


def broken_but_running(run):
    """Whether the mutant booted and met its stimulus: a crash is no kill."""
    return bool(run.stimuli) and any(seen.state == SAFE for seen in run.seen) and not run.resets


@pytest.mark.parametrize("check", BEYOND)
def test_g01_finds_a_check_that_never_fails(check, limits_files):
    beyond = BEYOND[check]
    limits = limits_files.alone(beyond.channel, check)
    limit_us = round(beyond.plan.duration_s * 1e6) + 1_800_000
    assert g01.reaction(excursion.perform(beyond, limits), Oracle(limits)).passed
    broken = excursion.perform(beyond, limits, blind(check), limit_us)
    assert broken_but_running(broken)
    assert not g01.reaction(broken, Oracle(limits)).passed


def test_g01_finds_a_doubled_debounce(limits_files):
    limits = limits_files.alone("forward", "above")
    run = excursion.perform(BEYOND["above"], limits, mistake("kernel.py", "count += 2", "count += 1", 2))
    assert broken_but_running(run) and not g01.reaction(run, Oracle(limits)).passed


def test_g01_finds_a_limit_in_the_wrong_unit(limits_files):
    limits = limits_files.alone("skin_a", "above")
    after = "\n                    elif left & (1 << (BELOW - ABOVE))"
    transform = mistake("kernel.py", f"metric = value{after}", f"metric = value - 1000{after}")
    run = excursion.perform(Excursion("skin_a", "above", 41.2, 30_000, "", SHORT), limits, transform)
    assert broken_but_running(run) and not g01.reaction(run, Oracle(limits)).passed


def test_g08_finds_an_energy_limit_of_half(limits_files):
    treatment = g08.population(1, 1)[0]
    transform = mistake("monitor.py", "self._energy_ratio >> 25)", "self._energy_ratio >> 26)")
    with Rig(limits_files.quick, treatment.plan, transform=transform) as rig:
        run = rig.run_plan(5_000_000)
    assert not g08.completed(run, treatment).passed
    assert g08.false_trips([run], 1e9).value > g08.rate_upper(0, run.end_us / 3600e6)


def test_g08_finds_an_energy_limit_that_comes_too_early(limits_files):
    """The energy of one sonication must not count against the limit of the next."""
    plan = (Sonication(80.0, 0.6), Sonication(40.0, 0.3))
    treatment = g08.Treatment(plan, g08.population(1, 1)[0].tolerances, 1)
    assert g08.completed(g08.perform(treatment, limits_files.quick), treatment).passed
    early = mistake(
        "monitor.py", "        self._set_energy = min(", "        self._set_energy = inputs[I_ENERGY] = min("
    )
    with Rig(limits_files.quick, plan, transform=early) as rig:
        assert not g08.completed(rig.run_plan(6_000_000), treatment).passed


@pytest.mark.parametrize(
    "transform", [mistake("kernel.py", "count += 2", "count += 1", 2), blind("below")], ids=["slow", "never"]
)
def test_g10_finds_a_stop_that_is_slow_or_ignored(transform, limits_files):
    limits = limits_files.alone("stop_loop", "below")
    stop = g10.Stop(30_000)
    assert g10.reaction(g10.perform(stop, limits), ORACLE).passed
    broken = g10.perform(stop, limits, transform)
    assert broken_but_running(broken) and not g10.reaction(broken, ORACLE).passed


@pytest.mark.parametrize(
    ("kind", "transform"),
    [
        ("contact_low", blind("follow")),
        ("welded", blind("follow")),
        ("no_tokens", blind("follow")),
        ("contact_high_idle", blind("follow")),
        ("forward_idle", blind("idle")),
        ("welded", mistake("kernel.py", "mode_us >= limits[H_SETTLE_US]:", "mode_us >= 2 * limits[H_SETTLE_US]:")),
        ("runaway", mistake("monitor.py", "if state != SAFE and state != ARMED:", "if state != ARMED:")),
    ],
)  # fmt: skip
def test_g11_finds_what_is_not_noticed(kind, transform, limits_files):
    failure = g11.Failure(kind, 1, 30_000)
    assert g11.reaction(g11.perform(failure, limits_files.quick), ORACLE).passed
    broken = g11.perform(failure, limits_files.quick, transform)
    assert broken_but_running(broken) and not g11.reaction(broken, ORACLE).passed


def test_g11_finds_a_silent_alarm(limits_files):
    silent = mistake("monitor.py", "        self._alarm.begin(cause, self._inputs[I_NOW])\n", "")
    run = g11.perform(g11.Failure("contact_low", 0, 30_000), limits_files.quick, silent)
    assert broken_but_running(run) and not g11.reaction(run, ORACLE).passed


@pytest.mark.parametrize(
    "transform",
    [
        mistake("monitor.py", TRIPS, "            "),
        mistake("permit.py", "        mem32[self._ctrl] = self._function | _OUT_LOW\n", ""),
    ],
    ids=["trip is ignored, the token is wrong", "pad is not forced, the program is stopped"],
)
def test_either_of_two_ways_is_enough(transform, limits_files):
    limits = limits_files.alone("forward", "above")
    run = excursion.perform(BEYOND["above"], limits, transform, limit_us=2_000_000)
    t_us = run.stimuli[0].t_us
    end_us = min(end for switch in (0, 1) for first, end in run.bursts(switch) if first <= t_us < end)
    assert end_us - t_us <= Oracle(limits).bound_us("forward", "above") + 25  # the look at a wrong word
