"""The report: each hazard's chain against its budget, and what a board cannot see."""

import json
from dataclasses import asdict, replace
from io import StringIO

import pytest

from sonofuse.limits import SHIPPED, LimitsError, compile_limits, load
from sonofuse.limits.render import render_report
from sonofuse.limits.report import report
from sonofuse.limits.response import hidden_s

LIMITS = load(SHIPPED)
REPORT = report(LIMITS)


def record(hazard, detector, of=REPORT):
    return next(entry for entry in of.hazards if (entry.hazard, entry.detector) == (hazard, detector))


def with_check(channel, name, **changes):
    """The shipped limits with one check changed."""

    def changed(entry):
        checks = tuple(replace(check, **changes) if check.name == name else check for check in entry.checks)
        return replace(entry, checks=checks) if entry.name == channel else entry

    return replace(LIMITS, channels=tuple(changed(entry) for entry in LIMITS.channels))


def test_what_is_not_covered_comes_first():
    outcomes = [entry.outcome for entry in REPORT.hazards]
    uncovered = outcomes.count("not covered")
    assert outcomes[:uncovered] == ["not covered"] * uncovered
    assert [(entry.hazard, entry.harm) for entry in REPORT.hazards[:uncovered]] == [
        ("H2", "focus in the fat"), ("H6", "nerve or off-target dose"), ("H7", "fracture"), ("H10", "cavitation"),
    ]  # fmt: skip


def test_every_hazard_is_in_the_report():
    assert {entry.hazard for entry in REPORT.hazards} == {f"H{n}" for n in range(1, 11)}
    assert REPORT.met


def test_the_chain_of_a_skin_burn():
    """Lag 500, three conversions of 22, two ticks and 0.3, pump 3, relay 8 ms; 10 K/s."""
    entry = record("H1", "skin_a.above")
    assert entry.total_s == pytest.approx(0.5 + 3 * 0.022 + 0.0023 + 0.003 + 0.008)
    assert entry.overshoot_k == pytest.approx(10 * entry.total_s)
    assert (entry.outcome, entry.budget_s) == ("MET", 0.86)


def test_the_chain_of_the_patient_stop():
    entry = record("H8", "stop_loop.below")
    assert entry.total_s == pytest.approx(10 * 0.0011 + 0.0023 + 0.011)
    assert entry.overshoot_k is None


def test_a_slow_sensor_is_not_met():
    slow = replace(LIMITS, channels=tuple(
        replace(channel, sensor=replace(channel.sensor, lag_s=1.0)) if channel.name == "skin_a" else channel
        for channel in LIMITS.channels
    ))  # fmt: skip
    assert record("H1", "skin_a.above", report(slow)).outcome == "NOT MET"


def test_a_hazard_that_nothing_meets_fails_the_report():
    slow = with_check("stop_loop", "below", samples=90, max_reaction_s=1.0)
    assert record("H8", "stop_loop.below", report(slow)).outcome == "NOT MET"
    assert not report(slow).met


def test_a_hazard_that_no_check_names_is_not_covered():
    silent = with_check("stop_loop", "below", hazards=("hardware",))
    assert record("H8", "", report(silent)).outcome == "not covered"


def test_a_rate_of_rise_sees_a_steep_rise_before_the_lag_is_over():
    skin = LIMITS.channel("skin_a")
    rise = skin.check("rise")
    steep, gentle = hidden_s(LIMITS, skin, rise, 25.0), hidden_s(LIMITS, skin, rise, 10.0)
    assert 0.064 < steep < gentle < 0.5  # 64 ms is the lag's share alone (source: domain sheet, D)
    assert hidden_s(LIMITS, skin, rise, 2.0) is None
    assert hidden_s(LIMITS, skin, skin.check("above"), 25.0) == 0.5


def test_without_lag_the_rise_is_seen_within_its_window():
    skin = LIMITS.channel("skin_a")
    quick = replace(skin, sensor=replace(skin.sensor, lag_s=0.0))
    assert hidden_s(LIMITS, quick, skin.check("rise"), 3.0) <= skin.rise_window * 0.022


def test_the_report_is_data_and_text():
    assert json.loads(json.dumps(asdict(REPORT)))["set_max_w"] == REPORT.set_max_w
    text = render_report(REPORT)
    assert text.index("not covered") < text.index("NOT MET")
    for word in ("skin_a.above", "40.499", "MET", REPORT.digest, "clinician"):
        assert word in text
    assert compile_limits(LIMITS)[-32:].hex() == REPORT.digest
    assert StringIO(text).readline() == "bone_metastasis 1 for board rev_a, host required\n"


def test_the_reaction_of_every_check_keeps_its_limit():
    assert all(entry.reaction_s <= entry.max_reaction_s for entry in REPORT.checks)


def test_limits_that_contradict_themselves_cannot_be_compiled():
    with pytest.raises(LimitsError, match="takes longer"):
        compile_limits(with_check("skin_a", "above", samples=50))
