"""The summary of a campaign as one self-contained HTML page."""

import os
import platform
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonofuse.console import package_version

from ..measurement import SOFTWARE, TIERS
from ..report import curves
from ..report.blocks import document, facts, table
from ..report.blocks import escape as _e
from . import figures, search, surprises
from .coverage import section as _coverage
from .declared import VERSION, limits_of
from .kinds import KINDS, available
from .rows import PARTS, Asked, Row, perform
from .shown import case_of
from .summary import not_covered_text, record
from .verdict import AS_DECLARED, FALSE_TRIP, NOT_COVERED, NOT_DETECTED, RIG_ERROR, SAFE, UNSAFE, WRONG_CAUSE

WORST = 10
_MEANS = {
    SAFE: "low within the bound, by a cause that the fault explains; or nothing was broken and nothing tripped",
    UNSAFE: "a permit edge after the bound, RF that has to be inhibited, or true heat beyond a limit without a trip",
    WRONG_CAUSE: "a trip by a cause that no fault of the row explains",
    FALSE_TRIP: "a trip, or an end, with nothing broken",
    NOT_DETECTED: "the permit went low in time, but no trip, alarm or reset says why",
    NOT_COVERED: "true heat beyond a limit without a trip, where nothing feels it: the catalogue declares these faults "
    "together as not detected",
    RIG_ERROR: "the rig could not carry the row out",
}


@dataclass(frozen=True)
class Rate:
    """How many rows one call has run, in which real time, and where."""

    rows: int
    seconds: float
    jobs: int
    dask: str = ""

    @property
    def text(self) -> str:
        if not self.rows:
            return "nothing was left to run"
        where = f"Dask at {self.dask}" if self.dask else f"{self.jobs} process{'es' if self.jobs > 1 else ''}"
        return f"{self.rows} scenarios in {self.seconds:.0f} s, {self.rows / self.seconds:.2f}/s in {where}"


def page(asked: Asked, rows: Sequence[Row], rate: Rate) -> str:
    """The whole page; the worst rows are run again for their curves."""
    it = record(asked, rows)
    parts = [
        _header(asked, it, rate), _not_covered(it), _verdicts(it), _bounds(it), _reactions(it, rows),
        _coverage(it["coverage"], _blind(asked)), _surprises(asked, rows), _worst(asked, rows), _not(),
    ]  # fmt: skip
    return document(_title(it), parts)


def _title(it: dict[str, Any]) -> str:
    return f"A campaign of {it['scenarios']} scenarios"


def _section(title: str, body: str) -> str:
    return f'<section>\n<div class="head"><h2>{title}</h2></div>\n{body}\n</section>'


def _header(asked: Asked, it: dict[str, Any], rate: Rate) -> str:
    total = {outcome: sum(parts.values()) for outcome, parts in it["outcomes"].items()}
    declared = sum(total[outcome] for outcome in AS_DECLARED) == it["scenarios"]
    kind, sign = ("bad", "✗") if not declared else ("known", "!") if total[NOT_COVERED] else ("good", "✓")
    ordered = sorted(total.items(), key=lambda each: each[0] != NOT_COVERED)
    words = ", ".join(f"{number} {outcome}" for outcome, number in ordered if number or outcome == UNSAFE)
    limits = limits_of(asked.limits, asked.board)
    command = ["sonofuse", "hil", "campaign", "-n", str(asked.n), *surprises.options(asked)]
    found = [
        ("seed", str(asked.seed)),
        ("limits", f"{_e(limits.name)} {_e(limits.version)}, board {_e(limits.board.name)}"),
        ("declared distribution", f"version {VERSION} (docs/campaigns.md); {it['simulated_h']:.2f} simulated hours"),
        ("tier", f"{SOFTWARE}: {_e(TIERS[SOFTWARE])}"),
        ("machine", _e(machine())),
        ("rate", f"{_e(rate.text)} (in the last call)"),
        ("repeat it", f"<code>{_e(shlex.join(command))}</code>"),
        ("versions", _e(f"sonofuse {package_version()}, Python {platform.python_version()}")),
    ]
    if asked.faults:
        found.append(("only the faults", _e(", ".join(asked.faults))))
    return (
        f'<header>\n<div class="kicker">sonofuse · campaign</div>\n<h1>{_e(_title(it))}</h1>\n'
        f'<div class="verdict {kind}"><span aria-hidden="true">{sign}</span>'
        f"<div>{_e(words)}<small>tier: {SOFTWARE} · research use only, no claim of clearance</small></div></div>\n"
        f"{facts(found)}\n</header>"
    )


def _not_covered(it: dict[str, Any]) -> str:
    """What the board does not see comes first, if anything was burnt by it."""
    if not it["not_covered"]["rows"]:
        return ""
    return _section("Not covered by this board", f"<p>{_e(not_covered_text(it))}. See docs/hazards.md, Known gaps.</p>")


