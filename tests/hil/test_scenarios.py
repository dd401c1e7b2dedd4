"""The shipped scenarios, and what a scenario run promises: repeatable, judged, cleaned up."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sonofuse.board import load_board
from sonofuse.limits.declared import CHECKS
from sonofuse_hil import scenario as scenarios
from sonofuse_hil.operator import Sonication
from sonofuse_hil.scenario import Outcome, Scenario, cause_text, load_scenario, run_scenario, scenario_names

QUICK_S = 0.1  # cooling gap where it does not matter


def quick(name: str, seconds: float = 1.0, **changes: object) -> Scenario:
    shipped = load_scenario(name)
    plan = tuple(replace(sonication, duration_s=seconds) for sonication in shipped.plan)
    events = tuple(replace(event, time_us=500_000) if event.after_rf else event for event in shipped.events)
    return replace(shipped, cooling_gap_s=QUICK_S, plan=plan, events=events, **changes)


@pytest.mark.parametrize("name", [name for name in scenario_names() if name != "nominal"])
def test_shipped_scenario_passes(name: str) -> None:
    outcome = run_scenario(load_scenario(name))
    assert outcome.passed, outcome.reason
    assert outcome.reason == ""
    assert outcome.bound_us is not None
    assert outcome.reaction_us is not None
    assert 0 <= outcome.reaction_us <= outcome.bound_us
    assert outcome.rf_off_us is not None
    assert outcome.seen.startswith("trip by ")


def test_nominal_passes_with_a_short_gap() -> None:
    assert_nominal(run_scenario(replace(load_scenario("nominal"), cooling_gap_s=QUICK_S)))


@pytest.mark.slow
def test_nominal_passes_as_shipped() -> None:
    outcome = run_scenario(load_scenario("nominal"))
    assert_nominal(outcome)
    assert outcome.run.rf_us[0] > 60_000_000, "the cooling gap of the shipped limits"


def assert_nominal(outcome: Outcome) -> None:
    assert outcome.passed, outcome.reason
    curves = outcome.run.samples.curves
    assert 55 < max(curves["periosteum"]) < 80, "the clinical range of domain sheet A"
    assert max(curves["skin_a"]) < 39, "below the warning of the skin"
    assert (outcome.reaction_us, outcome.bound_us, outcome.run.done) == (None, None, 1)
    assert max(curves["forward"]) == pytest.approx(61.5)


def test_same_seed_same_record_other_seed_other_record() -> None:
    shipped = quick("lost_coupling")
    records = [run_scenario(replace(shipped, seed=seed)).run.digest() for seed in (1, 1, 2)]
    assert records[0] == records[1] != records[2]


def test_two_sonications_and_an_event_in_the_second() -> None:
    shipped = quick("patient_stop")
    event = replace(shipped.events[0], sonication=1)
    outcome = run_scenario(replace(shipped, plan=(Sonication(40.0, 0.6), Sonication(50.0, 1.0)), events=(event,)))
    assert outcome.passed, outcome.reason
    assert (outcome.run.done, len(outcome.run.rf_us)) == (1, 2)
    assert outcome.run.rf_us[1] < outcome.run.stimuli[0].t_us


def test_progress_counts_up_in_simulated_seconds() -> None:
    seen: list[tuple[float, float]] = []
    run_scenario(quick("patient_stop"), on_progress=lambda now_s, planned_s: seen.append((now_s, planned_s)))
    assert [now for now, _ in seen] == sorted(now for now, _ in seen)
    assert all(0 < now <= planned for now, planned in seen)
    assert len({planned for _, planned in seen}) == 1


# ---- a judge that always says yes would be worthless


@pytest.mark.parametrize(
    ("name", "expect", "reason"),
    [
        ("patient_stop", {"trip": False}, "in a run that has to end normally"),
        ("patient_stop", {"causes": (("skin_a", "above"),)}, "which is not an expected cause"),
        ("patient_stop", {"within_us": 100}, "allowed are 0.1 ms"),
        ("nominal", {"trip": True, "since": "rf", "causes": (("skin_a", "above"),)}, "no trip"),
        ("lost_coupling", {"since": "end"}, "tripped before the time that the bound counts from"),
    ],
)
def test_judge_finds_what_is_wrong(name: str, expect: dict[str, object], reason: str) -> None:
    shipped = quick(name)
    outcome = run_scenario(replace(shipped, expect=replace(shipped.expect, **expect)))
    assert not outcome.passed
    assert reason in outcome.reason
    assert "\n" not in outcome.reason


def test_judge_finds_rf_that_never_came() -> None:
    shipped = quick("nominal")
    broken = load_scenario("sensor_open").events[0]
    outcome = run_scenario(replace(shipped, events=(replace(broken, time_us=100_000, after_rf=False),)))
    assert not outcome.passed
    assert outcome.reason.startswith("RF was never permitted")


def test_judge_finds_rf_that_stays_on() -> None:
    """Both relays welded and the gate stuck: three faults that nothing in software can end, and the run says so."""
    shipped = quick("stuck_gate")
    weld = load_scenario("second_switch").events[0]
    both = [replace(weld, time_us=500_000, values={"switch": switch}) for switch in ("first", "second")]
    expect = replace(shipped.expect, causes=(("monitor", "energy"),), within_us=10**7)
    outcome = run_scenario(replace(shipped, events=(*shipped.events, *both), expect=expect))
    assert outcome.reason == "RF was still on at the end"
    assert outcome.rf_off_us is None


def test_everything_is_gone_after_an_interrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[Path] = []
    children: list[int] = []
    platforms: list[object] = []
    original = scenarios.Rig.__enter__

    def entered(rig: scenarios.Rig) -> scenarios.Rig:
        folders.append(rig.folder)
        platforms.append(rig.platform)
        return original(rig)

    monkeypatch.setattr(scenarios.Rig, "__enter__", entered)

    def interrupt(now_s: float, _: float) -> None:
        if now_s > 1.5:
            children.extend(_children())
            raise KeyboardInterrupt

    before = _children()
    with pytest.raises(KeyboardInterrupt):
        run_scenario(quick("nominal"), on_progress=interrupt)
    assert folders
    assert not folders[0].exists()
    assert getattr(platforms[0], "_vm") is None  # noqa: B009 - private on purpose
    assert _children() <= before | _zygotes(children), "no VM of this run is left"


def _children() -> set[int]:
    """Children of this process, where the system lists them."""
    tasks = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return {int(pid) for pid in tasks.read_text().split()} if tasks.exists() else set()


def _zygotes(children: list[int]) -> set[int]:
    """A loaded interpreter that later runs are forked from may stay; it runs no firmware."""
    return set(children[:1])


def test_every_cause_has_words() -> None:
    board = load_board("rev_a")
    for number, name, _, text in CHECKS:
        assert cause_text(number << 8 | 255, board) == f"monitor {name}: {text}"
    assert cause_text(4 << 8, board) == "skin_a above: above its limit"
    assert cause_text(99 << 8 | 3, board) == "water check 99: unknown to this version"
