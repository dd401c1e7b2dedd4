"""Runs sonications: what a person asks for goes to the device, the generator and the sessions file in the right order.

The order is the safe one: the sessions file knows of a sonication before it starts, the generator is off before RF is
given up, and a trip reaches the generator from the thread that hears it. Nothing here is needed for the permit to fall.
"""

import math
import threading
import time
from dataclasses import dataclass, replace

from sonofuse.console import CommandError
from sonofuse.limits.model import LimitsFile
from sonofuse.live.after_heat import AfterHeat
from sonofuse.live.generators.disagreement import Agreement
from sonofuse.live.generators.second_switch import SecondSwitch
from sonofuse.live.monitor import Monitor
from sonofuse.live.record import Record
from sonofuse.live.recorder import Recorder
from sonofuse.live.sessions.facts import FINISHED, NOT_STARTED, TRIPPED
from sonofuse.live.sessions.instant import now
from sonofuse.live.sessions.sessions import Sessions
from sonofuse.live.view import CONNECTED, Session, View

PASS_S = 0.05
_SESSION_EVERY = 4  # passes: the file is asked five times a second
_HEAT_EVERY = 20  # passes: dose that comes after a sonication is kept once a second
_DISK_S = 0.3  # for the recorder: a disk that answers at all has taken a command by then
_LEAVING_S = 1.0  # the same, when the monitor ends
_LOST_S = 1.0  # without a picture of the device: what became of the sonication is not known
_DOSE = " dose"


@dataclass
class _Running:
    """A sonication that was started: doses at its start by sensor, and whether its end was asked for."""

    doses: dict[str, float]
    ending: bool = False


