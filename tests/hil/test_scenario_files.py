"""Scenario files: what is read from them, and what is said about wrong ones."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from sonofuse.limits import SHIPPED
from sonofuse_hil.bench import Tolerances
from sonofuse_hil.operator import Sonication
from sonofuse_hil.plant.tissue import STANDARD
from sonofuse_hil.scenario import ScenarioError, load_scenario, scenario_names

GOOD = """
title = "Coupling is lost"
description = "In the middle of a sonication."
limits = "bone_metastasis"
seed = 3
[tolerances]
skin_a_offset = "-0.3 K"
forward_error = "0.1 dB"
generator_error = "2 %"
flow = "1.8 L/min"
[patient]
bone_absorption = "16 %"
shear_share = "20 %"
probe_a = "1 mm"
[[plan]]
power = "60 W"
duration = "2 s"
[[event]]
after_rf = "500 ms"
fault = "lost_coupling"
coupling = "10 %"
[expect]
end = "trip"
causes = ["reflected ratio"]
within = "100 ms"
"""


def load(folder: Path, text: str) -> object:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


def test_reads_every_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    found = load_scenario(path)
    assert (found.name, found.title, found.seed, found.limits) == ("mine", "Coupling is lost", 3, SHIPPED)
    assert found.plan == (Sonication(60.0, 2.0),)
    assert found.tolerances == Tolerances(
        skin_a_offset_c=-0.3, forward_error_db=0.1, generator_error=0.02, flow_ml_min=1800
    )
    probes_mm = (1.0, STANDARD.probes_mm[1])
    assert found.anatomy == replace(STANDARD, bone_absorption=0.16, shear_share=0.2, probes_mm=probes_mm)
    (event,) = found.events
    assert (event.fault.name, event.values, event.time_us, event.after_rf) == (
        "lost_coupling",
        {"coupling": 0.1},
        500_000,
        True,
    )
    assert (found.expect.since, found.expect.guarantee, found.expect.within_us) == ("lost_coupling", "G1", 100_000)
    assert found.expect.text == "trip by reflected ratio; permit low within 100 ms of lost_coupling"
    assert found.cooling_gap_s is None


def test_every_tolerance_has_a_key_or_is_for_python_only(tmp_path: Path) -> None:
    """Each by a key of its own, in the units that docs/parts.md says."""
    text = """
