"""The declared distribution: a pure function of a point, with coordinates for two faults of any kind and phase."""

from dataclasses import replace

import numpy as np
import pytest

from sonofuse.limits import SHIPPED, load
from sonofuse_hil.campaign.declared import DIMENSIONS, SONICATIONS, Drawn, scenario
from sonofuse_hil.campaign.expected import declared_causes, explains, must_inhibit
from sonofuse_hil.campaign.kinds import BEFORE, GAP, KINDS, PAIRS, PHASES, touches
from sonofuse_hil.faults import get

LIMITS = load(SHIPPED)


def drawn(seed: int, *faults: str) -> Drawn:
    point = np.random.default_rng(seed).random(DIMENSIONS)
    return scenario([float(value) for value in point], 1, SHIPPED, faults=faults)


def test_a_scenario_is_a_function_of_its_point() -> None:
    assert drawn(3) == drawn(3)
    with pytest.raises(ValueError, match="coordinates"):
        scenario([0.5] * (DIMENSIONS - 1), 1, SHIPPED)
    with pytest.raises(ValueError, match="coordinates"):
        scenario([1.5] * DIMENSIONS, 1, SHIPPED)


@pytest.mark.parametrize("fault", KINDS)
def test_a_point_has_coordinates_for_every_fault(fault: str) -> None:
    found = scenario([0.999] * DIMENSIONS, 1, SHIPPED, faults=(fault,))
    assert [strike.fault for strike in found.strikes] == [fault]
    assert set(found.strikes[0].values) == set(get(fault).parameters) and len(found.scenario.plan) == SONICATIONS


@pytest.mark.parametrize("fault", KINDS)
def test_what_is_drawn_is_within_what_the_fault_accepts(fault: str) -> None:
    for at in (0.0, 1.0):
        for strike in scenario([0.9] * 20 + [at] * (DIMENSIONS - 20), 1, SHIPPED, faults=(fault,)).strikes:
            for name, value in strike.values.items():
                kind = get(fault).parameters[name]
                low, high = getattr(kind, "low", value), getattr(kind, "high", value)
                base = get(fault).values({name: low})[name], get(fault).values({name: high})[name]
                assert base[0] <= value <= base[1], f"{fault} {name}"  # type: ignore[operator]


def test_all_phases_pairs_and_nothing_broken_come_up() -> None:
    found = [drawn(seed) for seed in range(3000)]
    strikes = [strike for it in found for strike in it.strikes]
    assert {strike.phase for strike in strikes} == set(PHASES) and {strike.fault for strike in strikes} == set(KINDS)
    assert 0.27 < sum(not it.strikes for it in found) / len(found) < 0.33
    two = [tuple(strike.fault for strike in it.strikes) for it in found if len(it.strikes) == 2]
    assert set(PAIRS) <= set(two) and len(set(two)) > 200
    assert {len(it.scenario.plan) for it in found} == {1, 2, 3, 4}
    for it in found:
        if len(it.strikes) == 2 and (it.strikes[0].fault, it.strikes[1].fault) not in PAIRS:
            one, other = (touches(strike.values, get(strike.fault)) for strike in it.strikes)
            assert not one & other and not any(KINDS[strike.fault].alone for strike in it.strikes)
        for strike in it.strikes:
            assert (strike.phase == BEFORE) == (not strike.event.after_rf)
            assert strike.phase != GAP or strike.event.sonication < len(it.scenario.plan) - 1


@pytest.mark.parametrize("fault", [name for name, kind in KINDS.items() if kind.slow])
def test_a_slow_fault_has_the_time_to_be_seen(fault: str) -> None:
    for seed in range(40):
        it = drawn(seed, fault)
        for strike in it.strikes:
            bound_us = strike.event.fault.bound_us(LIMITS, strike.values)
            if bound_us is not None and strike.phase in ("onset of RF", "middle"):
                lasts_us = 1e6 * it.scenario.plan[strike.event.sonication].duration_s
                assert strike.event.time_us + bound_us < lasts_us or lasts_us == 15e6


@pytest.mark.parametrize("fault", KINDS)
def test_a_fault_explains_what_its_cases_declare(fault: str) -> None:
    it = next(it for seed in range(200) if (it := drawn(seed, fault)).strikes)
    for cause in declared_causes(fault):
        channel, check = cause.split()
        values = {"channel": channel} if "channel" in it.strikes[0].values else {}
        strike = replace(it.strikes[0], values={**it.strikes[0].values, **values})
        assert explains(strike, {(channel, check)})
    assert explains(it.strikes[0], {("monitor", "token")}) == (fault in ("memory_bit", "kernel_bit"))


def test_what_a_start_has_to_wait_for_is_known_from_the_catalogue() -> None:
    held = {name for name in KINDS for seed in range(60) for s in drawn(seed, name).strikes if must_inhibit(s)}
    assert {"damaged_firmware", "damaged_limits", "watchdog_dead"} <= held
    assert not held & {"sensor_open", "flow_meter_lies", "counter_wrap", "impatient_operator"}
