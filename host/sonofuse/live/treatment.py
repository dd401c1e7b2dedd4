"""Runs sonications: what a person asks for goes to the device, the generator and the sessions file in the right order.

The order is the safe one: the sessions file knows of a sonication before it starts, the generator is off before RF is
given up, and a trip reaches the generator from the thread that hears it. Nothing here is needed for the permit to fall.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sonofuse.console import CommandError
from sonofuse.limits.model import LimitsFile
from sonofuse.live.generators.disagreement import Agreement
from sonofuse.live.generators.second_switch import SecondSwitch
from sonofuse.live.monitor import Monitor
from sonofuse.live.record import Record
from sonofuse.live.sessions.facts import FINISHED, NOT_STARTED, TRIPPED
from sonofuse.live.sessions.instant import now
from sonofuse.live.sessions.sessions import Sessions
from sonofuse.live.view import CONNECTED, Session, View

PASS_S = 0.05
_SESSION_EVERY = 4  # passes: the file is asked five times a second
_KEPT_S = 0.3  # a disk that answers at all has taken a command by then; one that does not is the recorder's trouble
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
        recording: names the recording that runs.
        flush: waits so many seconds at most until the disk has all that was recorded. Nothing is told as done before.
    """

    def __init__(
        self,
        monitor: Monitor,
        limits: LimitsFile,
        sessions: Sessions | None,
        switch: SecondSwitch | None,
        recording: Callable[[], str] = lambda: "",
        flush: Callable[[float], object] = lambda _s: None,
    ) -> None:
        self._monitor, self._sessions, self._switch = monitor, sessions, switch
        self._recording, self._flush = recording, flush
        self._agreement = Agreement(limits) if switch is not None else None
        self._running: _Running | None = None
        self._seen: View | None = None  # the last picture with the host's kernel in step
        self._session: Session | None = None
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
        self._flush(_KEPT_S)
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
        said = self._monitor.acknowledge(new_treatment, who, why)
        self._flush(_KEPT_S)
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
            try:
                self._sessions.begin(now(), view.set_w, view.set_s, view.device, self._recording())
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
            if passes % _SESSION_EVERY == 0 and self._sessions is not None:
                self._ask(self._sessions)
            passes += 1

    def _ask(self, sessions: Sessions) -> None:
        self._why_not = "" if self._running is not None else sessions.inhibited(now())
        try:
            self._session = sessions.session(now())
        except CommandError as problem:
            self._session, self._why_not = None, str(problem)

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
        self._flush(_KEPT_S)  # the evidence before what is made of it
        try:
            if not outcome:
                self._sessions.end_unknown(now())
                return
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
