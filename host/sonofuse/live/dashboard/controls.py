"""The buttons beside STOP: arm, start, finish, disarm, acknowledge, silence, seen. All stay in their place; what cannot
be done now is grey. Above them stands what can be done next."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from nicegui import run, ui

from sonofuse.live.alert import Alert, Notice
from sonofuse.live.dashboard.acknowledge import Acknowledge
from sonofuse.live.dashboard.set_point import SetPoint
from sonofuse.live.guide import what_next
from sonofuse.live.sight import Sight
from sonofuse.live.view import Console

_LOOK_S = 0.1  # how often the buttons follow the state
_SAID_S = 5.0  # how long "done" stays; what was refused stays until the next command


@dataclass(frozen=True)
class Seen:
    """What is seen now, what of it needs a person, and who knows more of that."""

    sight: Callable[[], Sight]
    notice: Callable[[], Notice]
    alert: Alert


class Controls:
    """The controls of one browser."""

    def __init__(self, console: Console, seen: Seen, set_point: tuple[float, float] | None) -> None:
        self._console, self._seen = console, seen
        self._set_point = SetPoint(set_point)
        self._acknowledge = Acknowledge(self._acknowledged)
        self._said_until_s = math.inf

    def draw(self) -> None:
        """Put them onto the page that is being built."""
        with ui.card().classes("panel controls"):
            self._next = ui.label().classes("next").props("role=status data-shows=next")
            self._set_point.draw()
            with ui.element("div").classes("buttons"):
                self._arm = _button("Arm", "lock_open", self._armed, "arm")
                self._start = _button("Start", "play_arrow", self._started, "start")
                self._finish = _button("Finish", "check", self._finished, "finish")
                self._disarm = _button("Disarm", "lock", self._disarmed, "disarm")
            with ui.element("div").classes("buttons alarm"):
                self._ask = _button("Acknowledge…", "task_alt", self._acknowledge.open, "acknowledge")
                self._silence = _button("Silence (M)", "notifications_paused", self._silenced, "silence")
                self._note = _button("Seen", "visibility", self._noted, "seen")
            self._said = ui.label().classes("said").props("role=status")
        self._acknowledge.draw()
        self._follow()
        ui.timer(_LOOK_S, self._follow)

    def _follow(self) -> None:
        sight, notice = self._seen.sight(), self._seen.notice()
        view = sight.view
        state = sight.state if sight.connected else ""
        inhibited = view.inhibited if view is not None and sight.connected else ""
        self._next.set_text(what_next(sight, notice.waits(sight.state)))
        self._set_point.follow(view.session if view is not None else None)
        self._set_point.enable(state == "SAFE")
        self._arm.set_enabled(state == "SAFE" and not inhibited)
        self._start.set_enabled(state == "ARMED" and not inhibited)
        self._finish.set_enabled(state == "ON")
        self._disarm.set_enabled(state == "ARMED")
        self._ask.set_enabled(state == "TRIPPED")
        self._silence.set_enabled(notice.sound is not None)
        self._note.set_enabled(notice.waits(sight.state))
        if time.monotonic() > self._said_until_s:
            self._said.set_text("")
        if sight.state != "TRIPPED":
            self._acknowledge.close()  # there is nothing to acknowledge, and Space is STOP again

    async def _armed(self) -> None:
        chosen = self._set_point.chosen()
        if chosen is None:
            self._say("Arm", "power and duration must be numbers above zero")
            return
        await self._call("Arm", self._console.arm, *chosen)

    async def _started(self) -> None:
        await self._call("Start", self._console.start)

    async def _finished(self) -> None:
        await self._call("Finish", self._console.finish)

    async def _disarmed(self) -> None:
        await self._call("Disarm", self._console.disarm)

    async def _silenced(self) -> None:
        """The sound here, and the device's where it has one: it sounds while it is TRIPPED."""
        self._seen.alert.silence(time.monotonic())
        if self._seen.sight().state == "TRIPPED":
            await self._call("Silence", self._console.silence)
        else:
            self._say("Silence", "")

    def _noted(self) -> None:
        self._seen.alert.acknowledge(time.monotonic())

    async def _acknowledged(self, new_treatment: bool, who: str, why: str) -> None:
        if await self._call("Acknowledge", self._console.acknowledge, new_treatment, who, why):
            self._noted()  # whoever says why it is safe to go on has seen what stands there

    async def _call(self, name: str, ask: Callable[..., str], *values: float | bool | str) -> bool:
        """Ask beside the event loop, and say what came of it; whether it was done."""
        self._said_until_s = math.inf
        self._said.set_text(f"{name} …")
        try:
            why = await run.io_bound(ask, *values)
        except Exception as error:  # noqa: BLE001 - whatever it was: it was not done, and the person must know
            why = str(error) or repr(error)
        self._say(name, why)
        return why == ""

    def _say(self, name: str, why: str | None) -> None:
        self._said_until_s = time.monotonic() + _SAID_S if why == "" else math.inf
        self._said.set_text(f"✓ {name}: done" if why == "" else f"✖ {name} not done: {why or 'the monitor ends'}")
        self._said.classes(replace="said" if why == "" else "said refused")


def _button(text: str, icon: str, pressed: Callable[..., object], name: str) -> ui.button:
    return ui.button(text, icon=icon, on_click=pressed, color=None).props(f"no-caps unelevated data-does={name}")
