"""Tolerance, noise, drift, temperature coefficient and lag of the parts, and that docs/parts.md knows them."""

import inspect
import itertools
import math
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sonofuse.board import load_board
from sonofuse_hil.bench import Bench, Tolerances
from sonofuse_hil.parts.ad8307 import Ad8307
from sonofuse_hil.parts.coupler import Coupler
from sonofuse_hil.parts.flow import Flow
from sonofuse_hil.parts.max31865 import Max31865
from sonofuse_hil.parts.pt100 import Pt100, resistance_ohm
from sonofuse_hil.parts.relay import Relay
from sonofuse_hil.parts.supply import Supply

REV_A = load_board("rev_a")


def test_coupler_and_detector_change_with_warmth() -> None:
    detector, coupler = Ad8307(tempco_db_per_k=0.005), Coupler(100.0, tempco_db_per_k=-0.01)
    assert (detector.volts(200.0), coupler.forward_w(40.0, 0.0)) == (Ad8307().volts(200.0), 40.0), "at 25 degC"
    detector.warmth_k = coupler.warmth_k = 40.0
    assert detector.volts(200.0) == pytest.approx(Ad8307(error_db=0.2).volts(200.0))
    assert coupler.forward_w(40.0, 0.0) == pytest.approx(40.0 * 10**-0.04)
    assert Coupler(100.0, error_db=0.2).reflected_w(40.0, 0.25) == pytest.approx(10.0 * 10**0.02, rel=1e-4)


def test_lag_of_the_detector() -> None:
    detector = Ad8307(tau_us=100.0)
    detector.follow(0, 0.0)
    assert detector.shown_v(500) == 0.25, "the first is settled"
    detector.follow(1_000, 200.0)
    full = Ad8307().volts(200.0)
    assert detector.shown_v(1_000) == 0.25
    assert detector.shown_v(1_100) == pytest.approx(full - (full - 0.25) / math.e)
    detector.follow(1_100, 0.0)
    assert detector.shown_v(1_100) == pytest.approx(full - (full - 0.25) / math.e), "no step"
    assert detector.shown_v(900) == detector.shown_v(1_100), "nobody looks before a change"


def converter(**given: float) -> Max31865:
    part = Max31865(lambda _t_us: 110.0, **given)  # type: ignore[arg-type]
    part.transfer(0, b"\x80\xc1")
    return part


def codes(part: Max31865, count: int) -> list[int]:
    found: list[int] = []
    for _ in range(count):
        _, high, low = part.transfer(part.next_event_us(), b"\x01\x00\x00")
        found.append((high << 8 | low) >> 1)
    return found


def test_reference_resistor_and_noise_of_the_converter() -> None:
    plain = codes(converter(), 1)[0]
    assert plain == round(110.0 / 430.0 * 32768)
    assert codes(converter(rref_error=0.001), 1)[0] == round(110.0 / 430.43 * 32768)
    warm = converter(rref_tempco_per_k=25e-6)
    assert codes(warm, 1)[0] == plain
    warm.warmth_k = 40.0
    assert codes(warm, 1)[0] == round(110.0 / 430.43 * 32768)
    noisy = codes(converter(noise_codes=3.0, seed=3), 2_000)
    assert math.sqrt(sum((code - plain) ** 2 for code in noisy) / 2_000) == pytest.approx(3.0, rel=0.08)


def test_slope_of_the_thermometer() -> None:
    """Class A of IEC 60751 at 37 degC: 0.15 + 0.002 x 37 K."""
    sensor = Pt100(offset_c=0.15, error_per_c=0.002)
    assert sensor.sample(0, 37.0) == pytest.approx(resistance_ohm(37.0 + 0.15 + 0.002 * 37.15), abs=1e-9)


def test_flow_meter_with_an_error_and_with_uneven_pulses() -> None:
    second_us = 1_000_000
    assert Flow(2000, 1500).pulses(60 * second_us) == 3_000
    assert Flow(2000, 1500, error=-0.05).pulses(60 * second_us) == 2_850
    uneven, t_us, edges = Flow(2000, 1500, noise=0.05, seed=5), 0, [0]
    while len(edges) < 2_000:
        t_us = uneven.next_event_us()
        uneven.level(t_us)
        edges.append(t_us)
    halves = [after - before for before, after in itertools.pairwise(edges)]
    mean = sum(halves) / len(halves)
    assert mean == pytest.approx(10_000, rel=0.005), "50 pulses a second, on average as without noise"
    assert math.sqrt(sum((half - mean) ** 2 for half in halves) / len(halves)) == pytest.approx(500, rel=0.06)


def test_a_relay_is_late_by_its_jitter_at_most() -> None:
    relay, late = Relay(jitter_us=700, seed=7), set[int]()
    for number in range(200):
        t_us = 20_000 * number
        relay.coil(t_us, number % 2 == 0)
        late.add(relay.next_event_us() - t_us - (8_000 if number % 2 == 0 else 5_000))
        relay.closed(t_us + 19_000)
    assert 0 <= min(late) < 20 and 680 < max(late) <= 700


@pytest.mark.parametrize(
    ("given", "volts", "good"),
    [
        ({}, 5.0, True),
        ({}, 4.48, True),
        ({}, 4.46, False),
        ({}, 5.44, True),
        ({}, 5.46, False),
        ({"ripple_v": 0.1}, 4.56, False),
        ({"ripple_v": 0.1}, 5.36, False),
        ({"threshold_error": 0.01}, 4.5, False),
        ({"threshold_error": 0.01}, 5.5, True),
        ({"tempco_per_k": 1e-4}, 4.48, False),
    ],
)
def test_supervisor_of_the_supply(given: dict[str, float], volts: float, good: bool) -> None:
    supply = Supply(**given)  # type: ignore[arg-type]
    supply.warmth_k, supply.volts = 40.0, volts
    assert supply.good() is good


