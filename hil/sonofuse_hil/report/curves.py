"""The curves of a case as SVG that is the same, byte for byte, for the same run."""

# The stubs of matplotlib leave most of its methods partially unknown to pyright.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from collections.abc import Callable, Iterable
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from matplotlib.figure import FigureBase

from sonofuse.limits.thresholds import threshold
from sonofuse.limits.words import energy_channel

from ..run import Run
from .case import Case
from .svg import BLUE, GREEN, INK, ORANGE, PURPLE, RED, SKY, style
from .svg import element as _svg

PLACES = (
    ("periosteum", "periosteum", RED, "-"),
    ("fat", "fat", ORANGE, "-"),
    ("transducer", "transducer", PURPLE, (0, (6, 2))),
    ("skin_a", "skin A", BLUE, "-"),
    ("skin_b", "skin B", SKY, (0, (2, 1.2))),
)
LIMITED = (("skin_a", "skin limit", BLUE), ("transducer", "transducer limit", PURPLE))
BEFORE_S, EVERY = 4.0, 5  # of the overview: time shown before RF, and one sample in so many
_RIGHT = 0.81  # of the sheet: the rest is for the names of curves and limits, "transducer limit 42.5 °C" at the most
DOTS = (0, (1, 1.6))
_ROWS = 4  # words above the lines that would meet those before them stand a row lower
_LETTER = 0.013  # of the width of the overview's axes: the widest that a letter above a line is
BEFORE_MS, AFTER_MS = 8.0, 12.0  # of the instant: shown before the event and after RF is off


def overview(case: Case) -> str:
    """Temperatures, forward power and permit of the whole run as SVG; time 0 is the start of RF."""
    with mpl.rc_context(style(f"{case.scenario.name} overview")):
        sheet = Sheet(figsize=(9.6, 5.7))
        _overview(sheet, case)
        return _svg(sheet, f"{case.scenario.title}: temperatures, forward power and permit of the whole run")


def instant(case: Case) -> str:
    """Permit edges, relays and forward power around the event as SVG; time 0 is the event, in ms."""
    with mpl.rc_context(style(f"{case.scenario.name} instant")):
        sheet = Sheet(figsize=(9.6, 3.3))
        _instant(sheet, case)
        return _svg(sheet, f"{case.scenario.title}: permit, relays and forward power around the event, in milliseconds")


def picture(whole: Case, moment: Case) -> str:
    """The overview of one case above the instant of another, as one SVG."""
    with mpl.rc_context(style("picture")):
        sheet = Sheet(figsize=(9.6, 9.9))
        parts: Any = sheet.subfigures(2, 1, height_ratios=(6.1, 3.8))
        for part, case, top in ((parts[0], whole, 0.93), (parts[1], moment, 0.83)):
            part.suptitle(case.scenario.title, x=0.012, y=0.985, ha="left", fontsize=12, fontweight="bold")
            (_overview if case is whole else _instant)(part, case)
            part.subplots_adjust(top=top)
        return _svg(sheet, f"{whole.scenario.title}; {moment.scenario.title}")


def _overview(sheet: FigureBase, case: Case) -> None:
    run = case.run
    start_s = (run.rf_us[0] if run.rf_us else 0) * 1e-6
    end_s = run.end_us * 1e-6 - start_s
    heat, power, permit = sheet.subplots(3, 1, sharex=True, height_ratios=(4.3, 1.5, 0.55))
    sheet.subplots_adjust(left=0.075, right=_RIGHT, top=0.985, bottom=0.085, hspace=0.16)
    _temperatures(heat, case, start_s, end_s)
    _power(power, case, start_s, end_s)
    _spans(permit, [(first * 1e-6 - start_s, last * 1e-6 - start_s) for first, last in run.bursts(0)], 0, GREEN)
    permit.set(ylim=(-0.5, 0.5), yticks=[0], yticklabels=["permit"], xlabel="seconds since the start of RF")
    permit.tick_params(axis="y", length=0)
    permit.set_xlim(-min(BEFORE_S, start_s), end_s)
    first_s, last_s = permit.get_xlim()
    free_s = [first_s] * _ROWS
    for t_us, names in _moments(case).items():
        at_s, words = t_us * 1e-6 - start_s, ", ".join(names)
        for axes in (heat, power, permit):
            axes.axvline(at_s, color=INK, lw=0.9, ls=DOTS, zorder=1)
        left, wide_s = at_s > 0.6 * end_s, len(words) * _LETTER * (last_s - first_s)
        begins_s = at_s - wide_s if left else at_s
        row = next((row for row in range(_ROWS) if begins_s >= free_s[row]), _ROWS - 1)
        free_s[row] = begins_s + wide_s
        _above(heat, words, at_s, -3 - 13 * row, left=left)
    low_c, high_c = heat.get_ylim()
    lowered = sum(free > first_s for free in free_s[1:])
    heat.set_ylim(low_c, high_c + 0.06 * lowered * (high_c - low_c))  # above the limits
    sheet.align_ylabels([heat, power])


