"""The verdict of a row: what each outcome takes, on real runs and on what is changed about them."""

from dataclasses import replace
from pathlib import Path

import pytest

from sonofuse.causes import cause_words
from sonofuse.limits import SHIPPED, LimitsFile, load
from sonofuse_firmware.states import TRIPPED
from sonofuse_hil.campaign.declared import Drawn
from sonofuse_hil.campaign.expected import unfelt
from sonofuse_hil.campaign.kinds import BEFORE, GAP, KINDS, LATE
from sonofuse_hil.campaign.rows import SEARCH, Asked, drawn, part_of, treated
from sonofuse_hil.campaign.verdict import (
    FALSE_TRIP,
    NOT_COVERED,
    NOT_DETECTED,
    RIG_ERROR,
    SAFE,
    UNSAFE,
    WRONG_CAUSE,
    judge,
)
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.platforms.unix import STEADY_US
from sonofuse_hil.run import Run, Seen, Stimulus
from sonofuse_hil.scenario import run_scenario

LIMITS, ORACLE = load(SHIPPED), Oracle(SHIPPED)


def find(fault: str, *phases: str, second: bool = False) -> Drawn:
    """The first row with this fault alone, in one of the phases."""
    asked = Asked(0, 1, SHIPPED, faults=(fault,) if fault else ())
    for number in range(100):
        it = drawn(asked, (number,))
        if len(it.strikes) == (1 if fault else 0) and (not phases or it.strikes[0].phase in phases):
            return it
    raise AssertionError("no such row")


def outcome(it: Drawn, run: Run, limits: LimitsFile = LIMITS) -> str:
    return judge(it, run, ORACLE, limits).outcome


@pytest.fixture(scope="module")
def stopped() -> tuple[Drawn, Run]:
    """A patient's stop in the middle of a sonication."""
    it = find("patient_stop", "middle")
    return it, run_scenario(it.scenario).run


@pytest.fixture(scope="module")
def nominal() -> tuple[Drawn, Run]:
    it = find("")
    return it, run_scenario(it.scenario).run


def test_a_trip_within_the_bound_by_its_own_cause_is_safe(stopped: tuple[Drawn, Run]) -> None:
    it, run = stopped
    verdict = judge(it, run, ORACLE, LIMITS)
    assert verdict.outcome == SAFE and verdict.guarantee == "G10" and verdict.since == "patient_stop"
    assert verdict.margin_us == verdict.bound_us - verdict.reaction_us > 0  # type: ignore[operator]
    assert verdict.bound_us == it.strikes[0].event.fault.bound_us(LIMITS, {})


def test_a_permit_after_the_bound_is_unsafe(stopped: tuple[Drawn, Run]) -> None:
    it, run = stopped
    edges = list(run.history.edges)
    last = max(t_us for t_us, _, _ in edges)
    late = replace(
        run, history=replace(run.history, edges=[*edges[:-2], *((t + 4_000, n, e) for t, n, e in edges[-2:])])
    )
    assert last and outcome(it, late) == UNSAFE
    again = replace(
        run, history=replace(run.history, edges=[*edges, (last + 90_000, 0, True), (last + 90_001, 0, False)])
    )
    assert "permit" in judge(it, again, ORACLE, LIMITS).reason and outcome(it, again) == UNSAFE
    still = replace(run, history=replace(run.history, edges=[*edges, (last + 1_000, 0, True)]))
    assert outcome(it, still) == UNSAFE


def test_another_cause_is_a_wrong_one(stopped: tuple[Drawn, Run]) -> None:
    it, run = stopped
    other = next(n for n in range(1, 60) if n << 8 != run.cause & ~0xFF)
    forged = replace(run, seen=tuple(replace(s, cause=other << 8) if s.state == TRIPPED else s for s in run.seen))
    assert outcome(it, forged) == WRONG_CAUSE
    assert "does not explain" in judge(it, forged, ORACLE, LIMITS).reason


