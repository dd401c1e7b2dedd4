"""A treatment beside a device in real time: what a session knows of its sonications, and of their recording."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from sonofuse.cli import main
from sonofuse.limits import LimitsFile, compile_limits, load
from sonofuse.live.about import ANY, About
from sonofuse.live.monitor import Monitor
from sonofuse.live.recorder import Recorder
from sonofuse.live.sessions import FINISHED, TRIPPED, Sessions, history, planning
from sonofuse.live.sessions.database import Database
from sonofuse.live.sessions.facts import Patient, Sonication, Step
from sonofuse.live.sessions.instant import now
from sonofuse.live.sessions.plan_file import PlanFile
from sonofuse.live.treatment import Treatment
from tests.live.stage import Stage, beating, is_in, stage, wait_for

WHO, WHY = "AB/ENG", "test of a session"
STEP = Step("phantom", 40.0, 0.6)
GAP_S = 6
ENDS = (FINISHED, TRIPPED)  # a machine that runs other tests beside this one may end it too late, which is a trip


@dataclass
class Run:
    """A monitor with a session, its device, and the files of both."""

    on: Stage
    monitor: Monitor
    treatment: Treatment
    recorder: Recorder
    file: Path

    def patient(self) -> Patient:
        """What the sessions file says now, read by another program."""
        beside = Database(self.file)
        try:
            with beside.reading() as connection:
                return history.patients(connection)[0]
        finally:
            beside.close()

    @property
    def sonications(self) -> tuple[Sonication, ...]:
        return self.patient().sonications

    def to(self, state: str, ask: Callable[[], object]) -> None:
        """Ask again and again until it is in a state."""
        wait_for(lambda: is_in(self.monitor.latest(), state), state, ask)

    def acknowledge(self) -> None:
        if is_in(self.monitor.latest(), "TRIPPED"):
            self.treatment.acknowledge(True, WHO, WHY)

    def sonicate(self) -> None:
        self.to("SAFE", self.acknowledge)
        self.to("ARMED", lambda: self.treatment.arm(STEP.set_w, STEP.set_s))
        self.on.control.ask("generator", power_w=STEP.set_w, gate=True)
        self.to("ON", self.treatment.start)

    def ended(self, count: int) -> Sonication:
        """The last one of so many, as soon as the file knows how far its recording is on the disk."""
        wait_for(lambda: len(s := self.sonications) == count and bool(s[-1].recorded), f"the end of {count}")
        self.on.control.ask("generator", gate=False)
        return self.sonications[-1]


def session(file: Path, limits: LimitsFile, steps: int) -> str:
    made = Database(file, create=True)
    name = planning.new_treatment(made, now(), WHO, PlanFile((STEP,) * steps, {}, None), limits)
    made.close()
    return name


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with ExitStack() as leave:
        on = leave.enter_context(stage(tmp_path, gap=f"{GAP_S} s"))
        limits, file = load(on.limits), tmp_path / "sessions.db"
        name = session(file, limits, 3)
        recorder = Recorder(tmp_path / "recordings", About.of("stage", limits, compile_limits(limits), keys=[ANY]))
        leave.callback(recorder.close)
        monitor = Monitor(on.watching)
        monitor.listeners.append(recorder.put)
        leave.enter_context(monitor)
        leave.enter_context(beating(monitor))
        sessions = leave.enter_context(Sessions(file, limits, now()))
        sessions.choose(name)
        treatment = leave.enter_context(Treatment(monitor, limits, sessions, None, recorder))
        yield Run(on, monitor, treatment, recorder, file)


def test_sonications_add_up_keep_their_gap_and_name_their_recording(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.sonicate()
    first = run.ended(1)
    assert first.outcome in ENDS and first.known and 0 < first.energy_j <= 2 * STEP.energy_j

    run.to("SAFE", run.acknowledge)
    assert re.fullmatch(rf"cooling gap [1-{GAP_S}] s left", run.treatment.arm(STEP.set_w, STEP.set_s))
    view = run.monitor.latest()
    assert view is not None and re.fullmatch(rf"cooling gap [1-{GAP_S}] s left", view.inhibited), view
    assert view.session is not None and (view.session.number, view.session.planned) == (2, 3)
    assert view.session.energy_j == pytest.approx(first.energy_j)

    run.sonicate()  # armed as soon as the gap is over
    run.on.control.ask("fault", name="patient_stop")
    second = run.ended(2)
    assert second.outcome == TRIPPED and second.cause_text != ""
    view = run.monitor.latest()
    assert view is not None and view.session is not None
    assert view.session.energy_j == pytest.approx(first.energy_j + second.energy_j)
    assert [one.name.rpartition("/")[2] for one in run.sonications] == ["1", "2"]

    recording = tmp_path / "recordings" / first.recording
    assert run.recorder.close() == ""
    for one in (first, second):
        assert main(["replay", str(recording), "--head", one.recorded[-1].head]) == 0
        assert "the head comes in it" in capsys.readouterr().out
    assert main(["replay", str(recording), "--head", "0" * 64]) == 1
    assert "the head never comes" in capsys.readouterr().out


def test_dose_that_comes_after_the_end_is_that_sonication_s(run: Run) -> None:
    run.sonicate()
    run.ended(1)
    before = run.sonications[0].doses["skin_a"]
    run.on.control.ask("fault", name="sensor_offset", values={"channel": "skin_a", "offset": "19 K"})
    wait_for(lambda: run.sonications[0].doses["skin_a"] > before, "dose after the end")
    assert run.sonications[0].known