def _instant(sheet: FigureBase, case: Case) -> None:
    run = case.run

    def ms(t_us: int) -> float:
        return (t_us - case.event_us) * 1e-3

    low_us, off_us = case.permit_low_us, case.rf_off_us
    opened = [t_us for t_us, _, closed in run.history.relays if not closed and t_us >= case.event_us]
    moments = [ms(t_us) for t_us in (low_us, off_us, *opened[:2]) if t_us is not None]
    end_ms = max([0.0, *moments]) * 1.2 + AFTER_MS
    tracks, power = sheet.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    sheet.subplots_adjust(left=0.12, right=0.985, top=0.925, bottom=0.145, hspace=0.12)
    for switch in (0, 1):
        _spans(tracks, [(ms(first), ms(last)) for first, last in run.bursts(switch)], 3 - switch, GREEN)
        _spans(tracks, [(ms(first), ms(last)) for first, last in _closed(run, switch)], 1 - switch, SKY)
    names = ["relay 2 closed", "relay 1 closed", "second switch", "permit pin"]
    tracks.set(ylim=(-0.6, 3.6), yticks=range(4), yticklabels=names)
    tracks.tick_params(axis="y", length=0)
    times, watts = _steps(run, ms, end_ms)
    power.fill_between(times, watts, step="post", color=RED, alpha=0.16, lw=0)
    power.step(times, watts, where="post", color=RED)
    power.set(ylabel="forward W", xlabel="milliseconds since the event", ylim=(0, max([1.0, *watts]) * 1.25))
    for axes in (tracks, power):
        axes.set_xlim(-BEFORE_MS, end_ms)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.axvline(0, color=INK, lw=1.1, ls=DOTS)
    _above(tracks, case.event, 0.0, 14, left=True)
    bound_us = case.outcome.bound_us
    if bound_us is not None and bound_us * 1e-3 < end_ms:
        tracks.axvline(bound_us * 1e-3, color=RED, lw=1.1, ls=(0, (5, 2)))
        _above(tracks, f"bound {case.bound}", bound_us * 1e-3, 14, left=bound_us * 1e-3 > 0.7 * end_ms, colour=RED)
    if low_us is not None:
        _arrow(tracks, ms(low_us), 2.5, f"permit low {ms(low_us):.2f} ms")
    if opened:
        _arrow(tracks, ms(opened[0]), 0.5, f"interlock open {ms(opened[0]):.2f} ms")
    if off_us is not None:
        _arrow(power, ms(off_us), power.get_ylim()[1] * 0.55, f"RF off {ms(off_us):.2f} ms")


def _above(axes: Axes, text: str, x: float, up: float, left: bool, colour: str = INK) -> None:
    """Words at the top of a vertical line, on its left or its right."""
    axes.annotate(
        text, (x, 1.0), (-5 if left else 5, up), xycoords=("data", "axes fraction"), textcoords="offset points",
        ha="right" if left else "left", va="top", fontsize=9, fontstyle="italic", color=colour, annotation_clip=False,
    )  # fmt: skip


def _moments(case: Case) -> dict[int, list[str]]:
    """What happened when: every fault, and the event that the figures count from; within a tenth of a second as one."""
    found: dict[int, list[str]] = {}
    named = [(stimulus.t_us, stimulus.name.replace("_", " ")) for stimulus in case.run.stimuli]
    for t_us, name in sorted([*named, (case.event_us, case.event)]):
        at_us = next((near for near in found if t_us - near < 100_000), t_us)
        if name not in found.setdefault(at_us, []):
            found[at_us].append(name)
    return found