def test_a_trip_before_the_fault_is_a_false_one(stopped: tuple[Drawn, Run]) -> None:
    it, run = stopped
    early = Seen(run.stimuli[0].t_us - 10_000, TRIPPED, run.cause)
    assert outcome(it, replace(run, seen=(early,), rf_us=run.rf_us)) == FALSE_TRIP


def test_a_permit_that_falls_without_a_word_is_not_detected(stopped: tuple[Drawn, Run]) -> None:
    it, run = stopped
    silent = replace(run, seen=tuple(s for s in run.seen if s.state != TRIPPED), buzzer=-1)
    assert outcome(it, silent) == NOT_DETECTED
    alarmed = replace(silent, buzzer=run.buzzer)
    assert outcome(it, alarmed) == SAFE, "the buzzer says it too"


def test_nothing_broken(nominal: tuple[Drawn, Run]) -> None:
    it, run = nominal
    assert outcome(it, run) == SAFE and judge(it, run, ORACLE, LIMITS).bound_us is None
    tripped = Seen(run.end_us - 1, TRIPPED, 3 << 8)
    assert outcome(it, replace(run, seen=(*run.seen, tripped))) == FALSE_TRIP
    assert outcome(it, replace(run, done=0)) == FALSE_TRIP
    assert outcome(it, replace(run, rf_us=(), seen=())) == RIG_ERROR


@pytest.mark.parametrize(("place", "over_k", "expected"), [("skin_a", 1.0, SAFE), ("skin_a", 3.0, UNSAFE)])
def test_true_heat_beyond_a_limit_without_a_trip_is_unsafe(
    nominal: tuple[Drawn, Run], place: str, over_k: float, expected: str
) -> None:
    """At 3 K/s, the rate that just does not trip, the sensor's declared lag and the reaction hide 1.8 K."""
    it, run = nominal
    curve = [*run.samples.curves[place][:-1], 41.0 + over_k]
    hot = replace(run, samples=replace(run.samples, curves={**run.samples.curves, place: curve}))
    assert outcome(it, hot) == expected


@pytest.mark.parametrize("fault", ["damaged_limits", "damaged_firmware", "watchdog_dead"])
def test_what_is_broken_before_rf_inhibits_it(nominal: tuple[Drawn, Run], fault: str) -> None:
    it = find(fault, BEFORE)
    run = run_scenario(it.scenario).run
    assert outcome(it, run) == SAFE and not run.rf_us and not run.history.edges
    assert outcome(it, replace(nominal[1], stimuli=run.stimuli)) == UNSAFE, "RF all the same"


@pytest.mark.parametrize("fault", ["console_hung", "firmware_raises", "hung_firmware", "sensor_open"])
def test_what_happens_in_the_gap(fault: str) -> None:
    """A hung device is reset, boots SAFE and carries out the rest; a hung console starts none."""
    it = find(fault, GAP)
    assert outcome(it, run_scenario(it.scenario).run) == SAFE


@pytest.mark.parametrize(("fault", "shown_by"), [("open_load", "power"), ("output_dead", "permit")])
def test_what_nothing_shows_in_the_gap_counts_from_what_does(fault: str, shown_by: str) -> None:
    it = find(fault, GAP)
    run = run_scenario(it.scenario).run
    powered = [t_us for t_us, watts in run.history.watts if watts and t_us > run.stimuli[0].t_us]
    shown_us = {"power": powered, "permit": [run.bursts(0)[1][0]]}[shown_by][0]
    verdict = judge(it, run, ORACLE, LIMITS)
    assert verdict.outcome == SAFE and verdict.start_us == shown_us and verdict.reaction_us


def test_a_permit_after_a_reset_that_no_start_explains_is_unsafe() -> None:
    it = find("hung_firmware", GAP)
    run = run_scenario(it.scenario).run
    assert len(run.rf_us) > 1 and outcome(it, run) == SAFE
    assert outcome(it, replace(run, rf_us=run.rf_us[:1])) == UNSAFE


