"""`sonofuse hil` as a process: results, every kind of failure, and an end by a signal."""

import json
import os
import signal

import psutil
import pytest

from sonofuse.cli import main
from sonofuse.limits import SHIPPED

from .command import TIMEOUT_S, left_over, sonofuse, start, wait_for_a_vm


def test_list_names_scenarios_and_faults(tmp_path):
    data = sonofuse(tmp_path, "hil", "list", "--json").data
    assert data["scenarios"][0]["name"] == "nominal"
    assert {"stuck_gate", "hung_firmware"} <= {fault["name"] for fault in data["faults"]}
    text = sonofuse(tmp_path, "hil", "list")
    assert text.code == 0
    assert "lost_coupling" in text.out


def test_a_run_as_expected(tmp_path):
    ended = sonofuse(tmp_path, "hil", "run", "lost_coupling", "--json", "--report", "report.html")
    assert (ended.code, ended.err) == (0, "")
    case = ended.data["cases"][0]
    assert (ended.data["passed"], case["tier"], case["scenario"]) == (True, "software", "lost_coupling")
    assert 0 < case["permit_low_ms"] <= case["bound_ms"]
    assert case["limits_sha256"][:16] in (tmp_path / "report.html").read_text(encoding="utf-8")
    again = sonofuse(tmp_path, "hil", "run", "lost_coupling")
    assert "as expected" in again.out
    assert "tier: software" in again.out


def test_a_run_that_does_not_do_what_it_should_is_1(tmp_path):
    wrong = """
title = "expects too much"
description = "A run as planned, of which somebody expects a trip."
limits = "bone_metastasis"
cooling_gap = "1 s"
plan = [{power = "20 W", duration = "1 s"}]
[expect]
end = "trip"
causes = ["monitor duration"]
within = "1 s"
from = "end"
"""
    (tmp_path / "wrong.toml").write_text(wrong, encoding="utf-8")
    ended = sonofuse(tmp_path, "hil", "run", "wrong.toml", "--json")
    assert ended.code == 1
    assert (ended.data["passed"], ended.data["cases"][0]["reason"]) == (False, "no trip")
    assert "NOT OK" in sonofuse(tmp_path, "hil", "run", "wrong.toml").out


def test_another_seed_is_another_run_and_the_same_is_the_same(tmp_path):
    def digest(seed):
        return sonofuse(tmp_path, "hil", "run", "hung_firmware", "--json", "--seed", seed).data["cases"][0][
            "run_sha256"
        ]

    assert digest("7") == digest("7") != digest("8")