def _temperatures(axes: Axes, case: Case, start_s: float, end_s: float) -> None:
    samples, limits = case.run.samples, case.limits
    chosen = [n for n in range(0, len(samples.t_s), EVERY) if samples.t_s[n] - start_s >= -BEFORE_S]
    times = [samples.t_s[n] - start_s for n in chosen]
    ends: list[tuple[float, str, str]] = []
    for place, label, colour, dash in PLACES:
        values = [samples.curves[place][n] for n in chosen]
        axes.plot(times, values, color=colour, ls=dash, label=label)
        ends.append((values[-1], label, colour))
    for place, label, colour in LIMITED:
        wired = limits.board.watching(place)
        channel = None if wired is None else limits.channel(wired.name)
        check = None if channel is None else channel.check("above")
        if channel is not None and check is not None and check.trip is not None:
            axes.axhspan(threshold(limits, channel, check).value, check.trip, color=colour, alpha=0.22, lw=0)
            axes.axhline(check.trip, color=colour, lw=0.9, ls=(0, (7, 3)))
            ends.append((check.trip, f"{label} {check.trip:g} °C", colour))
    low, high = axes.get_ylim()
    axes.set_ylim(low, max(high, 46.0))
    _labels(axes, ends, end_s, spread=0.06)
    axes.set_ylabel("true temperature °C")
    axes.grid(axis="y")


def _labels(axes: Axes, ends: Iterable[tuple[float, str, str]], end_s: float, spread: float = 0.17) -> None:
    """Name each curve at its right end, moved apart so that no two names overlap."""
    low, high = axes.get_ylim()
    gap, above = (high - low) * spread, low - (high - low)
    for value, label, colour in sorted(ends):
        above = max(value, above + gap)
        line = {"arrowstyle": "-", "color": colour, "lw": 0.5, "alpha": 0.6, "shrinkA": 0, "shrinkB": 0}
        axes.annotate(
            label, (end_s, value), (1.016, above), textcoords=axes.get_yaxis_transform(), color=colour, va="center",
            fontsize=9, annotation_clip=False, arrowprops=line,
        )  # fmt: skip


def _power(axes: Axes, case: Case, start_s: float, end_s: float) -> None:
    times, watts = _steps(case.run, lambda t_us: t_us * 1e-6 - start_s, end_s)
    axes.fill_between(times, watts, step="post", color=RED, alpha=0.14, lw=0)
    axes.step(times, watts, where="post", color=RED)
    forward, set_w = energy_channel(case.limits), max(planned.power_w for planned in case.scenario.plan)
    ends: list[tuple[float, str, str]] = []
    for name, least_w, factor in (("above", 0.0, 1.0), ("set", set_w, set_w)):
        check = forward.check(name)
        if check is not None and check.trip is not None:
            limit_w = least_w + check.trip * factor
            axes.axhspan(
                least_w + threshold(case.limits, forward, check).value * factor, limit_w, color=RED, alpha=0.2, lw=0
            )
            axes.axhline(limit_w, color=RED, lw=0.9, ls=(0, (7, 3)))
            ends.append((limit_w, f"{'power' if name == 'above' else 'set'} limit {limit_w:.4g} W", RED))
    axes.set(ylim=(0, max([*watts, *(value for value, _, _ in ends)]) * 1.15), ylabel="forward W")
    _labels(axes, ends, end_s)
    axes.grid(axis="y")


def _steps(run: Run, scale: Callable[[int], float], end: float) -> tuple[list[float], list[float]]:
    times = [scale(0), *(scale(t_us) for t_us, _ in run.history.watts), end]
    watts = [0.0, *(value for _, value in run.history.watts)]
    return times, [*watts, watts[-1]]


def _closed(run: Run, switch: int) -> list[tuple[int, int]]:
    """From when to when a relay was closed, µs; the run's end closes an open span."""
    moves = [(t_us, closed) for t_us, number, closed in run.history.relays if number == switch]
    ends = [t_us for t_us, _ in moves[1:]] + [run.end_us]
    return [(t_us, end_us) for (t_us, closed), end_us in zip(moves, ends, strict=False) if closed]


def _spans(axes: Axes, spans: list[tuple[float, float]], y: float, colour: str) -> None:
    axes.axhline(y, color="#dfe5ea", lw=0.9, zorder=0)
    axes.broken_barh([(first, last - first) for first, last in spans], (y - 0.3, 0.6), color=colour, lw=0)


def _arrow(axes: Axes, until: float, y: float, text: str) -> None:
    """An arrow from the event to a time, with the time beside it, or on it where there is no room."""
    if until > 0:
        arrow = {"arrowstyle": "<->", "color": INK, "lw": 1.0, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (0, y), (until, y), arrowprops=arrow)
    crowded = until > 0.6 * axes.get_xlim()[1]
    axes.annotate(
        text, (until / 2 if crowded else until, y), (0 if crowded else 7, 0), textcoords="offset points",
        va="center", ha="center" if crowded else "left", fontsize=9.5, fontweight="bold",
        bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85},
    )  # fmt: skip