def test_a_bit_in_memory_is_gone_with_a_reset() -> None:
    """Row 3733 of seed 298541: it ends the firmware in the gap, and the next boot reads the limit set anew. What a bit
    does depends on what lies beside it in memory; so here it is said to have struck before a hang in the gap."""
    it, bit = find("hung_firmware", GAP), find("memory_bit", "end").strikes[0]
    run = run_scenario(it.scenario).run
    before_us = run.bursts(0)[0][1] - 30_000
    struck = replace(run, stimuli=(Stimulus(before_us, "memory_bit", ""),))
    assert len(run.rf_us) > 1 and outcome(replace(it, strikes=(bit,)), struck) == SAFE
    assert outcome(replace(it, strikes=(bit,)), replace(struck, resets=())) == UNSAFE
    unsaid = replace(struck, seen=tuple(s for s in run.seen if s.t_us > run.resets[0][0]))
    assert outcome(replace(it, strikes=(bit,)), unsaid) == UNSAFE, "the treatment was not closed"


def test_of_two_faults_the_first_bound_counts() -> None:
    asked = Asked(0, 1, SHIPPED, faults=("sensor_open", "hung_firmware"))
    both = (drawn(asked, (number,)) for number in range(400))
    it = next(it for it in both if [s.phase for s in it.strikes] == ["middle", "middle"])
    verdict = judge(it, run_scenario(it.scenario).run, ORACLE, LIMITS)
    assert verdict.outcome == SAFE and verdict.bound_us in (2_200, 71_300)


def test_a_sonication_that_ended_before_a_fault_had_to_be_seen_is_no_miss() -> None:
    """Row 605 of seed 21: an output dies as RF ends, a reset follows in the gap, and the next sonication trips."""
    it = drawn(Asked(0, 21, SHIPPED), (605,))
    assert {strike.fault for strike in it.strikes} == {"output_dead", "stack_overflow"}
    assert outcome(it, run_scenario(it.scenario, flash=treated(SHIPPED, None)).run) == SAFE


def test_an_output_that_dies_as_rf_ends_counts_from_the_next_permit() -> None:
    """Row 2385 of seed 881128: less than 20 ms are left for the read-back, and the next START trips by it."""
    it = drawn(Asked(0, 881128, SHIPPED), (2385, 1395, 1153))
    run = run_scenario(it.scenario, flash=treated(SHIPPED, None)).run
    (strike,), (last,) = it.strikes, run.bursts(1)[3:]
    assert strike.fault == "output_dead" and not run.bursts(0)[3:], "its own switch gives none any more"
    verdict = judge(it, run, ORACLE, LIMITS)
    assert verdict.outcome == SAFE and verdict.start_us == last[0] > run.stimuli[0].t_us + 2_000_000
    assert verdict.reaction_us == last[1] - last[0]
    late = [(t_us + 5_000 * (t_us == last[1]), switch, edges) for t_us, switch, edges in run.history.edges]
    assert outcome(it, replace(run, history=replace(run.history, edges=late))) == UNSAFE


def test_what_power_shows_is_over_when_the_power_is() -> None:
    """Row 9254 of seed 881128: an open load 13.5 ms before the console takes the power away as planned, and then noise
    garbles its FINISH: the permit ends by the missing receipts, and nothing could show the load any more."""
    it = drawn(Asked(0, 881128, SHIPPED), (9254,))
    run = run_scenario(it.scenario, flash=treated(SHIPPED, None)).run
    assert [strike.fault for strike in it.strikes] == ["open_load", "line_noise"]
    assert outcome(it, run) == SAFE and judge(it, run, ORACLE, LIMITS).bound_us is None
    (on_us, watts), (off_us, _) = run.history.watts[0], run.history.watts[-1]
    longer = replace(run, history=replace(run.history, watts=[(on_us, watts), (off_us + 10_000, 0.0)]))
    assert outcome(it, longer) == UNSAFE, "with power there is what shows it"
    early = replace(run, history=replace(run.history, watts=[(on_us, watts), (off_us - 10, 0.0)]))
    assert outcome(it, early) == UNSAFE, "before the planned end nobody but the monitor has to end it"


