"""The page's panel of faults: a button for each, sorted by the harm that it can do."""

from functools import partial
from itertools import groupby
from typing import Any

from nicegui import run, ui

from .client import Client, RigRequestError

_OFTEN = ("lost_coupling", "overpower", "stuck_gate", "hung_firmware", "console_hung", "patient_stop")


def panel(client: Client) -> None:
    """Draw it: what a newcomer tries first as buttons, all others in a list, and one button that mends everything."""
    known: list[dict[str, Any]] = client.ask("faults")["faults"]
    by_name = {fault["name"]: fault for fault in known}
    with ui.column().classes("w-full gap-2"):
        ui.label("Break something").classes("text-lg")
        ui.label("The rig stands in for patient, sensors and generator. Start a sonication, then press one of these.")
        with ui.row().classes("gap-2"):
            for name in (name for name in _OFTEN if name in by_name):
                _button(client, by_name[name])
            ui.button("mend everything", on_click=partial(_do, client, "end")).props("color=positive no-caps")
        with ui.row().classes("gap-2"):
            ui.button("cut the supply", on_click=partial(_do, client, "supply", on=False)).props("outline no-caps")
            ui.button("supply back", on_click=partial(_do, client, "supply", on=True)).props("outline no-caps")
            ui.button("pull the plug", on_click=partial(_do, client, "link", plugged=False)).props("outline no-caps")
            ui.button("plug back in", on_click=partial(_do, client, "link", plugged=True)).props("outline no-caps")
        with ui.expansion("All faults").classes("w-full"):
            for harm, faults in groupby(known, key=lambda fault: str(fault["harm"])):
                ui.label(harm).classes("text-sm opacity-70 mt-2")
                with ui.row().classes("gap-2"):
                    for fault in faults:
                        _button(client, fault)


def _button(client: Client, fault: dict[str, Any]) -> None:
    name = str(fault["name"])
    button = ui.button(name.replace("_", " "), on_click=partial(_do, client, "fault", name=name))
    button.props("outline no-caps color=warning").tooltip(str(fault["text"]))
    button.mark(f"fault-{name}")


async def _do(client: Client, do: str, **values: object) -> None:
    try:
        await run.io_bound(partial(client.ask, do, **values))
    except RigRequestError as problem:
        ui.notify(str(problem), type="negative")