def test_signals_are_played(tmp_path):
    rows = ["t,skin", *(f"{n / 10},{25 if n < 20 else 45}" for n in range(40))]
    (tmp_path / "log.csv").write_text("\n".join(rows), encoding="utf-8")
    limits = SHIPPED.read_text(encoding="utf-8").replace('cooling_gap = "60 s"', 'cooling_gap = "1 s"')
    (tmp_path / "limits.toml").write_text(limits, encoding="utf-8")
    given = ("hil", "run", "--signals", "log.csv", "--map", "time=t,skin_a=skin", "--set-power", "20 W")
    given += ("--limits", "limits.toml")
    data = sonofuse(tmp_path, *given, "--json").data
    assert data["armed"]
    assert data["seen"].startswith("trip by skin_a")
    assert 2.0 < data["permit_low_s"] < 2.3
    assert "trip by skin_a" in sonofuse(tmp_path, *given).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nominall"), 'did you mean "nominal"?'),
        (("run", "missing.toml"), "missing.toml"),
        (("run",), "either a SCENARIO or --signals"),
        (("run", "nominal", "--signals", "log.csv"), "either a SCENARIO or --signals"),
        (("run", "nominal", "--set-power", "20 W"), "--set-power belongs to --signals"),
        (("run", "--signals", "log.csv"), "needs --map"),
        (("run", "--signals", "log.csv", "--map", "time=t,skin_a=s"), "log.csv: cannot be read"),
        (("run", "--signals", "log.csv", "--set-power", "20"), "has no unit"),
        (("run", "nominal", "--on", "moon"), "invalid choice: 'moon'"),
        (("run", "nominal", "--seed", "-1"), "--seed -1"),
        (("demo", "--seed", "x"), "invalid int value"),
        ((), "VERB"),
    ],
)
def test_wrong_input_is_2_and_one_line(tmp_path, capsys, arguments, said):
    ended = sonofuse(tmp_path, "hil", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert main(["hil", *arguments, "--json"]) == 2
    data = json.loads(capsys.readouterr().out)
    assert data["exit_code"] == 2
    assert said in data["error"]


@pytest.mark.parametrize("verb", [("run", "nominal"), ("demo",)])
@pytest.mark.parametrize("program", ["/nonexistent", "/bin/true"])
def test_no_micropython_is_3(tmp_path, verb, program):
    ended = sonofuse(tmp_path, "hil", *verb, "--micropython", program)
    assert (ended.code, ended.out) == (3, "")
    assert program in ended.err
    assert ended.err.count("\n") == 1
    assert list(tmp_path.rglob("*.html")) == []


NO_IMAGE = {"XDG_CACHE_HOME": "empty", "SONOFUSE_UF2": ""}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no interpreter for the emulated chip: put an official MicroPython image"),
        (("--uf2", "missing.uf2"), "missing.uf2: cannot be read (No such file"),
        (("--uf2", "text.uf2"), "text.uf2: is not a UF2 file"),
    ],
)
def test_no_image_for_the_emulated_chip_is_3(tmp_path, arguments, said):
    (tmp_path / "text.uf2").write_text("no image", encoding="utf-8")
    ended = sonofuse(tmp_path, "hil", "run", "patient_stop", "--on", "rp2040", *arguments, **NO_IMAGE)
    assert (ended.code, ended.out) == (3, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--uf2", "x.uf2"), "--uf2 belongs to --on rp2040"),
        (("--on", "rp2040", "--micropython", "x"), "--micropython belongs to --on unix"),
    ],
)
def test_an_option_of_another_platform_is_2(tmp_path, arguments, said):
    ended = sonofuse(tmp_path, "hil", "run", "nominal", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


@pytest.mark.parametrize("verb", [("run", "nominal"), ("demo",)])
def test_a_micropython_that_cannot_be_imported_is_3(tmp_path, verb):
    broken = tmp_path / "broken" / "micropython_run"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('not for this machine')", encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(broken.parent), os.environ.get("PYTHONPATH", "")]))
    ended = sonofuse(tmp_path, "hil", *verb, PYTHONPATH=path)
    assert (ended.code, ended.out) == (3, "")
    assert "no MicroPython found: install sonofuse[hil]" in ended.err


@pytest.mark.parametrize(
    ("module", "arguments", "said"),
    [
        ("psutil", ("list",), "the rig is not installed (no module psutil)"),
        ("matplotlib", ("demo",), "a report needs matplotlib"),
        ("matplotlib", ("run", "nominal", "--report", "report.html"), "a report needs matplotlib"),
    ],
)
def test_what_is_not_installed_is_3_and_says_how_to_install_it(tmp_path, module, arguments, said):
    broken = tmp_path / "broken" / module
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text(f"raise ModuleNotFoundError('no', name={module!r})", encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(broken.parent), os.environ.get("PYTHONPATH", "")]))
    ended = sonofuse(tmp_path, "hil", *arguments, PYTHONPATH=path)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == f'sonofuse: {said}: pip install "sonofuse[hil]"\n'


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "nominal", "--report", "file/report.html"),
        ("run", "nominal", "--report", "folder"),
        ("demo", "--out", "file"),
    ],
)
def test_a_report_that_cannot_be_written_is_3_before_anything_runs(tmp_path, arguments):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    ended = sonofuse(tmp_path, "hil", *arguments)
    assert (ended.code, ended.out) == (3, "")
    assert arguments[-1].split("/")[0] in ended.err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.parametrize("verb", [("run", "nominal", "--report", "out/report.html"), ("demo",)])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_the_middle_ends_everything(tmp_path, verb, number, code):
    with start(tmp_path, "hil", *verb) as process:
        wait_for_a_vm(process, tmp_path)
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, out) == (code, "")
    assert err == ("sonofuse: stopped by Ctrl-C: nothing was written\n" if number == signal.SIGINT else "")
    _, alive = psutil.wait_procs(children, timeout=5)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []
    assert left_over(tmp_path) == []
    assert list(tmp_path.rglob("*.html")) == []
