"""`sonofuse session` as a person uses it, up to a treatment that is repeated, and its wrong uses."""

import json
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sonofuse.cli import main
from sonofuse.live.sessions import FINISHED, Sessions
from tests.cli.command import sonofuse

from .bench import DEVICE, Clocks, doses, limits
from .test_plan_file import GOOD

SIMPLE = GOOD[: GOOD.index("[tightened]")]
WHO = ("--who", "MK/ENG")


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


class Desk:
    """Runs the verb in a folder with a plan and a sessions file."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.file = folder / "sessions.db"
        self.plan = folder / "plan.toml"
        self.plan.write_text(SIMPLE, encoding="utf-8")

    def __call__(self, verb: str, *arguments: object) -> Said:
        code = main(["session", verb, *map(str, arguments), "--sessions", str(self.file)])
        captured = self._capsys.readouterr()
        return Said(code, captured.out, captured.err)

    def refused(self, text: str, verb: str, *arguments: object, code: int = 2, lines: int = 1) -> None:
        said = self(verb, *arguments)
        assert (said.code, said.out) == (code, "")
        assert text in said.err
        assert said.err.count("\n") == lines
        as_json = self(verb, *arguments, "--json")
        assert (as_json.code, as_json.err) == (code, "")
        assert text in as_json.data["error"]

    def new(self, *arguments: object) -> str:
        said = self("new", self.plan, *WHO, *arguments, "--json")
        assert said.code == 0, said
        return str(said.data["treatment"])


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_from_the_plan_to_a_treatment_that_is_repeated(desk: Desk) -> None:
    said = desk("new", desk.plan, *WHO)
    found = re.search(r"^treatment  (P-\w{4}-\w\w/1)$", said.out, re.MULTILINE)
    assert found, said
    name, code = found[1], found[1].split("/")[0]
    assert "to come  1  ilium_left  40 W for 20 s, 800 J, 0.2 CEM43 min expected" in said.out
    clocks = Clocks()
    with Sessions(desk.file, limits(), clocks.now()) as monitor:
        monitor.choose(name)
        monitor.begin(clocks.now(), 40.0, 20.0, DEVICE, "one.mcap")
        monitor.end(clocks.now(), FINISHED, 790.0, doses())
        clocks.pass_s(61)
        lost = monitor.begin(clocks.now(), 50.0, 0.5, DEVICE, "two.mcap")
    assert "running" in desk("show", name).out  # no monitor has looked at it yet
    why = ("--why", "read in two.mcap", "--energy", "20 J", "--dose", "skin_a=0.1 CEM43 min")
    desk.refused("the dose at skin_b is missing", "resolve", lost, *WHO, *why)
    assert f"{lost} is to be acknowledged" in desk("list").out
    all_of_it = (*why, "--dose", "skin_b=0 CEM43 min")
    assert desk("resolve", lost, *WHO, *all_of_it).code == 0
    desk.refused("is known already", "resolve", lost, *WHO, *all_of_it)
    record = desk("show", code, "--json").data
    assert record["regions"]["ilium_left"] == {
        "energy_j": 790.0,
        "doses": {"skin_a": 0.1, "skin_b": 0.05},
        "known": True,
    }
    assert record["regions"]["vertebra_l3"]["energy_j"] == 20.0
    assert desk.new("--patient", code.lower()) == f"{code}/2"
    desk.refused("is over, a newer treatment was begun", "plan", name, desk.plan, *WHO)
    overview = desk("list", "--json").data["treatments"]
    assert [(entry["treatment"], entry["done"], entry["planned"]) for entry in overview] == [
        (name, 2, 2),
        (f"{code}/2", 0, 2),
    ]
    shown = desk("show", code).out
    assert "so far, over all treatments:\n  ilium_left  790 J, 0.1 CEM43 min at skin_a" in shown
    assert f"treatment {code}/1" in shown and f"treatment {code}/2" in shown
    assert f"treatment {code}/1" not in desk("show", f"{code}/2").out
    exported = desk("export", "-o", desk.folder / "all.json")
    assert exported.out == f"1 patient(s) in {desk.folder / 'all.json'}\n"
    kept = json.loads((desk.folder / "all.json").read_text(encoding="utf-8"))
    assert kept == desk("export").data
    assert kept["patients"] == [desk("show", code, "--json").data]
    assert [mark["why"] for mark in kept["cooling"]] == ["ended", "unknown end"]
    assert desk("export", code).data == {"patients": kept["patients"]}


def test_another_plan_for_what_is_left(desk: Desk) -> None:
    name = desk.new()
    assert [step["set_w"] for step in desk("plan", name, "--json").data["left"]] == [40.0, 50.0]
    changed = SIMPLE.replace('"40 W"', '"35 W"') + '[tightened]\nregion_energy = "6 kJ"\n'
    desk.plan.write_text(changed, encoding="utf-8")
    desk.refused("--who is missing", "plan", name, desk.plan)
    said = desk("plan", name, desk.plan, *WHO)
    assert "to come  1  ilium_left  35 W for 20 s" in said.out
    assert desk("show", name).out.count("tightened by MK/ENG") == 1
    assert "region energy 6000 J" in desk("show", name).out


def test_what_is_refused(desk: Desk) -> None:
    desk.refused("no such sessions file; `sonofuse session new` makes one", "list")
    desk.refused("write two to four initials", "new", desk.plan, "--who", "John Smith")
    assert not desk.file.exists()
    name = desk.new()
    desk.refused("is no pseudonym", "new", desk.plan, *WHO, "--patient", "Smith")
    desk.refused("is mistyped", "show", "P-7K3M-Q3")
    desk.refused("there is no patient P-7K3M-Q2", "new", desk.plan, *WHO, "--patient", "P-7K3M-Q2")
    desk.refused("has no treatment 2", "show", name.replace("/1", "/2"))
    desk.refused("is not named right; write a treatment", "plan", name.split("/")[0])
    desk.refused("there is no sonication", "resolve", f"{name}/1", *WHO, "--why", "read it", "--unknown")
    desk.refused("give --energy and a --dose", "resolve", f"{name}/1", *WHO, "--why", "read it")
    desk.refused(
        "give --energy and a --dose", "resolve", f"{name}/1", *WHO, "--why", "no", "--unknown", "--energy", "3 J"
    )
    desk.refused("'3 W' the unit 'W' does not fit here", "resolve", f"{name}/1", *WHO, "--why", "no", "--energy", "3 W")
    desk.refused("nowhere/all.json: cannot be written", "export", "-o", desk.folder / "nowhere/all.json", code=3)
    desk.refused("cannot be read (No such file", "new", desk.plan, *WHO, "--limits", "nothing")
    desk.plan.write_text(SIMPLE.replace('"40 W"', '"140 W"').replace('"500 ms"', '"50 s"'), encoding="utf-8")
    desk.refused("the plan is refused: step 1, ilium_left: set power 140 W is more", "new", desk.plan, *WHO, lines=2)
    desk.plan.write_text(SIMPLE + '[tightened]\npower = "130 W"\n', encoding="utf-8")
    desk.refused("limits can only be tightened: power 130 W is looser", "new", desk.plan, *WHO)
    assert len(desk("list", "--json").data["treatments"]) == 1


def test_beside_a_monitor_nobody_resolves_what_may_run(desk: Desk) -> None:
    name, clocks = desk.new(), Clocks()
    with Sessions(desk.file, limits(), clocks.now()) as monitor:
        monitor.choose(name)
        runs = monitor.begin(clocks.now(), 40.0, 20.0, DEVICE)
        desk.refused("another monitor (process", "resolve", runs, *WHO, "--why", "lost", "--unknown", code=3)
        assert desk("list").code == 0
        monitor.end_unknown(clocks.now())
        assert desk("resolve", runs, *WHO, "--why", "lost", "--unknown").code == 0
        clocks.pass_s(61)
        assert monitor.inhibited(clocks.now()) == ""


def test_no_field_is_for_an_identity(desk: Desk) -> None:
    """Whoever adds a column has to think about it here."""
    desk.new()
    with sqlite3.connect(desk.file) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        text = {
            f"{table}.{row[1]}"
            for table in tables
            for row in connection.execute(f"PRAGMA table_info({table})")
            if row[2] in ("TEXT", "BLOB") and row[1] not in ("at", "who", "patient")
        }
    connection.close()
    assert text == {
        "patient.pseudonym", "tightened.limits", "plan.limits_sha256", "step.region", "sonication.device",
        "sonication.limits_sha256", "sonication.recording", "ended.outcome", "ended.cause_text", "resolved.why",
        "recorded.head", "dose.sensor", "acknowledged.cause_text", "acknowledged.why", "cooling.boot", "cooling.why",
    }  # fmt: skip


def test_it_is_a_verb_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(SIMPLE, encoding="utf-8")
    data = {"XDG_DATA_HOME": str(tmp_path / "data")}
    made = sonofuse(tmp_path, "session", "new", "plan.toml", *WHO, "--json", **data)
    assert (made.code, made.err) == (0, "")
    assert (tmp_path / "data/sonofuse/sessions.db").is_file()
    listed = sonofuse(tmp_path, "session", "list", **data)
    assert listed.out.startswith(made.data["treatment"])
