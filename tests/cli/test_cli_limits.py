"""`sonofuse check` and `sonofuse build` as processes: exit codes, messages, and nothing half-written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sonofuse.cli import main
from sonofuse.limits import SHIPPED

from .command import sonofuse

LOOSER = SHIPPED.read_text(encoding="utf-8").replace('trip = "41 degC"', 'trip = "42 degC"')
WRONG = SHIPPED.read_text(encoding="utf-8").replace('host = "required"', 'host = "maybe"')


def test_version(tmp_path):
    ended = sonofuse(tmp_path, "--version")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("sonofuse ")


def test_check_says_first_what_is_not_covered(tmp_path):
    ended = sonofuse(tmp_path, "check", str(SHIPPED))
    assert (ended.code, ended.err) == (0, "")
    assert "H10 cavitation: not covered" in ended.out
    assert sonofuse(tmp_path, "check", str(SHIPPED), "--json").data["name"] == "bone_metastasis"


def test_diff_fails_on_what_became_looser(tmp_path):
    (tmp_path / "new.toml").write_text(LOOSER, encoding="utf-8")
    looser = sonofuse(tmp_path, "check", "new.toml", "--diff", str(SHIPPED))
    assert looser.code == 1
    assert looser.out.splitlines()[1].startswith("looser")
    tighter = sonofuse(tmp_path, "check", str(SHIPPED), "--diff", "new.toml", "--json")
    assert tighter.code == 0
    assert {change["direction"] for change in tighter.data["changes"]} == {"tighter"}


@pytest.mark.parametrize("verb", [("check",), ("build", "-o", "out")])
def test_a_wrong_file_is_named_with_its_line_on_stderr(tmp_path, verb):
    (tmp_path / "wrong.toml").write_text(WRONG, encoding="utf-8")
    ended = sonofuse(tmp_path, *verb, "wrong.toml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("wrong.toml:9: limits.host = 'maybe'")
    assert not (tmp_path / "out").exists()
    data = sonofuse(tmp_path, *verb, "wrong.toml", "--json").data
    assert (data["exit_code"], data["problems"][0]["key"]) == (2, "limits.host")


@pytest.mark.parametrize("path", ["missing.toml", "."])
def test_a_file_that_cannot_be_read(tmp_path, path):
    ended = sonofuse(tmp_path, "check", path)
    assert (ended.code, ended.out) == (2, "")
    assert f"{path}:1: file: cannot be read" in ended.err


def test_build_writes_both_files_and_says_the_digest(tmp_path):
    ended = sonofuse(tmp_path, "build", str(SHIPPED), "-o", "out/limits", "--json")
    assert ended.code == 0
    packed = (tmp_path / "out/limits/limits.bin").read_bytes()
    image = ended.data.pop("image")
    assert ended.data | {"image": 0} == {
        "limits": "out/limits/limits.bin", "bytes": len(packed), "sha256": packed[-32:].hex(), "image": 0,
    }  # fmt: skip
    assert (image["board"], image["mcu"], image["mpy"]) == ("rev_a", "rp2040", "6.3")
    assert {"limits.bin", "limits.json", "main.py", "manifest.txt"} < {
        path.name for path in (tmp_path / "out/limits").iterdir()
    }


def test_a_folder_that_is_a_file_is_an_environment_failure(tmp_path):
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    ended = sonofuse(tmp_path, "build", str(SHIPPED), "-o", "out")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == "out: cannot be written (File exists); name a folder that you may write to\n"
    assert sonofuse(tmp_path, "build", str(SHIPPED), "-o", "out/deeper", "--json").data["exit_code"] == 3
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "VERB"),
        (("chek", "x.toml"), "invalid choice: 'chek'"),
        (("build", "x.toml"), "-o/--out"),
        (("check", "x.toml", "--old", "y.toml"), "unrecognized arguments"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path, capsys, arguments, said):
    ended = sonofuse(tmp_path, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "--help" in ended.err
    assert ended.err.count("\n") == 1
    assert main([*arguments, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["exit_code"] == 2


def test_help_tells_every_verb_and_exit_code(tmp_path):
    ended = sonofuse(tmp_path, "--help")
    assert ended.code == 0
    for word in ("check", "build", "hil", "exit codes", "130"):
        assert word in ended.out


def test_a_file_that_ships_is_found_by_its_name(tmp_path):
    named, given = (sonofuse(tmp_path, "check", name) for name in ("bone_metastasis", str(SHIPPED)))
    assert (named.code, named.out) == (given.code, given.out) == (0, given.out)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_an_output_that_is_full_is_one_line(tmp_path):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "sonofuse.cli", "check", str(SHIPPED)]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert ended.returncode == 3
    assert ended.stderr == "sonofuse: the output cannot be written (No space left on device)\n"
