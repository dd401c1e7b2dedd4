"""The page's panel of the demo: what is broken now, and a button for each fault, sorted by the harm that it can do."""

from functools import partial
from itertools import groupby
from typing import Any

from nicegui import run, ui

from .client import Client, RigRequestError

_OFTEN = ("lost_coupling", "overpower", "sensor_open", "patient_stop", "stuck_gate", "console_hung")
_LOOK_S = 0.5
_WHOLE = "Nothing is broken. Start a sonication, then break something here."


class Panel:
    """Of one browser."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def draw(self) -> None:
        """What a newcomer tries first as buttons, all others in a list, and one button that mends everything."""
        known: list[dict[str, Any]] = self._client.ask("faults")["faults"]
        by_name = {fault["name"]: fault for fault in known}
        ui.label("Demo: a rig stands in for patient and device").classes("title")
        self._now = ui.label(_WHOLE).classes("next").props("role=status data-shows=broken")
        self._mend = _button("Mend everything", "mend", self._mended).classes("wide")
        with ui.element("div").classes("buttons"):
            for name in (name for name in _OFTEN if name in by_name):
                self._fault(by_name[name])
            self._supply = _button("Cut supply", "supply", partial(self._do, "supply", on=False))
            self._plug = _button("Pull plug", "plug", partial(self._do, "link", plugged=False))
        with ui.expansion("All faults").classes("wide"):
            for harm, faults in groupby(known, key=lambda fault: str(fault["harm"])):
                ui.label(harm).classes("title")
                with ui.element("div").classes("buttons"):
                    for fault in faults:
                        self._fault(fault)
        ui.timer(_LOOK_S, self._look)

    def _fault(self, fault: dict[str, Any]) -> None:
        name = str(fault["name"])
        button = _button(_words(name), f"fault-{name}", partial(self._do, "fault", name=name))
        button.tooltip(f"{fault['text']} ({fault['harm']})")

    async def _look(self) -> None:
        """Say what is broken, also by another browser."""
        try:
            seen = await run.io_bound(self._client.ask, "snapshot")
        except RigRequestError as problem:
            self._now.set_text(f"The rig is gone: {problem}")
            return
        if seen is None:  # the page's server ends
            return
        broken = [_words(fault["name"]) for fault in seen["faults"]]
        broken += ["supply cut"] * (not seen["powered"]) + ["plug pulled"] * (not seen["link"]["plugged"])
        self._mend.set_enabled(bool(broken))
        self._now.set_text(
            f"Broken now: {', '.join(broken)}. Press Mend everything before you acknowledge." if broken else _WHOLE
        )

    async def _mended(self) -> None:
        await self._do("end")
        await self._do("supply", on=True)
        await self._do("link", plugged=True)

    async def _do(self, do: str, **values: object) -> None:
        try:
            await run.io_bound(partial(self._client.ask, do, **values))
        except RigRequestError as problem:
            ui.notify(str(problem), type="negative")
        await self._look()


def panel(client: Client) -> None:
    """Draw it into the page that is being built."""
    Panel(client).draw()


def _button(text: str, name: str, pressed: object) -> ui.button:
    button = ui.button(text, on_click=pressed, color=None)  # type: ignore[arg-type]
    return button.props(f"no-caps unelevated data-does={name}")


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
