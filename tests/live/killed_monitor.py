"""A monitor that runs sonication after sonication until it is killed: port, limits, folder of recordings, sessions.

It says on stdout, one JSON line each, what it has been told was done, when and only when it has been told so.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sonofuse.limits import compile_limits, load
from sonofuse.live.about import ANY, About
from sonofuse.live.monitor import Monitor, Watching
from sonofuse.live.recorder import Recorder
from sonofuse.live.sessions import Sessions, history, planning
from sonofuse.live.sessions.database import Database
from sonofuse.live.sessions.facts import Step
from sonofuse.live.sessions.instant import Instant, now
from sonofuse.live.sessions.plan_file import PlanFile
from sonofuse.live.treatment import Treatment
from sonofuse.live.view import CONNECTED, View
from sonofuse_hil.device import KEY

WHO = "AB/ENG"
STEP = Step("ilium_left", 40.0, 1.0)
STEPS = 4  # of a treatment; the next one is of another patient
WATCHER, ENDS = "watcher", "ends"  # what it says besides


def say(what: str, **more: object) -> None:
    print(json.dumps({"what": what, **more}), flush=True)


class Told(Sessions):
    """A sessions file whose calls are told once they have returned."""

    def begin(self, now: Instant, set_w: float, set_s: float, device: str, recording: str = "") -> str:
        name = super().begin(now, set_w, set_s, device, recording)
        say("begun", name=name, recording=recording)
        return name

    def end(self, now: Instant, outcome: str, *more: Any) -> None:
        super().end(now, outcome, *more)
        say("ended", outcome=outcome)

    def end_unknown(self, now: Instant) -> None:
        super().end_unknown(now)
        say("ended", outcome="interrupted")


def main(port: str, limits_file: str, folder: str, sessions_file: str) -> None:
    """Until it is killed, or its watcher is."""
    limits = load(Path(limits_file))
    recorder = Recorder(Path(folder), About.of("killed", limits, compile_limits(limits), keys=[ANY]))
    monitor = Monitor(Watching(port, Path(limits_file), key=KEY.hex()))
    monitor.listeners.append(recorder.put)
    sessions = Told(Path(sessions_file), limits, now())
    beside = Database(Path(sessions_file))

    def plan() -> None:
        sessions.choose(planning.new_treatment(beside, now(), WHO, PlanFile((STEP,) * STEPS, {}, None), limits))

    for name in _open(beside):
        sessions.resolve(now(), WHO, folder, name, None)
        say("resolved", name=name, why=folder)
    plan()

    with monitor, Treatment(monitor, limits, sessions, None, recorder) as treatment:
        say(WATCHER, pid=monitor.watcher_pid)
        pass_ = _passes(treatment, plan, folder)
        while not monitor.gone:
            monitor.beat()
            view = monitor.latest()
            if view is not None and view.link == CONNECTED and recorder.file is not None:
                pass_(view)
            time.sleep(0.01)
        say(ENDS)
        sys.stdin.read()  # until it is killed


def _passes(treatment: Treatment, plan: Callable[[], None], folder: str) -> Callable[[View], None]:
    """What a person does next, as the picture is."""
    trips = 0

    def pass_(view: View) -> None:
        nonlocal trips
        if view.state == "TRIPPED":
            why = f"{Path(folder).name}, trip {trips}"
            if treatment.acknowledge(True, WHO, why) == "":
                trips += 1
                say("acknowledged", who=WHO, why=why)
        elif view.state == "SAFE" and view.session is not None and view.session.region == "":
            plan()
        elif view.state == "SAFE" and not view.inhibited:
            treatment.arm(STEP.set_w, STEP.set_s)
        elif view.state == "ARMED":
            if treatment.start() == "":
                say("on")
            else:
                treatment.disarm()  # a monitor before this one has armed it

    return pass_


def _open(database: Database) -> list[str]:
    """The accounts that a person has to look at."""
    with database.reading() as connection:
        return [sonication.name for sonication in history.open_accounts(connection)]


if __name__ == "__main__":
    main(*sys.argv[1:])
