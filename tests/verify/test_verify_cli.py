"""`sonofuse hil verify` as a person runs it."""

import json
import os
import shlex
import signal
from pathlib import Path

import psutil
import pytest

from sonofuse_hil.cli import main
from tests.cli.command import TIMEOUT_S, left_over, sonofuse, start, wait_for_a_vm
from tests.verify import edits


def test_what_holds_is_a_table(tmp_path: Path) -> None:
    ended = sonofuse(tmp_path, "hil", "verify", "bone_metastasis", "--only", "G10", "-n", "2", "--jobs", "2")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("not covered: H2 focus in the fat: ")
    (row,) = [line for line in lines if "fault patient_stop (53)" in line]
    assert row.split()[-1] == "holds" and "10.300 ms" in row
    assert lines[-1].startswith("2 of 2 properties hold, 3 examples, seed 1, tier: software.")
    assert not (tmp_path / "verify").exists(), "nothing failed, nothing is left"


def test_one_json_object_and_the_same_for_any_number_of_jobs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for jobs in ("1", "2"):
        words = ["verify", "--only", "G10", "-n", "1", "--json", "--jobs", jobs, "--out", str(tmp_path / "out")]
        assert main(words) == 0
        said.append(json.loads(capsys.readouterr().out))
    one, two = said
    assert one == two
    assert (one["passed"], one["stopped"], one["tier"], one["n"]) == (True, False, "software", 1)
    assert [prop["verdict"] for prop in one["properties"]] == ["holds", "holds"]
    first = one["properties"][0]
    assert first["bound"] == 10.3 and first["margin"] == pytest.approx(first["bound"] - first["value"])
    assert any(line.startswith("fault 26 cavitation") for line in one["not_covered"])


def test_what_fails_is_a_scenario_that_repeats_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limits = edits.write(tmp_path, edits.NO_GAP)
    words = ["verify", str(limits), "--only", "G12", "-n", "1", "--jobs", "1", "--out", str(tmp_path / "out")]
    assert main(words) == 1
    out = capsys.readouterr().out
    assert "no start before cooling is done: RF came back after" in out
    (again,) = [line.strip() for line in out.splitlines() if line.startswith("  sonofuse hil run")]
    assert main(shlex.split(again)[2:]) == 1
    assert "before a cooling gap of 1 s" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-n", "0"), "'0': must be a whole number from 1"),
        (("--jobs", "x"), "'x': must be a whole number from 1"),
        (("--seed", "4294967296"), "from 0 to 4294967295"),
        (("--only", "G13"), "'G13' is no guarantee; did you mean"),
        (("--only", "G9"), "nothing that verify tries belongs to it"),
        (("--board", "rev_x"), "no board 'rev_x'"),
        (("bone_metastases",), "bone_metastases:1: file: cannot be read"),
    ],
)
def test_wrong_words_are_one_line(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    ended = sonofuse(tmp_path, "hil", "verify", *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert said in ended.err


def test_a_debounce_too_long_for_its_bound_is_one_line(tmp_path: Path) -> None:
    edits.write(tmp_path, {"channel.forward.set.debounce": "300 ms"})
    ended = sonofuse(tmp_path, "hil", "verify", "limits.toml")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "channel.forward.set.max_reaction" in ended.err and "the reaction takes longer" in ended.err


def test_limits_with_which_no_plan_can_be_armed_are_one_line(tmp_path: Path) -> None:
    changes = {"channel.forward.above.trip": "20 W", "channel.forward.above.warn": "18 W"}
    edits.write(tmp_path, changes)
    ended = sonofuse(tmp_path, "hil", "verify", "limits.toml")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "limits.toml: nothing from 30.7692 to 147.692 lies from" in ended.err


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    ended = sonofuse(tmp_path, "hil", "verify", "--out", "file")
    assert (ended.code, ended.out) == (3, "") and "is a file" in ended.err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_tells_what_was_tried(jobs: str, tmp_path: Path) -> None:
    with start(tmp_path, "hil", "verify", "-n", "1000", "--jobs", jobs) as process:
        wait_for_a_vm(process, tmp_path)
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130
    assert err.endswith("properties were tried, the table shows them\n") and err.count("\n") == 1
    assert out.startswith("not covered: ") and "H4 overpower" in out
    _, alive = psutil.wait_procs(children, timeout=5)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []
    assert left_over(tmp_path) == [] and not (tmp_path / "verify").exists()


def test_ctrl_c_with_json_is_one_object(tmp_path: Path) -> None:
    with start(tmp_path, "hil", "verify", "-n", "1000", "--jobs", "1", "--json") as process:
        wait_for_a_vm(process, tmp_path)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130 and json.loads(out)["stopped"] is True
