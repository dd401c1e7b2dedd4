"""What the strategies draw can be built and run, is what the limits and the board take, and shrinks to little."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from sonofuse.limits import SHIPPED, load
from sonofuse.limits import find as limits_named
from sonofuse_hil import faults, ranges, strategies
from sonofuse_hil.bench import Tolerances
from sonofuse_hil.operator import Sonication
from sonofuse_hil.plant.response import response
from sonofuse_hil.plant.tissue import STANDARD
from sonofuse_hil.scenario import Scenario, load_scenario, run_scenario
from sonofuse_hil.scenario_text import scenario_text
from sonofuse_hil.strategies import Range, examples

FILES = {name: limits_named(name) for name in ("bone_metastasis", "mini_ntc")}
REV_A = load(SHIPPED).board
SMALL = settings(max_examples=4000, phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", FILES)
def test_a_scenario_is_one_that_limits_and_board_take_and_that_a_file_can_say(name: str, tmp_path: Path) -> None:
    limits = load(FILES[name])
    path = tmp_path / "drawn.toml"

    @settings(max_examples=examples(40))
    @given(scenario=strategies.scenarios(FILES[name]))
    def build(scenario: Scenario) -> None:
        _, blob = scenario.limit_set()
        assert blob
        for event in scenario.events:
            assert event.fault.uncovered(limits.board, event.values) == ""
        text = scenario_text(scenario, scenario.limits)
        path.write_text(text, encoding="utf-8")
        read = load_scenario(path)
        assert scenario_text(read, read.limits) == text
        assert (read.plan, read.seed) == (scenario.plan, scenario.seed)
        assert [event.time_us for event in read.events] == [event.time_us for event in scenario.events]
        assert read.expect == scenario.expect

    build()


@settings(max_examples=examples(12))
@given(scenario=strategies.scenarios(SHIPPED, plan=strategies.plans(load(SHIPPED), duration_s=Range(0.3, 1.5))))
def test_a_scenario_shows_what_it_expects(scenario: Scenario) -> None:
    outcome = run_scenario(scenario)
    assert outcome.passed, f"{outcome.reason}\n{scenario_text(scenario, scenario.limits)}"


@settings(max_examples=examples(100))
@given(plan=strategies.plans(load(SHIPPED)))
def test_a_plan_stays_within_the_limits(plan: tuple[Sonication, ...]) -> None:
    limits = load(SHIPPED)
    over = 10 ** (2 * 0.02)  # what a detector of 0.2 dB may read, there and back
    for sonication in plan:
        assert 0.0 < sonication.power_w <= strategies.armable_w(limits) < 120.0
        assert 0.0 < sonication.duration_s < limits.max_on_s
        assert sonication.power_w * sonication.duration_s * over <= limits.energy_j * 1.001


def test_a_plan_may_be_asked_for_that_the_limits_refuse() -> None:
    limits, much = load(SHIPPED), Range(200.0, 300.0)
    beyond = find(strategies.plans(limits, power_w=much, armable=False), lambda _plan: True, settings=SMALL)
    assert beyond[0].power_w >= 200.0
    with pytest.raises(ValueError, match=r"^nothing from 200 to 300 lies from 0\.1 to 109\.229$"):
        strategies.plans(limits, power_w=much)


@settings(max_examples=examples(6))
@given(anatomy=strategies.anatomies())
def test_a_patient_can_be_solved(anatomy: object) -> None:
    assert response(anatomy).rates.size > 0  # type: ignore[arg-type]


def test_where_a_sensor_lies_changes_what_it_sees() -> None:
    moved = find(strategies.anatomies(layers=False), lambda a: a.probes_mm[0] > 2.5, settings=SMALL)
    assert moved.probes_mm == (2.6, STANDARD.probes_mm[1]) and moved.layers == STANDARD.layers
    assert (response(moved).weights[0] != response(STANDARD).weights[0]).any()
    assert (response(moved).weights[1] == response(STANDARD).weights[1]).all()


def test_scenarios_shrink_to_a_small_plan_and_the_standard_patient_and_bench() -> None:
    small = find(strategies.scenarios(SHIPPED), lambda s: len(s.plan) > 1, settings=SMALL)
    assert [s.duration_s for s in small.plan] == [ranges.DURATION_S.low] * 2
    assert small.events == () and small.anatomy == STANDARD and small.tolerances == Tolerances() and small.seed == 1


def test_faults_shrink_to_an_early_one_with_its_defaults() -> None:
    drawn = strategies.faults_of(REV_A, load(SHIPPED))
    (event,) = find(drawn, lambda events: events[-1].fault.name == "overpower", settings=SMALL)
    assert (event.time_us, event.values, event.sonication) == (30_000, {"power": 200.0}, 0)


@pytest.mark.parametrize("name", faults.fault_names())
def test_parameters_are_those_of_the_register(name: str) -> None:
    fault = faults.get(name)
    if fault.covered_nowhere(REV_A):
        with pytest.raises(ValueError, match="not covered"):
            strategies.parameters(fault, REV_A)
        return

    @settings(max_examples=examples(30))
    @given(values=strategies.parameters(fault, REV_A))
    def holds(values: dict[str, float | str]) -> None:
        assert set(values) == set(fault.parameters)
        assert fault.uncovered(REV_A, values) == ""
        bound_us = strategies.certain_us(fault, load(SHIPPED), values)
        assert bound_us is None or bound_us >= (fault.bound_us(load(SHIPPED), values) or 0)

    holds()


def test_two_faults_at_once_may_be_drawn_or_not() -> None:
    limits = load(SHIPPED)
    two = find(strategies.faults_of(REV_A, limits), lambda events: len(events) == 2, settings=SMALL)
    assert len(two) == 2
    alone = strategies.faults_of(REV_A, limits, doubles=False, only=("brown_out", "patient_stop"))
    (event,) = find(alone, lambda events: events[0].fault.name == "patient_stop", settings=SMALL)
    assert event.time_us == 30_000


def test_what_a_board_cannot_show_is_not_drawn() -> None:
    mini = load(FILES["mini_ntc"])
    with pytest.raises(ValueError, match="board mini_ntc can show none of these faults: open_load"):
        find(strategies.faults_of(mini.board, mini, only=("open_load",)), lambda _events: True, settings=SMALL)
    with pytest.raises(KeyError, match="did you mean"):
        find(strategies.faults_of(REV_A, mini, only=("overpowr",)), lambda _events: True, settings=SMALL)


@settings(max_examples=examples(100))
@given(number=st.floats(0.0, 10.0))
def test_a_range_that_is_cut(number: float) -> None:
    cut = Range(0.0, 10.0).within(number, 20.0)
    assert (cut.low, cut.high) == (number, 10.0)