def test_a_rail_has_its_tolerance_and_nonsense_is_refused() -> None:
    assert Supply(error=-0.05).usual_v == pytest.approx(4.75)
    for given in ({"low_v": 6.0}, {"ripple_v": -1.0}, {"error": math.nan}, {"delay_us": -1}):
        with pytest.raises(ValueError, match="supply"):
            Supply(**given)  # type: ignore[arg-type]
    supply = Supply()
    supply.volts = math.nan
    with pytest.raises(ValueError, match="supply volts is nan"):
        supply.good()


def test_the_bench_hears_of_its_supply_after_the_supervisor_s_delay() -> None:
    bench = Bench(REV_A)
    contact = bench.contacts["supply"]
    bench.feed(4.0)
    assert contact.level(0) == 0
    bench.feed(None)
    assert (contact.level(0), bench.forced) == (1, {})
    bench.supply.delay_us = 20
    bench.feed(6.0)
    bench.advance(19)
    assert contact.level(19) == 1
    bench.advance(20)
    assert contact.level(20) == 0
    assert Bench(REV_A, tolerances=Tolerances(supply_error=-0.12)).contacts["supply"].level(0) == 0


# What a bench shows of each of its tolerances, beside the drawing.
SEEN: dict[str, tuple[dict[str, Any], Callable[[Bench], object]]] = {
    "coupler_error_db": ({}, lambda bench: bench.coupler.forward_w(40.0, 0.0)),
    "coupler_tempco_db_per_k": ({"warmth_k": 30.0}, lambda bench: bench.coupler.forward_w(40.0, 0.0)),
    "detector_tempco_db_per_k": ({"warmth_k": 30.0}, lambda bench: bench.detectors["forward"].volts(40.0)),
    "detector_tau_us": ({}, lambda bench: [bench.force("forward", 40.0), bench.adc(50)]),
    "rref_error": ({}, lambda bench: bench.converter("skin_a").rref_error),
    "rref_tempco_per_k": ({"warmth_k": 30.0}, lambda bench: bench.converter("skin_a").rref_tempco_per_k),
    "converter_noise_codes": ({}, lambda bench: bench.converter("skin_a").noise_codes),
    "sensor_error_per_c": ({}, lambda bench: bench.thermometers.ohm("skin_a", 1_000)),
    "flow_error": ({}, lambda bench: bench.flow and bench.flow.next_event_us()),
    "flow_noise": ({}, lambda bench: bench.flow and bench.flow.next_event_us()),
    "relay_jitter_us": ({}, lambda bench: [relay.jitter_us for relay in bench.relays]),
    "supply_error": ({}, lambda bench: bench.supply.usual_v),
    "supply_ripple_v": ({}, lambda bench: bench.supply.ripple_v),
    "supply_threshold_error": ({}, lambda bench: bench.supply.threshold_error),
    "supply_tempco_per_k": ({}, lambda bench: bench.supply.tempco_per_k),
}
AMOUNTS = {"detector_tau_us": 200.0, "converter_noise_codes": 2.0, "relay_jitter_us": 500}


@pytest.mark.parametrize("name", SEEN)
def test_a_tolerance_reaches_its_part(name: str) -> None:
    given, look = SEEN[name]
    amount = AMOUNTS.get(name, 0.001)
    before = look(Bench(REV_A, tolerances=Tolerances(**given)))
    assert look(Bench(REV_A, tolerances=Tolerances(**given, **{name: amount}))) != before


# ---- docs/parts.md

PARTS = {part.__name__: part for part in (Coupler, Ad8307, Max31865, Pt100, Flow, Relay, Supply)}
SIX = ("tolerance", "noise", "drift", "temperature", "lag", "quantisation")


def test_the_page_says_of_every_part_which_of_the_six_it_has_and_its_parameters_exist() -> None:
    text = (Path(__file__).parents[2] / "docs" / "parts.md").read_text(encoding="utf-8")
    head, _, *rows = [line for line in text.split("A bench takes them")[0].splitlines() if line.startswith("|")]
    assert [cell.strip() for cell in head.strip("|").split("|")] == ["part", *SIX]
    cells = {row[0].strip(" `"): row[1:] for row in (line.strip("|").split("|") for line in rows)}
    assert list(cells) == list(PARTS)
    whole = set[str]()
    for name, part in PARTS.items():
        assert len(cells[name]) == len(SIX)
        known = set(inspect.signature(part).parameters) | {"drift_c_per_s", "warmth_k", "volts"}
        for cell in cells[name]:
            said = set(re.findall(r"`(\w+)`", cell))
            whole |= said
            assert said <= known, (name, said - known)
            assert said or cell.strip().startswith("none"), (name, cell)
            assert re.search(r"\[|\bnone\b|this project|wiring", cell), f"{name}: no source, and no reason: {cell}"
    assert whole > {"error_db", "tau_us", "rref_error", "drift_c_per_s", "jitter_us", "ripple_v"}


def test_every_tolerance_of_a_bench_is_on_the_page() -> None:
    text = (Path(__file__).parents[2] / "docs" / "parts.md").read_text(encoding="utf-8")
    assert [field.name for field in fields(Tolerances) if f"`{field.name}`" not in text] == []
