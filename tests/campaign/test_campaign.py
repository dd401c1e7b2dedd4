"""A campaign: the same bytes however it was run, what opens it, what it says, what it refuses."""

import json
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from sonofuse.limits import SHIPPED
from sonofuse_hil.campaign import surprises
from sonofuse_hil.campaign.folder import WHOLE, read, to_bytes
from sonofuse_hil.campaign.summary import clopper_pearson, poisson
from sonofuse_hil.cli import main

from .conftest import FAULTS, N

SEED = ["--seed", "5", "--faults", FAULTS]


def changed(once: Path, folder: Path, **values: object) -> None:
    """The small campaign again, with a row 3 that no run has shown."""
    shutil.copytree(once, folder, dirs_exist_ok=True)
    part = folder / "part-00000000.parquet"
    rows = read(part)
    rows[3] |= values
    part.write_bytes(to_bytes(rows))


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


def test_a_row_repeats_from_seed_and_number_alone(once: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rerun", "3", *SEED, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["same"] is None and said["row"] == read(once / WHOLE)[3]


def test_a_neighbour_repeats_from_its_lineage_and_has_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "row.html"
    words = ["rerun", "371,3", *SEED, "--report", str(page), "--json"]
    assert main(words) == 0
    first = json.loads(capsys.readouterr().out)["row"]
    assert (first["part"], first["lineage"]) == ("search", "371,3")
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text and "Row 371" in text and f"sonofuse hil rerun 371,3 --seed 5 --faults {FAULTS}" in text
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["row"] == first


def test_a_row_that_is_not_what_it_was_is_said(once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(once, tmp_path, run_sha256="0" * 64)
    assert main(["rerun", "3", "--out", str(tmp_path)]) == 1
    assert "NOT the same" in capsys.readouterr().out


def test_the_summary_as_json(once: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*N, "--out", str(once), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["passed"] and said["scenarios"] == 12 and said["surprises"] == []
    assert said["outcomes"]["safe"] == {"random": 12, "quasi-random": 0, "search": 0}
    assert said["misses"]["bound"] == pytest.approx(clopper_pearson(0, said["misses"]["of"]))
    kept = json.loads((once / "summary.json").read_text(encoding="utf-8"))
    assert kept == {name: said[name] for name in kept}


def test_the_page_stands_alone_and_shows_what_was_not_drawn(once: Path) -> None:
    text = (once / "campaign.html").read_text(encoding="utf-8")
    assert "src=" not in text and "http://" not in text.replace("http://www.w3.org", "")
    assert "A campaign of 12 scenarios" in text and "scenarios, not of patients" in text
    assert '<span class="badge bad">0</span>' in text and text.count("<figure>") >= 3
    assert "sonofuse hil rerun" in text


def test_an_unsafe_row_is_one_line_with_the_command_that_repeats_it(
    once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(once, tmp_path, outcome="unsafe", reason="made up")
    assert main([*N, "--out", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("unsafe: ") and lines[0].endswith(f"; sonofuse hil rerun 3 --seed 5 --faults {FAULTS}")
    assert "made up" in (tmp_path / "campaign.html").read_text(encoding="utf-8")


def test_what_is_not_covered_comes_first_and_is_no_failure(
    once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row is made up; that a run gives such a verdict: test_verdict.py."""
    two = {"fault": "patient_stop", "phase": "middle", "second": "sensor_open", "second_phase": "end"}
    changed(once, tmp_path, outcome="not covered", reason="made up", skin_k=-7.25, **two)
    assert main([*N, "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("not covered: patient_stop (middle) and sensor_open (end): made up; sonofuse")
    assert lines[1].startswith("not covered by this board: 1 scenario in which patient_stop and sensor_open")
    assert "up to 7.2 K beyond its limit" in lines[1] and "1 of " in lines[1]
    struck = sum(bool(row["fault"]) for row in read(tmp_path / WHOLE))
    assert f"misses: 0 of {struck - 1} independent scenarios" in lines[3]
    text = (tmp_path / "campaign.html").read_text(encoding="utf-8")
    assert 'class="verdict known"' in text and "1 not covered, 11 safe, 0 unsafe" in text
    assert text.index("Not covered by this board") < text.index("Verdicts")


def test_surprises_begin_with_what_is_not_covered() -> None:
    outcomes = ("unsafe", "safe", "not covered", "false trip", "not covered")
    rows = [{"number": number, "outcome": outcome} for number, outcome in enumerate(outcomes)]
    assert [row["number"] for row in surprises.among(rows)] == [2, 4, 0, 3]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["campaign", "-n", "13", "--seed", "5"], "holds another campaign"),
        (["campaign", "--faults", "overpowr"], "did you mean"),
        (["campaign", "-n", "0"], "must be a whole number"),
        (["rerun", "12"], "rows 0 to 11"),
        (["rerun", "5,3", "--seed", "5"], "row 5 is no neighbour"),
        (["rerun", "370", "--seed", "5"], "whole lineage"),
        (["rerun", "370,x", "--seed", "5"], "must be a whole number"),
        (["rerun", "3", "--seed", "5", "--faults", "overpowr"], "did you mean"),
    ],
)
def test_bad_input_is_one_line(once: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--out", str(once)]) == 2
    told = capsys.readouterr().err
    assert said in told.lower() and told.count("\n") == 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('duration = "40 s"', 'duration = "10 s"', "draws up to 15 s, and these limits allow 10 s"),
        ('energy = "3000 J"', 'energy = "900 J"', "draws up to 1385 J, and these limits allow 900 J"),
        ('"110 W"\ntrip = "120 W"', '"80 W"\ntrip = "90 W"', "draws up to 92.3 W, and these limits arm at most"),
    ],
)
def test_limits_with_which_a_drawn_plan_is_impossible_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, said: str
) -> None:
    limits = tmp_path / "limits.toml"
    text = SHIPPED.read_text(encoding="utf-8")
    assert before in text
    limits.write_text(text.replace(before, after), encoding="utf-8")
    assert main(["campaign", "-n", "3", "--limits", str(limits), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1 and not (tmp_path / "out").exists()


def test_a_row_with_a_fault_that_no_campaign_draws_is_named(
    once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    part = tmp_path / "part-00000000.parquet"
    rows = read(part)
    rows[3] |= {"fault": "gremlins"}
    part.write_bytes(to_bytes(rows))
    for words in ([*N], ["rerun", "3"]):
        assert main([*words, "--out", str(tmp_path)]) == 3
        told = capsys.readouterr().err
        assert "part-00000000.parquet: damaged (no campaign draws the fault gremlins)" in told and told.count("\n") == 1


def test_another_board_draws_what_it_can_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Board Mini reads its sensors without converters of their own, so that none can fall silent."""
    words = ["campaign", "-n", "6", "--limits", "mini_ntc", "--out", str(tmp_path)]
    assert main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert "sensor_silent" not in said["coverage"] and "patient_stop" in said["coverage"]
    assert "Not covered by this board" in (tmp_path / "campaign.html").read_text(encoding="utf-8")
    assert main([*words, "--faults", "sensor_silent"]) == 2
    assert "this board can show none of them" in capsys.readouterr().err


def test_bounds_of_nothing_seen() -> None:
    assert clopper_pearson(0, 100) == pytest.approx(1.0 - 0.05 ** (1 / 100))
    assert poisson(0, 1.0) == pytest.approx(2.995732, abs=1e-6)
