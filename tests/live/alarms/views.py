"""Pictures of a device for tests: a quiet one, changed where a test says so."""

from dataclasses import replace
from typing import Any

from sonofuse.live.view import CONNECTED, Reading, View

ABOVE, RANGE, STOP, IDLE = 4 << 8, 1 << 8 | 2, 36 << 8 | 255, 12 << 8 | 4
EVERY_S = 0.05

QUIET = View(
    t_s=0.0,
    link=CONNECTED,
    trouble="",
    inhibited="",
    state="SAFE",
    cause=0,
    cause_text="",
    physiological=False,
    readings=(),
    budgets=(),
    set_w=0.0,
    set_s=0.0,
    on_s=0.0,
    time_to_limit_s=None,
    receipt_age_s=0.02,
    receipt_limit_s=0.25,
    device="",
    limits="",
    session=None,
)


def view(t_s: float, **changes: Any) -> View:
    return replace(QUIET, t_s=t_s, **changes)


def tripped(t_s: float, cause: int = ABOVE, **changes: Any) -> View:
    return view(t_s, state="TRIPPED", cause=cause, cause_text="skin_a above: above its limit", **changes)


def warning(name: str = "skin_a", quantity: str = "temperature") -> tuple[Reading, ...]:
    return (Reading(name, name, quantity, "°C", 41.0, None, None, 0.1, "above", True),)
