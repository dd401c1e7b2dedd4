"""The monitor beside a device in real time, over a pseudo-terminal: a sonication, a trip, what the recording says."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sonofuse.limits import compile_limits, load
from sonofuse.live.about import ANY, About
from sonofuse.live.monitor import GONE, Monitor
from sonofuse.live.recorder import Recorder
from sonofuse.live.recording import Recording
from sonofuse.live.replay import Replay
from sonofuse.live.treatment import Treatment
from sonofuse.live.watch import Watch
from tests.live.stage import Stage, beating, is_in, stage, wait_for

WHO, WHY = "AB/ENG", "test of the monitor"


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def to_on(monitor: Monitor, treatment: Treatment, on_stage: Stage, set_s: float) -> None:
    """From whatever it said when it booted to RF on; what is refused for now is asked for again."""

    def acknowledge() -> None:
        if is_in(monitor.latest(), "TRIPPED"):
            treatment.acknowledge(True, WHO, WHY)

    wait_for(lambda: is_in(monitor.latest(), "SAFE"), "SAFE", acknowledge)
    wait_for(lambda: is_in(monitor.latest(), "ARMED"), "ARMED", lambda: treatment.arm(40.0, set_s))
    wait_for(lambda: is_in(monitor.latest(), "ON"), "ON", treatment.start)
    on_stage.control.ask("generator", power_w=40.0, gate=True)


def low(on_stage: Stage) -> bool:
    return not any(on_stage.control.ask("snapshot")["permit"][n]["edges"] for n in (0, 1))


def test_a_sonication_and_a_trip_are_recorded_and_replay_exactly(on_stage: Stage, tmp_path: Path) -> None:
    limits = load(on_stage.limits)
    recorder = Recorder(tmp_path / "recordings", About.of("stage", limits, compile_limits(limits), keys=[ANY]))
    watched = Monitor(on_stage.watching)
    watched.listeners.append(recorder.put)
    with watched as monitor, beating(monitor), Treatment(monitor, limits, None, None) as treatment:
        to_on(monitor, treatment, on_stage, 0.5)
        wait_for(lambda: is_in(monitor.latest(), "SAFE"), "the end by itself")
        to_on(monitor, treatment, on_stage, 20.0)
        on_stage.control.ask("fault", name="patient_stop")
        wait_for(lambda: is_in(monitor.latest(), "TRIPPED"), "the trip")
        view = monitor.latest()
        assert view is not None and view.cause_text.split(":")[0] in ("stop_loop below", "permit_readback follow"), view
        assert treatment.start() != ""
    assert recorder.file is not None and recorder.close() == ""
    result = Replay(Recording(recorder.file), Watch).run()
    assert result.same, result.different or result.gap
    assert result.summary.decisions > 50 and len(result.summary.trips) >= 1


def test_an_acknowledgement_that_leaves_a_cause_is_not_done(on_stage: Stage) -> None:
    """A new device does not know its dose: only a new treatment can go on."""
    limits = load(on_stage.limits)
    with (
        Monitor(on_stage.watching) as monitor,
        beating(monitor),
        Treatment(monitor, limits, None, None) as treatment,
    ):
        wait_for(lambda: is_in(monitor.latest(), "TRIPPED"), "a new device")
        wait_for(lambda: "cause" in treatment.acknowledge(False, WHO, WHY), "the device's word for it")
        assert is_in(monitor.latest(), "TRIPPED")
        wait_for(lambda: treatment.acknowledge(True, WHO, WHY) == "", "a new treatment")
        wait_for(lambda: is_in(monitor.latest(), "SAFE"), "SAFE")


def test_a_monitor_after_another_one_is_obeyed_at_once(on_stage: Stage) -> None:
    """The device goes on, and has not forgotten the counter of the last seal."""
    said = [*tried(on_stage), *tried(on_stage)]
    assert said.count("") >= 2
    assert not [line for line in said if "not genuine" in line], said


def tried(on_stage: Stage) -> list[str]:
    """What one monitor is answered, from its first acknowledgement until it has stopped the device."""
    said: list[str] = []
    with Monitor(on_stage.watching) as monitor, beating(monitor):

        def acknowledge() -> None:
            if is_in(monitor.latest(), "TRIPPED"):
                said.append(monitor.acknowledge(True, WHO, WHY))

        wait_for(lambda: is_in(monitor.latest(), "TRIPPED"), "TRIPPED")
        wait_for(lambda: is_in(monitor.latest(), "SAFE"), "SAFE", acknowledge)
        said += [monitor.disarm() for _ in range(5)]  # refused in this state, and counted
        monitor.stop()
        wait_for(lambda: is_in(monitor.latest(), "TRIPPED"), "STOP")
    return said


def test_a_page_s_process_that_stands_still_is_a_stop(on_stage: Stage) -> None:
    with Monitor(on_stage.watching) as monitor, Treatment(monitor, load(on_stage.limits), None, None) as treatment:
        with beating(monitor):
            to_on(monitor, treatment, on_stage, 20.0)
        wait_for(lambda: is_in(monitor.latest(), "TRIPPED"), "STOP")
        view = monitor.latest()
        assert view is not None and view.cause_text.startswith("monitor stop")
        assert "stood still" in view.trouble and low(on_stage)


def test_without_the_watcher_the_permit_falls(on_stage: Stage) -> None:
    with Monitor(on_stage.watching) as monitor, Treatment(monitor, load(on_stage.limits), None, None) as treatment:
        with beating(monitor):
            to_on(monitor, treatment, on_stage, 20.0)
            os.kill(monitor.watcher_pid, signal.SIGKILL)
        wait_for(lambda: monitor.gone == GONE, "the watcher's end")
        wait_for(lambda: low(on_stage), "low")
        view = monitor.latest()
        assert view is not None and view.trouble == GONE and view.link == "silent"
        assert treatment.start() == GONE