def test_a_sonication_that_stops_early_without_a_word_is_not_over_as_planned() -> None:
    it = find("open_load", "middle")
    run = run_scenario(it.scenario, flash=treated(SHIPPED, None)).run
    assert outcome(it, run) == SAFE and run.tripped is not None
    silent = replace(run, seen=tuple(s for s in run.seen if s.state != TRIPPED), buzzer=-1)
    assert outcome(it, silent) == NOT_DETECTED


def test_a_console_that_restarts_as_rf_ends_is_back_before_the_next_start() -> None:
    """Row 9611 of seed 612047: 1.1 ms behind the planned end, FINISH is on the line and the permit not yet low."""
    it = drawn(Asked(0, 612047, SHIPPED), (9611,))
    run = run_scenario(it.scenario, flash=treated(SHIPPED, None)).run
    assert [strike.fault for strike in it.strikes] == ["console_restarts"] and run.done == len(it.scenario.plan)
    assert run.rf_us[0] < run.stimuli[0].t_us < run.bursts(0)[0][1]
    assert outcome(it, run) == SAFE and judge(it, run, ORACLE, LIMITS).bound_us is None


@pytest.mark.slow
@pytest.mark.parametrize("fault", [name for name, kind in KINDS.items() if LATE in kind.phases])
def test_nothing_is_unsafe_at_any_moment_around_a_planned_end(fault: str) -> None:
    """Too rare for a campaign: the last sonication but one is over as planned just before, at or after the onset."""
    asked = Asked(0, 3, SHIPPED, faults=(fault,))
    rows = (drawn(asked, (number,)) for number in range(2000) if part_of(number) != SEARCH)
    it = next(it for it in rows if len(it.scenario.plan) == 2 and [s.phase for s in it.strikes] == [LATE]
              and it.strikes[0].event.sonication == 0 and not it.new)  # fmt: skip
    end_us = round(1e6 * it.scenario.plan[0].duration_s)
    for after_us in (-21_000, -3_000, -1_000, -100, 100, 600, 1_100, 2_000, 4_000, 9_000, 20_000, 40_000):
        event = replace(it.strikes[0].event, time_us=end_us + after_us)
        strike, scene = replace(it.strikes[0], event=event), replace(it.scenario, events=(event,))
        run = run_scenario(scene, flash=treated(SHIPPED, None)).run
        verdict = judge(replace(it, scenario=scene, strikes=(strike,)), run, ORACLE, LIMITS)
        assert verdict.outcome == SAFE, (after_us, verdict)


@pytest.fixture(scope="module")
def burnt() -> tuple[Drawn, Run]:
    """A neighbour of seed 650231: skin_a comes off, the beam is focused on the skin that it leaves, nothing trips."""
    lineage = (8185, 7781, 7391, 7181, 6779, 6370, 4781, 3580, 2995, 2172, 1585, 986, 196)
    it = drawn(Asked(0, 650231, SHIPPED), lineage)
    run = run_scenario(it.scenario, flash=treated(SHIPPED, None)).run
    assert [strike.fault for strike in it.strikes] == ["focus_on_skin", "detached_sensor"] and run.tripped is None
    return it, run


def test_a_burn_under_a_probe_that_has_come_off_is_not_covered_and_never_safe(burnt: tuple[Drawn, Run]) -> None:
    """A gap that is known (docs/hazards.md)."""
    verdict = judge(*burnt, ORACLE, LIMITS)
    assert verdict.outcome == NOT_COVERED and verdict.skin_k < -15.0
    assert verdict.reason.startswith("skin_a was 15") and verdict.reason.endswith("the other one lies beside it")