warmth = "15 K"
coupler_error = "0.2 dB"
coupler_tempco = "-0.002 dB"
detector_tempco = "0.005 dB"
detector_lag = "10 us"
rref_error = "0.1 %"
rref_tempco = "0.0025 %"
flow_error = "-5 %"
flow_noise = "2 %"
relay_jitter = "1 ms"
supply_error = "3 %"
supply_ripple = "50 mV"
supply_threshold_error = "1 %"
supply_tempco = "0.01 %"
"""
    (tmp_path / "s.toml").write_text(GOOD.replace("[tolerances]\n", f"[tolerances]{text}"), encoding="utf-8")
    found = asdict(load_scenario(tmp_path / "s.toml").tolerances)
    wanted = {"warmth_k": 15.0, "coupler_error_db": 0.2, "coupler_tempco_db_per_k": -0.002, "rref_error": 0.001}
    wanted |= {"detector_tempco_db_per_k": 0.005, "detector_tau_us": 10.0, "rref_tempco_per_k": 25e-6}
    wanted |= {"flow_error": -0.05, "flow_noise": 0.02, "relay_jitter_us": 1_000, "supply_error": 0.03}
    wanted |= {"supply_ripple_v": 0.05, "supply_threshold_error": 0.01, "supply_tempco_per_k": 1e-4}
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)


def test_limits_may_stand_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "s.toml").write_text(GOOD.replace("bone_metastasis", "own.toml"), encoding="utf-8")
    assert load_scenario(tmp_path / "s.toml").limits == tmp_path / "own.toml"


@pytest.mark.parametrize("name", scenario_names())
def test_shipped_files_are_well_formed(name: str) -> None:
    found = load_scenario(name)
    assert found.name == name
    assert len(found.description) > 80
    assert found.expect.text


def test_nominal_comes_first_and_runs_the_shipped_limits_unchanged() -> None:
    assert scenario_names()[0] == "nominal"
    assert len(scenario_names()) >= 11
    nominal = load_scenario("nominal")
    assert nominal.cooling_gap_s is None
    assert nominal.plan == (Sonication(61.5, 20.0),)


# what is replaced by what, on which line and key the problem is, and what is said
BAD = [
    ('title = "Coupling is lost"\n', "", "title", "is missing"),
    ("bone_metastasis", "bone_metastases", "limits", 'did you mean "bone_metastasis"'),
    ("seed = 3", "seed = -3", "seed", "whole number"),
    ("seed = 3", "sead = 3", "sead", 'unknown key; did you mean "seed"'),
    ("forward_error", "forward_eror", "tolerances.forward_eror", 'did you mean "forward_error"'),
    ('"0.1 dB"', '"0.1 W"', "tolerances.forward_error", "does not fit"),
    ('flow = "1.8 L/min"', 'flow = "-1 L/min"', "tolerances.flow", "is negative"),
    ('flow = "1.8 L/min"', 'flow_noise = "-1 %"', "tolerances.flow_noise", "is negative"),
    ('flow = "1.8 L/min"', 'flow_noise = "50 %"', "tolerances.flow_noise", "cannot be: flow noise is 0.5: it must be"),
    ('"0.1 dB"', '"100 dB"', "tolerances.forward_error", "cannot be: ad8307 error_db is 100.0"),
    ('"16 %"', '"160 %"', "patient", "bone_absorption"),
    ('"60 W"', '"60"', "plan.1.power", "has no unit"),
    ('"60 W"', "60", "plan.1.power", "text with a unit"),
    ('"60 W"', '"600 W"', "plan.1.power", "cannot be armed"),
    ('"60 W"', '"0 W"', "plan.1.power", "cannot be armed"),
    ('duration = "2 s"', 'duration = "41 s"', "plan.1.duration", "cannot be armed"),
    ('duration = "2 s"', "", "plan.1.duration", "is missing"),
    ('[[plan]]\npower = "60 W"\nduration = "2 s"\n', "", "plan", "is missing"),
    ("[[plan]]", "[plan]", "plan", "must be a list of tables"),
    ('"lost_coupling"', '"lost_couplin"', "event.1.fault", 'did you mean "lost_coupling"'),
    ('coupling = "10 %"', 'couplings = "10 %"', "event.1.couplings", 'did you mean "coupling"'),
    ('coupling = "10 %"', 'coupling = "110 %"', "event.1.coupling", "out of bounds"),
    ('after_rf = "500 ms"', "", "event.1.at", "has no time"),
    ('after_rf = "500 ms"', 'after_rf = "500 ms"\nat = "1 s"', "event.1.at", "has two times"),
    ('after_rf = "500 ms"', 'after_rf = "3 s"', "event.1.after_rf", "after the end of the sonication"),
    ('after_rf = "500 ms"', 'after_rf = "1 s"\nsonication = 2', "event.1.sonication", "is not in the plan"),
    ('end = "trip"', 'end = "tripped"', "expect.end", 'did you mean "trip"'),
    ('end = "trip"', "", "expect.end", "is missing"),
    ('["reflected ratio"]', '["reflected rato"]', "expect.causes", 'did you mean "reflected ratio"'),
    ('["reflected ratio"]', '["reflected set"]', "expect.causes", "is no check of these limits"),
    ('["reflected ratio"]', "[]", "expect.causes", "must be a list of causes"),
    ('["reflected ratio"]', '"reflected ratio"', "expect.causes", "must be a list of causes"),
    ('within = "100 ms"', "", "expect.within", "is missing"),
    ('within = "100 ms"', 'within = "100 ms"\nfrom = "overpower"', "expect.from", "is not one of the choices"),
    ('within = "100 ms"', 'within = "100 ms"\nuntil = "later"', "expect.until", "is not one of the choices"),
    ('within = "100 ms"', 'within = "100 ms"\nguarantee = "G13"', "expect.guarantee", "is not one of the choices"),
]


@pytest.mark.parametrize(("old", "new", "key", "message"), BAD)
def test_wrong_file_is_explained(old: str, new: str, key: str, message: str, tmp_path: Path) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(ScenarioError) as raised:
        load(tmp_path, GOOD.replace(old, new))
    text = str(raised.value)
    assert "\n" not in text, "one mistake, one problem"
    assert text.startswith(f"{tmp_path / 'mine.toml'}:")
    assert f": {key}" in text
    assert message in text


def test_all_problems_come_together_with_their_lines(tmp_path: Path) -> None:
    text = GOOD.replace('"60 W"', '"60"').replace('"10 %"', '"110 %"').replace('"100 ms"', '"100"')
    with pytest.raises(ScenarioError) as raised:
        load(tmp_path, text)
    lines = text.splitlines()
    assert [(p.key, lines[p.line - 1].split(" ")[0]) for p in raised.value.problems] == [
        ("plan.1.power", "power"),
        ("event.1.coupling", "coupling"),
        ("expect.within", "within"),
    ]


def test_lines_of_a_second_event(tmp_path: Path) -> None:
    second = '[[event]]\nafter_rf = "1 s"\nfault = "overpwer"\n[expect]'
    with pytest.raises(ScenarioError) as raised:
        load(tmp_path, GOOD.replace("[expect]", second))
    (problem,) = raised.value.problems
    assert problem.key == "event.2.fault"
    assert GOOD.replace("[expect]", second).splitlines()[problem.line - 1] == 'fault = "overpwer"'


def test_limits_with_problems(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        SHIPPED.read_text(encoding="utf-8").replace('"41 degC"', '"41"'), encoding="utf-8"
    )
    with pytest.raises(ScenarioError, match=r"limits = 'own.toml': has problems, the first: .*has no unit"):
        load(tmp_path, GOOD.replace("bone_metastasis", "own.toml"))


@pytest.mark.parametrize(
    ("raw", "message"),
    [(b"title = \n", "1: file: is not TOML"), (b"title = '\xff'", "is not UTF-8"), (b" " * 300_000, "is larger than")],
)
def test_what_is_no_scenario_at_all(raw: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(raw)
    with pytest.raises(ScenarioError, match=message):
        load_scenario(path)


def test_no_such_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match='did you mean "lost_coupling"'):
        load_scenario("lost_couplin")
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(tmp_path / "none.toml")
