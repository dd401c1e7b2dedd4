"""The dialog that takes a device out of TRIPPED: who, why, and whether the dose starts anew."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

_KEPT, _NEW = "No: the dose stays", "Yes: the dose starts at zero"


class Acknowledge:
    """Asks, and calls `done(new_treatment, who, why)` once all is answered."""

    def __init__(self, done: Callable[[bool, str, str], Awaitable[None]]) -> None:
        self._done = done

    def draw(self) -> None:
        """Put it onto the page that is being built; closed."""
        needed: dict[str, Callable[[Any], bool]] = {"Say it: it is kept with the treatment": _is_said}
        self._dialog = ui.dialog().props("persistent transition-duration=0")
        with self._dialog, ui.card().classes("panel ask"):
            ui.label("Acknowledge the trip").classes("title")
            ui.label("The cause must be gone. The device tests itself and goes to SAFE, RF stays off.")
            self._who = ui.input("Who acknowledges", validation=needed).props("outlined maxlength=80 data-field=who")
            self._why = ui.input("Why it is safe to go on", validation=needed)
            self._why.props("outlined maxlength=200 data-field=why")
            ui.label("Is this a new treatment?").classes("question")
            self._new = ui.radio([_KEPT, _NEW], value=_KEPT).props("inline data-field=new")
            with ui.element("div").classes("buttons"):
                cancel = ui.button("Cancel", icon="close", on_click=self._dialog.close, color=None)
                cancel.props("no-caps unelevated data-does=cancel")
                sure = ui.button("Acknowledge", icon="task_alt", on_click=self._answered, color=None)
                sure.props("no-caps unelevated data-does=confirm").classes("sure")
            ui.label("Esc is STOP here too.").classes("hint")

    def open(self) -> None:
        """Ask anew: nothing is remembered from the last time, also not who, for it may be another."""
        self._who.set_value("")
        self._why.set_value("")
        self._new.set_value(_KEPT)
        self._who.error = self._why.error = None
        self._dialog.open()

    def close(self) -> None:
        """Ask no more."""
        if self._dialog.value:
            self._dialog.close()

    async def _answered(self) -> None:
        who, why = (self._who.value or "").strip(), (self._why.value or "").strip()
        if not all((self._who.validate(), self._why.validate())):
            return
        self._dialog.close()
        await self._done(self._new.value == _NEW, who, why)


def _is_said(text: str | None) -> bool:
    return bool((text or "").strip())