def test_only_what_nothing_feels_is_not_covered(burnt: tuple[Drawn, Run]) -> None:
    it, run = burnt
    focused, detached = it.strikes
    for strikes in ((focused,), (detached,)):
        assert outcome(replace(it, strikes=strikes), run) == UNSAFE, "one of the two alone is no case of the catalogue"
    other = replace(detached, values={**detached.values, "channel": "skin_b"})
    assert outcome(replace(it, strikes=(focused, other)), run) == UNSAFE, "skin_a is on the skin, and has to trip"
    for place in ("water", "transducer"):
        other = replace(detached, values={"channel": place, "lag": 60.0}, fault="slow_sensor")
        assert unfelt((focused, other), LIMITS) == {}, "no focus on the skin heats it"
    late = tuple(replace(s, t_us=run.end_us) if s.name == "detached_sensor" else s for s in run.stimuli)
    assert outcome(it, replace(run, stimuli=late)) == UNSAFE, "it was hot before the probe came off"


def test_a_gap_hides_nothing_else(burnt: tuple[Drawn, Run]) -> None:
    it, run = burnt
    edges = [*run.history.edges, (run.end_us - 2, 0, True), (run.end_us, 0, False)]
    assert outcome(it, replace(run, history=replace(run.history, edges=edges), end_us=run.end_us)) == UNSAFE
    curves = {**run.samples.curves, "skin_b": [60.0] * len(run.samples.t_s)}
    assert outcome(it, replace(run, samples=replace(run.samples, curves=curves))) == UNSAFE, "skin_b lies on the skin"
    tripped = Seen(run.end_us - 1, TRIPPED, 4 << 8 | LIMITS.board.index("flow"))
    assert outcome(it, replace(run, seen=(*run.seen, tripped))) == WRONG_CAUSE


def test_a_board_that_feels_the_contact_has_no_gap(burnt: tuple[Drawn, Run], contact_limits: Path) -> None:
    it, run = burnt
    limits = load(contact_limits)
    assert set(unfelt(it.strikes, LIMITS)) == {"skin_a"} and unfelt(it.strikes, limits) == {}
    verdict = judge(it, run, Oracle(contact_limits), limits)
    assert verdict.outcome == UNSAFE and verdict.since == "detached_sensor", "it had to trip within its bound"


def test_a_pair_promises_nothing_while_both_of_its_sensors_are_wrong() -> None:
    """Row 979 of seed 21 with these faults: one shows the air, 5.7 K too low, the other is 6.9 K too low."""
    faults = (
        "detached_sensor", "slow_sensor", "sensor_drift", "sensor_noise", "swapped_sensors", "wrong_sensor",
        "sensor_offset", "rf_interference", "sensor_stuck", "focus_on_skin", "interface_heating", "lost_coupling",
        "warm_water",
    )  # fmt: skip
    it = drawn(Asked(0, 21, SHIPPED, faults=faults), (979, 649))
    run = run_scenario(it.scenario, flash=treated(SHIPPED, None)).run
    detached, biased = it.strikes
    assert (detached.values["channel"], biased.fault, biased.values["channel"]) == (
        "skin_a",
        "rf_interference",
        "skin_b",
    )
    verdict = judge(it, run, ORACLE, LIMITS)
    assert verdict.outcome == SAFE and verdict.bound_us is None and verdict.skin_k > 15.0
    same = replace(detached, values={**detached.values, "channel": "skin_b"})
    assert outcome(replace(it, strikes=(same, biased)), run) == UNSAFE, "the other one is right then"
    later = tuple(replace(s, t_us=s.t_us + 600_000) if s.name == "detached_sensor" else s for s in run.stimuli)
    assert outcome(it, replace(run, stimuli=later)) == UNSAFE, "the other one was right long enough"


