"""What a failing test leaves for a person: trace, waves, curves of its runs, and the command that repeats it."""

import hashlib
import json
import re
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .options import ASKED

if TYPE_CHECKING:
    from ..operator import Sonication
    from ..report.case import Case
    from ..rig import Rig
    from ..scenario import Outcome

_MOST = 5  # runs of one test that are written: the last ones


@dataclass(frozen=True)
class _Ran:
    """A rig that a test has opened, or the outcome of a scenario; `file` is its limits file or scenario."""

    what: "Rig | Outcome"
    file: str | Path
    plan: "tuple[Sonication, ...]" = ()

    def case(self) -> "Case":
        from ..report.case import Case
        from ..rig import Rig

        if isinstance(self.what, Rig):
            return Case(_outcome(self.what, Path(self.file), self.plan))
        return Case(self.what)


_RAN = pytest.StashKey[list[_Ran]]()
_FOLDERS = pytest.StashKey[pytest.TempPathFactory]()


def keep(
    item: pytest.Item,
    folders: pytest.TempPathFactory,
    what: "Rig | Outcome",
    file: str | Path,
    plan: "tuple[Sonication, ...]" = (),
) -> None:
    """Note that a test has opened a rig or run a scenario: if it fails, that is attached."""
    item.config.stash[_FOLDERS] = folders
    ran = item.stash.setdefault(_RAN, [])
    ran.append(_Ran(what, file, plan))
    del ran[:-_MOST]


def attach(item: pytest.Item, report: pytest.TestReport) -> None:
    """Write the runs of a test that has failed, and say in its report where they are."""
    ran: list[_Ran] = item.stash.setdefault(_RAN, [])
    if not ran:
        return
    try:
        folder = _folder(item)
        lines = [f"attachments: {folder}"]
        for number, one in enumerate(ran, 1):
            lines += _write(folder, f"run{number}", one)
        lines.append(f"repeat: {repeat(item)}")
        (folder / "repeat.txt").write_text("\n".join(lines[1:]) + "\n", encoding="utf-8")
        report.user_properties.append(("attachments", str(folder)))
    except Exception as problem:  # noqa: BLE001 - whatever goes wrong here must not hide why the test failed
        lines = [f"attachments: not written ({type(problem).__name__}: {problem})", f"repeat: {repeat(item)}"]
    report.sections.append(("sonofuse", "\n".join(lines)))


def repeat(item: pytest.Item) -> str:
    """The command that runs this test again, from pytest's root folder."""
    words = ["python", "-m", "pytest", item.nodeid, *item.config.stash[ASKED].words()]
    return f"cd {shlex.quote(str(item.config.rootpath))} && {shlex.join(words)}"


def _folder(item: pytest.Item) -> Path:
    """A folder of this test alone: named after it, and by its node id told from others of that name."""
    top = item.config.stash[ASKED].attachments
    if top is None:
        top = item.config.stash[_FOLDERS].getbasetemp() / "sonofuse"
    readable = re.sub(r"[^\w.-]+", "_", item.name)[:60]
    folder = top / f"{readable}-{hashlib.sha256(item.nodeid.encode()).hexdigest()[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(folder: Path, stem: str, ran: _Ran) -> list[str]:
    """Write one run; the lines that say what there is of it."""
    from ..report import wave

    case = ran.case()
    run, name = case.run, case.scenario.name
    trace = {**asdict(run), "run_sha256": run.digest()}
    (folder / f"{stem}.json").write_text(json.dumps(trace, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    wave.write(folder / f"{stem}.vcd", run, case.limits.board)
    if not case.scenario.plan:
        return [f"{stem} ({name}): {stem}.json, {stem}.vcd; no curves, for it has no plan"]
    from ..report import curves

    for kind, svg in (("curves", curves.overview(case)), ("instant", curves.instant(case))):
        (folder / f"{stem}-{kind}.svg").write_text(svg + "\n", encoding="utf-8")
    return [f"{stem} ({name}): {stem}.json, {stem}.vcd, {stem}-curves.svg, {stem}-instant.svg"]


def _outcome(rig: "Rig", limits: Path, plan: "tuple[Sonication, ...]") -> Any:
    """What a rig has shown so far, as a case that nobody has judged; figures count from the first stimulus, or RF."""
    from ..scenario import Expectation, Outcome, Scenario
    from ..scenario_model import RF

    run = rig.result()
    stimulus = next(iter(run.stimuli), None)
    start_us = stimulus.t_us if stimulus is not None else next(iter(run.rf_us), None)
    expect = Expectation(False, "", since=RF if stimulus is None else stimulus.name)
    board = rig.limits.board.file
    scenario = Scenario(rig.name, rig.name, "", limits, plan, expect, seed=rig.seed, board=board)
    return Outcome(scenario, run, "", "", start_us, None, None, None, "", True, "")
