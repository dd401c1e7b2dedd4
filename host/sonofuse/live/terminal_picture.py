"""A View as a picture for a terminal: state, readings with bars, cause, budgets."""

from rich.box import HEAVY
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sonofuse.live.alert import Notice
from sonofuse.live.faces import GREY, ORANGE, SKY, VERMILLION, YELLOW, face
from sonofuse.live.sight import Sight
from sonofuse.live.view import Budget, Reading, View

_BAR = 16  # characters
NEARLY = 0.8  # of a budget: from here on it is marked
_UNITS = {"degC": "°C"}
_KEYS = "Space or s: STOP    a: acknowledge    m: silence    q: quit"
_ALARMS = 3  # lines
_KINDS = {"physiological": "♥ patient", "technical": "⚙ equipment"}
_URGENT = {"high": f"bold black on {VERMILLION}", "medium": f"bold black on {YELLOW}", "low": f"bold {SKY}"}
_CONTACT = "contact"
_SIGNS = {"closed": "●", "open": "○", "not known": "■"}


def picture(sight: Sight, said: str, asked: str, notice: Notice) -> RenderableType:
    """All of it: what is seen, what became of the last key, what a person is asked now, and what needs one. What
    matters most stands first: a low terminal cuts the rest. The boards that ship fit into 80 × 24."""
    parts: list[RenderableType] = []
    if not sight.connected:
        parts.append(Text(f" DISCONNECTED  {sight.trouble} ", style=f"bold black on {YELLOW}", justify="center"))
    parts.append(_state(sight))
    parts.append(_line(asked, f"bold {YELLOW}") if asked else _line(_KEYS, "bold"))
    if said:
        parts.append(_line(said, "bold"))
    parts += _alarms(notice)
    if sight.view is not None:
        style = "" if sight.connected else GREY  # old values have no colour
        parts += [_why(sight, sight.view), _readings(sight.view.readings, style), _budgets(sight.view, style)]
        parts += _lines(sight.view)
    return Group(*parts)


def _alarms(notice: Notice) -> list[RenderableType]:
    shown = list(notice.standing[:_ALARMS])
    found: list[RenderableType] = []
    for alarm in shown:
        state = " (seen)" if alarm.acknowledged else "" if alarm.present else " (over)"
        silent = f" [silent for {notice.silent_s} s]" if notice.silent_s and alarm is shown[0] else ""
        text = f"{_KINDS[alarm.kind]}, {alarm.priority}: {alarm.text}{state}{silent}"
        found.append(_line(text, "" if alarm.acknowledged else _URGENT[alarm.priority]))
    if len(notice.standing) > _ALARMS:
        found.append(_line(f"and {len(notice.standing) - _ALARMS} more", "bold"))
    return found


def _state(sight: Sight) -> RenderableType:
    shown, view = face(sight.state), sight.view
    doing = shown.says
    if view is not None and sight.state == "ON":
        doing = f"{shown.says}   {view.on_s:.1f} s of {view.set_s:g} s at {view.set_w:g} W"
    elif view is not None and sight.state == "ARMED":
        doing = f"{shown.says}   {view.set_w:g} W for {view.set_s:g} s"
    filled = sight.state in ("ON", "TRIPPED")
    style = f"bold black on {shown.colour}" if filled else f"bold {shown.colour}"
    text = Text(f"{shown.sign}  {' '.join(shown.word)}  {shown.sign}\n{doing}", style=style, justify="center")
    return Panel(text, box=HEAVY, style=style, padding=(0, 2))


def _why(sight: Sight, view: View) -> Text:
    if not view.cause_text:
        return _line("no trip yet", GREY)
    kind = "patient" if view.physiological else "equipment"
    if sight.state == "TRIPPED":
        return _line(f"CAUSE ({kind}): {view.cause_text}", f"bold {VERMILLION}")
    return _line(f"last trip ({kind}): {view.cause_text}", GREY)


def _readings(readings: tuple[Reading, ...], style: str) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for one in readings:
        if one.quantity == _CONTACT:
            continue
        gone = one.value is None or (one.margin is not None and one.margin <= 0)
        mark, colour = ("■", VERMILLION) if gone else ("▲", ORANGE) if one.warning else (" ", style)
        left = "" if one.margin is None else f"{_bar(one.margin)} {100 * max(0.0, one.margin):3.0f} %"
        table.add_row(f"{mark} {one.name}", Text(_value(one), justify="right"), left, _limits(one), style=colour)
    return Group(table, _contacts([one for one in readings if one.quantity == _CONTACT], style))


def _contacts(contacts: list[Reading], style: str) -> Text:
    found: list[str] = []
    for word, sign in _SIGNS.items():
        names = [one.name for one in contacts if _value(one) == word]
        if names:
            found.append(f"{sign} {word}: {', '.join(names)}")
    return _line("   ".join(found), style)


def _budgets(view: View, style: str) -> Table:
    table = Table.grid(padding=(0, 2))
    for one in view.budgets:
        share = _share(one)
        mark, colour = ("■", VERMILLION) if share >= 1 else ("▲", ORANGE) if share >= NEARLY else (" ", style)
        used = Text(f"{one.used:.4g} of {one.limit:.4g} {one.unit}", justify="right")
        table.add_row(f"{mark} {one.name}", used, f"{_bar(share)} {100 * share:3.0f} %", style=colour)
    return table


def _lines(view: View) -> list[RenderableType]:
    left = "no limit in sight" if view.time_to_limit_s is None else f"{view.time_to_limit_s:.1f} s to the limit"
    age = "none" if view.receipt_age_s is None else f"{1000 * view.receipt_age_s:.0f} ms"
    receipt = f"receipt {age} of {1000 * view.receipt_limit_s:.0f} ms"
    found: list[RenderableType] = [_line(f"{left}   {receipt}   {view.device}   {view.limits}")]
    if view.session is not None:
        s = view.session
        found.append(
            _line(
                f"{s.patient}, {s.region}: {s.number} of {s.planned}, next {s.set_w:g} W for {s.set_s:g} s, "
                f"{s.energy_j:.0f} J so far, cooling {s.gap_s:.0f} s"
            )
        )
    if view.inhibited:
        found.append(_line(f"▲ not now: {view.inhibited}", ORANGE))
    return found


def _line(text: str, style: str = "") -> Text:
    """One line, cut where the terminal ends: what is below must not move."""
    return Text(f" {text}", style=style, no_wrap=True, overflow="ellipsis")


def _value(one: Reading) -> str:
    if one.value is None:
        return "not known"
    if one.quantity == _CONTACT:
        return "closed" if one.value >= 0.5 else "open"
    return f"{one.value:.2f} {_UNITS.get(one.unit, one.unit)}"


def _limits(one: Reading) -> str:
    found = [f"{bound.limit:g} {bound.check}" for bound in (one.high, one.low) if bound is not None]
    return ", ".join(found)


def _share(one: Budget) -> float:
    """Used up to 1; what cannot be told counts as used up."""
    share = one.used / one.limit if one.limit > 0 else 1.0
    return share if share >= 0 else 1.0  # also NaN


def _bar(share: float) -> str:
    full = round(_BAR * min(1.0, max(0.0, share)))
    return "█" * full + "░" * (_BAR - full)