def test_a_pair_promises_nothing_while_one_of_its_places_alone_is_heated() -> None:
    """Row 705 of seed 22 with these faults: what the sensor drifts down the skin rises under it."""
    faults = ("sensor_drift", "slow_sensor", "detached_sensor", "sensor_noise", "rf_interference", "focus_on_skin")
    it = drawn(Asked(0, 22, SHIPPED, faults=faults), (705,))
    run = run_scenario(it.scenario, flash=treated(SHIPPED, None)).run
    assert {strike.fault for strike in it.strikes} == {"focus_on_skin", "sensor_drift"}
    verdict = judge(it, run, ORACLE, LIMITS)
    assert verdict.outcome == SAFE and verdict.bound_us is None and verdict.skin_k > 15.0
    later = tuple(replace(s, t_us=run.end_us) if s.name == "focus_on_skin" else s for s in run.stimuli)
    assert outcome(it, replace(run, stimuli=later)) == UNSAFE, "the drift alone has to be seen in time"
    curves = {**run.samples.curves, "skin_a": [60.0] * len(run.samples.t_s)}
    silent = tuple(s for s in run.seen if s.state != TRIPPED)
    burnt = replace(run, samples=replace(run.samples, curves=curves), seen=silent)
    assert outcome(it, burnt) == UNSAFE, "a burn is one, whatever hides it"


def test_a_trip_behind_the_planned_end_is_timed() -> None:
    """Nobody ends a sonication whose plug was pulled 200 ms before its end, but the missing receipts."""
    it = find("unplugged", "end")
    run = run_scenario(it.scenario, flash=treated(SHIPPED, None)).run
    onset_us = run.stimuli[0].t_us
    end_us = run.low_since(onset_us)
    assert onset_us < run.rf_us[-1] + 1e6 * it.scenario.plan[len(run.rf_us) - 1].duration_s < end_us
    verdict = judge(it, run, ORACLE, LIMITS)
    assert verdict.outcome == SAFE and verdict.reaction_us == end_us - onset_us


def test_frames_that_are_late_all_at_once_look_like_a_slow_clock() -> None:
    """Row 9688 of seed 881128: 105 ms before RF ends as planned, so that no receipt is missed."""
    it = drawn(Asked(0, 881128, SHIPPED), (9688,))
    run = run_scenario(it.scenario, flash=treated(SHIPPED, None)).run
    assert cause_words(run.cause, LIMITS.board)[:2] == ("monitor", "stop") and outcome(it, run) == SAFE


def test_a_record_may_end_within_a_sonication_that_began_late(nominal: tuple[Drawn, Run]) -> None:
    it, run = nominal
    edges = [edge for edge in run.history.edges if edge[0] < run.rf_us[-1]]
    cut = replace(run, history=replace(run.history, edges=edges), end_us=run.rf_us[-1] + 100_000)
    assert judge(it, cut, ORACLE, LIMITS).outcome == SAFE
    longer = replace(cut, end_us=run.rf_us[-1] + round(1e6 * it.scenario.plan[-1].duration_s) + 1)
    assert judge(it, longer, ORACLE, LIMITS).outcome == UNSAFE


def test_what_happens_at_once_after_a_start_may_be_seen_a_horizon_later() -> None:
    """Row 854 of seed 31: a supply that is too high 3 ms after START, which the tier shows late."""
    it = drawn(Asked(0, 31, SHIPPED), (854,))
    run = run_scenario(it.scenario, flash=treated(SHIPPED, None)).run
    assert [strike.fault for strike in it.strikes] == ["overvoltage"]
    assert 0 < run.stimuli[0].t_us - run.rf_us[-1] < STEADY_US
    verdict = judge(it, run, ORACLE, LIMITS)
    promised_us = it.strikes[0].event.fault.bound_us(LIMITS, it.strikes[0].values)
    assert promised_us is not None and verdict.outcome == SAFE and verdict.bound_us == promised_us + STEADY_US