class Treatment:
    """The console of a treatment. Use it as a context manager.

    Args:
        monitor: the device. limits: its limits.
        sessions: None without a sessions file; switch: None without a generator of ours.
        recorder: None without one. Nothing is told as done before the disk has it.

    `not_covered` says what the generator is not compared in, "" for nothing.
    """

    def __init__(
        self,
        monitor: Monitor,
        limits: LimitsFile,
        sessions: Sessions | None,
        switch: SecondSwitch | None,
        recorder: Recorder | None = None,
    ) -> None:
        self._monitor, self._sessions, self._switch, self._recorder = monitor, sessions, switch, recorder
        self._agreement = Agreement(limits) if switch is not None else None
        self.not_covered = "" if self._agreement is None else self._agreement.not_covered
        self._running: _Running | None = None
        self._seen: View | None = None  # the last picture with the host's kernel in step
        self._session: Session | None = None
        self._heat = AfterHeat()
        self._unrecorded = False  # a sonication has ended, and the sessions file does not know its recording's head yet
        self._state = ""  # of the device, in the picture before
        self._why_not = "" if sessions is None else "the sessions file has not been read yet"
        self._turn = threading.Lock()  # one of start, finish and what the pictures show at a time
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="treatment", daemon=True)
        monitor.listeners.append(self._hear)
        monitor.inhibitions.append(lambda: self._why_not)
        monitor.troubles.append(self._trouble)
        monitor.dress = lambda view: replace(view, session=self._session)

    def __enter__(self) -> "Treatment":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        if self._sessions is not None and self._running is None:
            with self._turn:
                self._keep_heat(self._sessions)
            self._keep_head(self._sessions, _LEAVING_S)

    # ---- Console

    def stop(self) -> str:
        said = self._monitor.stop()
        if self._switch is not None:
            self._switch.trip()
        return said

    def arm(self, set_w: float, set_s: float) -> str:
        if not (math.isfinite(set_w) and math.isfinite(set_s) and set_w > 0 and set_s > 0):
            return f"{set_w:g} W for {set_s:g} s: both must be numbers above 0"
        said = self._monitor.arm(set_w, set_s)
        if said or self._switch is None:
            return said
        said = self._switch.set_point(set_w)
        if said:
            self._monitor.disarm()
        return said

    def start(self) -> str:
        with self._turn:
            said = self._start()
        self._flush()
        return said

    def finish(self) -> str:
        if self._switch is not None:
            self._switch.off()
        return self._monitor.finish()

    def disarm(self) -> str:
        if self._switch is not None:
            self._switch.off()
        return self._monitor.disarm()

    def acknowledge(self, new_treatment: bool, who: str, why: str) -> str:
        view = self._monitor.latest()
        if view is None:
            return "the device is not connected"
        if self._sessions is not None:
            try:
                self._sessions.acknowledge(now(), who, why, view.cause, view.cause_text, new_treatment)
            except CommandError as problem:
                return str(problem)
        with self._turn:
            if self._sessions is not None:
                self._keep_heat(self._sessions)
            said = self._monitor.acknowledge(new_treatment, who, why)
            if new_treatment and not said:
                self._heat.renewed()
        self._flush()
        return said or ("" if self._switch is None else self._switch.acknowledge())

    def silence(self) -> str:
        return self._monitor.silence()

    def _start(self) -> str:
        view = self._monitor.latest()
        if view is None or self._seen is None or view.link != CONNECTED:
            return self._monitor.gone or "the device is not connected"
        if self._running is not None:
            return "a sonication runs already"
        if self._sessions is not None:
            self._keep_heat(self._sessions)
            file = None if self._recorder is None else self._recorder.file
            try:
                self._sessions.begin(now(), view.set_w, view.set_s, view.device, "" if file is None else file.name)
            except CommandError as problem:
                return str(problem)
        self._running = _Running(_doses(view))
        said = self._monitor.start()
        if said:
            self._end(NOT_STARTED)
            return said
        said = "" if self._switch is None else self._switch.on()
        if said:
            self._monitor.stop(f"the generator does not go on: {said}")
        return said

    def _flush(self) -> None:
        if self._recorder is not None:
            self._recorder.flush(_DISK_S)

    # ---- what the pictures show

    def _hear(self, record: Record) -> None:
        """In the thread that hears the device: a trip is the generator's too, at once."""
        if self._switch is not None and record.topic == "event" and record.values.get("state") == "TRIPPED":
            self._switch.trip()

    def _trouble(self) -> str:
        return "" if self._switch is None else self._switch.state().trouble

    def _run(self) -> None:
        passes = 0
        while not self._ended.wait(PASS_S):
            view = self._monitor.latest()
            if view is not None:
                with self._turn:
                    self._look(view)
            if self._sessions is not None and passes % _SESSION_EVERY == 0:
                self._ask(self._sessions)
                if self._unrecorded:
                    self._keep_head(self._sessions, _DISK_S)
            if self._sessions is not None and passes % _HEAT_EVERY == 0:
                with self._turn:
                    self._keep_heat(self._sessions)
            passes += 1

    def _ask(self, sessions: Sessions) -> None:
        self._why_not = "" if self._running is not None else sessions.inhibited(now())
        try:
            self._session = sessions.session(now())
        except CommandError as problem:
            self._session, self._why_not = None, str(problem)

    def _keep_heat(self, sessions: Sessions) -> None:
        """Dose that came since the last sonication is that one's."""
        if self._running is not None or self._seen is None:
            return
        doses = _doses(self._seen)
        come = self._heat.come(doses, cooling=self._session is None or self._session.gap_s > 0)
        if not come:
            return
        try:
            sessions.after_heat(now(), come)
        except CommandError as problem:
            self._why_not = str(problem)  # it is tried again
        else:
            self._heat.kept(doses)

    def _keep_head(self, sessions: Sessions, patience_s: float) -> None:
        """How far the recording is on the disk now, with the whole sonication in it."""
        recorder = self._recorder
        if recorder is None or not recorder.flush(patience_s):
            return
        kept = recorder.kept
        try:
            sessions.recorded(now(), kept.count, kept.head)
        except CommandError as problem:
            self._why_not = str(problem)  # it is tried again
        else:
            self._unrecorded = False

    def _look(self, view: View) -> None:
        if self._agreement is not None and self._switch is not None:
            wrong = self._agreement.check(view, self._switch.state())
            if wrong and view.state != "TRIPPED":
                self._monitor.stop(wrong)
                self._switch.trip()
            if self._state == "ARMED" and view.state == "SAFE":  # nobody started, and the device gave it up
                self._switch.off()
            self._state = view.state
        running = self._running
        if view.link == CONNECTED:
            self._seen = view
        if running is None or self._seen is None:
            return
        if view.link != CONNECTED:
            if view.t_s - self._seen.t_s > _LOST_S:
                self._end("")
        elif view.state == "ON":
            left_s = view.set_s - view.on_s - (time.monotonic() - view.t_s)
            if left_s < PASS_S and not running.ending:
                running.ending = True
                self._ended.wait(max(left_s, 0.0))
                self.finish()
        elif view.state in ("SAFE", "TRIPPED"):
            self._end(FINISHED if view.state == "SAFE" else TRIPPED)

    def _end(self, outcome: str) -> None:
        """Keep how the sonication ended; "" where nobody knows."""
        running, self._running = self._running, None
        view = self._seen
        if self._sessions is None or running is None or view is None:
            return
        self._flush()  # the evidence before what is made of it
        try:
            self._unrecorded = outcome != NOT_STARTED
            if not outcome:
                self._heat.begins({})  # a person says what became of it, from its recording
                self._sessions.end_unknown(now())
                return
            self._heat.begins(_doses(view))
            before = running.doses
            doses = {name: dose - before[name] for name, dose in _doses(view).items() if name in before}
            energy_j = next((budget.used for budget in view.budgets if budget.name == "energy"), None)
            tripped = outcome == TRIPPED
            cause, text = (view.cause, view.cause_text) if tripped else (0, "")
            self._sessions.end(now(), outcome, energy_j, doses, cause, text)
        except CommandError as problem:
            self._why_not = str(problem)  # the file tries again whenever it is asked


def _doses(view: View) -> dict[str, float]:
    return {b.name.removesuffix(_DOSE): b.used for b in view.budgets if b.name.endswith(_DOSE)}
