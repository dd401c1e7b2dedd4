"""The page: the picture, which plain modules in the browser draw, and the controls, which are NiceGUI's.

The picture and STOP are in the page before NiceGUI's own script runs, and depend on nothing of it.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict

from nicegui import ui

from sonofuse.live.alarm_sound import played
from sonofuse.live.dashboard.controls import Controls, Seen
from sonofuse.live.dashboard.history import SECONDS
from sonofuse.live.dashboard.routes import ASSETS
from sonofuse.live.faces import FACES
from sonofuse.live.sight import LINKS, STALE_S
from sonofuse.live.view import Console
from sonofuse_firmware.alarms import HIGH, TECHNICAL

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="#12171c"/>'
    '<path d="M3 16h7l3-8 6 16 3-8h7" fill="none" stroke="#56B4E9" stroke-width="3"/></svg>'
)
_LOG = logging.getLogger(__name__)
_INSIDE = ("layout", "panels", "alarms", "numbers", "tablet", "controls")
_SHEETS = ("/open/look.css", *(f"/inside/{name}.css" for name in _INSIDE))


def declare(
    console: Console,
    seen: Seen,
    extra_panels: Sequence[Callable[[], None]],
    set_point: tuple[float, float] | None,
) -> None:
    """Tell NiceGUI what "/" shows."""
    faces = {state: asdict(shown) for state, shown in FACES.items()}
    alone = played(0, TECHNICAL, HIGH)  # no alarm of the server's has this number
    told = json.dumps({"faces": faces, "links": LINKS, "staleS": STALE_S, "seconds": SECONDS, "alone": alone})
    picture = (ASSETS / "inside" / "picture.html").read_text(encoding="utf-8")

    def show() -> None:
        ui.add_head_html("".join(f'<link rel="stylesheet" href="{sheet}">' for sheet in _SHEETS))
        ui.add_head_html(f"<script>globalThis.sonofuse = {told};</script>")
        ui.add_body_html(picture)
        Controls(console, seen, set_point).draw()
        for panel in extra_panels:
            with ui.teleport("#extra"), ui.card().classes("panel extra"):
                _draw(panel)

    ui.page("/")(show)


def _draw(panel: Callable[[], None]) -> None:
    """A panel of others; what it gets wrong must not take the page away."""
    try:
        panel()
    except Exception as error:  # noqa: BLE001 - others wrote it
        _LOG.exception("a panel failed")
        ui.label(f"This panel failed: {error}").classes("said refused")
