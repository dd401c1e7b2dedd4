"""A campaign: the same bytes however it was run, what it refuses, and its bounds."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from sonofuse.limits import SHIPPED
from sonofuse_hil.campaign.declared import DIMENSIONS, FAULTS, SONICATIONS, scenario
from sonofuse_hil.campaign.folder import WHOLE, read, to_bytes
from sonofuse_hil.campaign.rows import Asked, drawn
from sonofuse_hil.campaign.summary import clopper_pearson, poisson
from sonofuse_hil.campaign.verdict import SAFE, UNSAFE, judge
from sonofuse_hil.cli import main
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.scenario import run_scenario

N = ["campaign", "-n", "12", "--seed", "5", "--faults", "patient_stop,hung_firmware"]


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("once")
    assert main([*N, "--out", str(out)]) == 0
    return out


def test_a_lost_part_is_run_again_to_the_same_bytes(once: Path, tmp_path: Path) -> None:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    (tmp_path / WHOLE).unlink()
    (tmp_path / "part-00000010.parquet").unlink()
    assert main([*N, "--out", str(tmp_path), "--jobs", "2"]) == 0
    assert (tmp_path / WHOLE).read_bytes() == (once / WHOLE).read_bytes()


def test_pandas_and_duckdb_open_it(once: Path) -> None:
    frame = pd.read_parquet(once / WHOLE)
    assert list(frame["number"]) == list(range(12)) and frame["simulated_s"].min() > 0.0
    found = duckdb.read_parquet(str(once / WHOLE)).aggregate("count(*), sum(sonications)").fetchall()
    assert found == [(12, frame["sonications"].sum())]


def test_a_row_repeats(once: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rerun", "3", "--out", str(once)]) == 0
    assert "the same as in the campaign" in capsys.readouterr().out
    assert main(["rerun", "3", "--out", str(once), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["same"] is True and said["row"]["number"] == 3


def test_a_row_that_is_not_what_it_was_is_said(once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    part = tmp_path / "part-00000000.parquet"
    rows = read(part)
    rows[3]["run_sha256"] = "0" * 64
    part.write_bytes(to_bytes(rows))
    assert main(["rerun", "3", "--out", str(tmp_path)]) == 1
    assert "NOT the same" in capsys.readouterr().out


def test_the_summary_as_json(once: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*N, "--out", str(once), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["passed"] and said["scenarios"] == 12 and said["surprises"] == [] and "12 safe" in said["summary"][0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["campaign", "-n", "13", "--seed", "5"], "holds another campaign"),
        (["campaign", "--faults", "overpowr"], "did you mean"),
        (["campaign", "-n", "0"], "must be a whole number"),
        (["rerun", "12"], "rows 0 to 11"),
    ],
)
def test_bad_input_is_one_line(once: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--out", str(once)]) == 2
    told = capsys.readouterr().err
    assert said in told.lower() and told.count("\n") == 1


def test_a_damaged_part_is_named(once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    (tmp_path / "part-00000000.parquet").write_bytes(b"PAR1 and no more")
    assert main([*N, "--out", str(tmp_path)]) == 3
    told = capsys.readouterr().err
    assert "part-00000000.parquet: damaged" in told and told.count("\n") == 1


def test_a_permit_after_the_bound_is_unsafe() -> None:
    asked = Asked(40, 5, SHIPPED, faults=("patient_stop",))
    it = next(d for number in range(24) if (d := drawn(asked, number)).fault and d.phase != "gap")
    run = run_scenario(it.scenario).run
    oracle = Oracle(SHIPPED)
    assert judge(it, run, oracle).outcome == SAFE
    limit = oracle.limits["stop_loop", "below"]
    oracle.limits["stop_loop", "below"] = type(limit)(**{**vars(limit), "n": 0})
    assert judge(it, run, oracle).outcome == UNSAFE


def test_power_that_the_console_switches_on_is_seen_a_horizon_later() -> None:
    """Row 29 of 60, seed 1: coupling is lost in the gap, the power comes 4 ms before the firmware can see it."""
    it = drawn(Asked(60, 1, SHIPPED), 29)
    assert (it.fault, it.phase) == ("lost_coupling", "gap")
    oracle = Oracle(SHIPPED)
    verdict = judge(it, run_scenario(it.scenario).run, oracle)
    assert verdict.outcome == SAFE and verdict.reaction_us is not None
    assert verdict.reaction_us > oracle.bound_us("reflected", "ratio")


@pytest.mark.parametrize(("number", "fault"), [(203, "console_hung"), (357, "firmware_raises"), (361, "hung_firmware")])
def test_what_ends_in_the_gap_need_not_trip(number: int, fault: str) -> None:
    """Rows of 500, seed 1: a hung device is reset, boots SAFE and carries out the rest; a hung console starts none."""
    it = drawn(Asked(500, 1, SHIPPED), number)
    assert (it.fault, it.phase) == (fault, "gap")
    assert judge(it, run_scenario(it.scenario).run, Oracle(SHIPPED)).outcome == SAFE


def test_a_permit_after_a_reset_that_no_start_explains_is_unsafe() -> None:
    it = drawn(Asked(500, 1, SHIPPED), 361)
    run = run_scenario(it.scenario).run
    oracle = Oracle(SHIPPED)
    assert judge(it, run, oracle).outcome == SAFE
    assert judge(it, replace(run, rf_us=run.rf_us[:1]), oracle).outcome == UNSAFE


def test_a_scenario_is_a_function_of_its_point() -> None:
    point = [0.7] * DIMENSIONS
    assert scenario(point, 1, SHIPPED) == scenario(point, 1, SHIPPED)
    with pytest.raises(ValueError, match="coordinates"):
        scenario(point[1:], 1, SHIPPED)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_point_has_coordinates_for_every_fault(fault: str) -> None:
    longest = [0.999] * DIMENSIONS
    found = scenario(longest, 1, SHIPPED, faults=(fault,))
    assert found.fault == fault and len(found.scenario.events[0].values) == len(FAULTS[fault])
    assert len(found.scenario.plan) == SONICATIONS


def test_bounds_of_nothing_seen() -> None:
    assert clopper_pearson(0, 100) == pytest.approx(1.0 - 0.05 ** (1 / 100))
    assert poisson(0, 1.0) == pytest.approx(2.995732, abs=1e-6)