def machine() -> str:
    """What it ran on, as far as the system says it."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} processors, {platform.system()}"


def _verdicts(it: dict[str, Any]) -> str:
    head = [("name", "verdict"), *(("number", part) for part in PARTS), ("", "means")]
    rows = [
        (_e(outcome), *(str(number) for number in parts.values()), _e(_MEANS[outcome]))
        for outcome, parts in it["outcomes"].items()
    ]
    text = (
        "Random rows are independent draws. Quasi-random ones fill the space of scenarios evenly, and the search "
        "looks around the rows that had the smallest margin: both find, neither counts in a bound."
    )
    return _section("Verdicts", f"{table(head, rows)}\n<p class='small'>{text}</p>")


def _bounds(it: dict[str, Any]) -> str:
    misses, false, sure = it["misses"], it["false_trips"], f"{it['confidence']:.0%}"
    rows = [
        (
            "misses",
            f"{misses['seen']} of {misses['of']} scenarios with a fault",
            f"fewer than {misses['bound']:.4%} of the declared distribution of scenarios, not of patients",
            "Clopper-Pearson",
        )
    ]
    if false["bound_per_h"] is not None:
        rows.append(
            (
                "false trips",
                f"{false['seen']} in {false['hours']:.3f} simulated hours of {false['of']} nominal treatments",
                f"fewer than {false['bound_per_h']:.3f} per hour",
                "Poisson, exact",
            )
        )
    head = [
        ("name", ""),
        ("", "seen, independent random part"),
        ("", f"bound, {sure} confidence, one-sided"),
        ("", "by"),
    ]
    return _section("Bounds", table(head, [tuple(map(_e, row)) for row in rows]))


def _reactions(it: dict[str, Any], rows: Sequence[Row]) -> str:
    head = [
        ("name", "guarantee"), ("number", "timed"), ("number", "median"), ("number", "95 %"), ("number", "longest"),
        ("number", "smallest margin"), ("number", "of a bound of"), ("number", "in row"),
    ]  # fmt: skip
    found = [
        (
            name, str(t["of"]), *(f"{t[key]:.3f} ms" for key in ("median_ms", "p95_ms", "longest_ms", "margin_ms")),
            f"{t['margin_bound_ms']:g} ms", str(t["margin_row"]),
        )
        for name, t in it["guarantees"].items()
    ]  # fmt: skip
    figure = figures.reactions(list(it["guarantees"]), rows)
    shown = f"<figure>\n{figure}\n<figcaption>All parts. The number below a name is how many.</figcaption></figure>"
    text = "From the onset of the fault, or the power or permit that shows it, to the last edge on a permit pin."
    return _section("Reaction times", f"<p>{text}</p>{table(head, found)}{shown if figure else ''}")


def _blind(asked: Asked) -> list[str]:
    """The faults that were asked for and that the board cannot show."""
    shown = available(limits_of(asked.limits, asked.board).board)
    return [name for name in asked.faults or tuple(KINDS) if name not in shown]


def _surprises(asked: Asked, rows: Sequence[Row]) -> str:
    found = surprises.among(rows)
    if not found:
        return _section("Surprises", "<p>None.</p>")
    head = [("number", "row"), ("name", "verdict"), ("", "what broke"), ("words", "why"), ("", "repeat it")]
    lines = [
        (
            str(row["number"]), _e(row["outcome"]), _e(surprises.broken(row)), _e(row["reason"]),
            f"<code>{_e(surprises.repeat(asked, row))}</code>",
        )
        for row in found
    ]  # fmt: skip
    return _section("Surprises", table(head, lines))


def worst(rows: Sequence[Row]) -> list[Row]:
    """The rows to look at first: what was not safe, the hottest that is not covered of each two faults, then the
    smallest share of a bound that was left, each once."""
    bad = [row for row in rows if row["outcome"] not in AS_DECLARED and row["run_sha256"]]
    blind = {
        frozenset((row["fault"], row["second"])): row
        for row in sorted(rows, key=lambda row: -row["skin_k"])
        if row["outcome"] == NOT_COVERED
    }
    close = sorted(
        (share, row["number"], row)
        for row in rows
        if row["outcome"] == SAFE and (share := search.closeness(row)) is not None
    )
    once: dict[tuple[str, str], Row] = {}
    for _, _, row in close:
        once.setdefault((row["fault"], row["phase"]), row)
    order = {UNSAFE: 0, NOT_DETECTED: 1, WRONG_CAUSE: 2, FALSE_TRIP: 3}
    bad.sort(key=lambda row: (order.get(row["outcome"], 4), row["number"]))
    return [*bad, *blind.values(), *once.values()][:WORST]


def _worst(asked: Asked, rows: Sequence[Row]) -> str:
    shown: list[str] = []
    for row in worst(rows):
        done = perform(asked, tuple(int(number) for number in row["lineage"].split(",")))
        if done.run is None:
            continue
        case = case_of(done, done.run)
        took = "" if row["reaction_us"] is None else f"{row['reaction_us'] / 1e3:.3f} ms"
        bound = "–" if row["bound_us"] is None else f"{row['bound_us'] / 1e3:g} ms"
        found = [
            ("verdict", _e(row["outcome"] + (f": {row['reason']}" if row["reason"] else ""))),
            ("trip", _e(row["cause"] or "none")),
            ("permit low", f"{took} of {bound} ({_e(row['guarantee'])})" if took else "–"),
            ("with", f"<code>{_e(row['values'])}</code>"),
            ("repeat it", f"<code>{_e(surprises.repeat(asked, row))}</code>"),
        ]
        shown.append(
            f"<h3>{_e(case.scenario.title)}</h3>{facts(found)}"
            f"<figure>\n{curves.overview(case)}\n</figure>\n<figure>\n{curves.instant(case)}\n</figure>"
        )
    text = (
        "<p>What was not safe first, then the hottest that is not covered, then the smallest share of its bound that "
        "was left, once for each fault and phase. Dashed lines are limits; the band below each is its guard band.</p>"
    )
    return _section(f"The worst {len(shown)}", text + "\n".join(shown))


def _not() -> str:
    items = (
        "It is research. No part of it is a medical device, and nothing here is cleared or approved by anybody.",
        "The ranges of scenarios are this project's choice, no survey of patients or devices: bounds hold for them.",
        "The tissue is a model that was not validated against an experiment.",
        f'Every figure is from the tier "{SOFTWARE}": {TIERS[SOFTWARE]}.',
    )
    return (
        f'<div class="note">\n<h2>What this is not</h2>\n<ul>{"".join(f"<li>{_e(t)}</li>" for t in items)}</ul>\n</div>'
    )
