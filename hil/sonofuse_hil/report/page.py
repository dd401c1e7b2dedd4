"""One self-contained HTML page about some runs: no script, nothing from a network, the same bytes for the same runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from sonofuse.limits.report import CheckReport, HazardRecord, report

from ..measurement import TIERS
from . import curves
from .blocks import document
from .blocks import escape as _e
from .blocks import facts as _facts
from .blocks import table as _table
from .case import Case

_PEAKS = (
    ("skin_a", "skin A"),
    ("skin_b", "skin B"),
    ("fat", "fat"),
    ("periosteum", "periosteum"),
    ("transducer", "transducer"),
)
_NOT = (
    "It is research. No part of it is a medical device, and nothing here is cleared or approved by anybody for use on "
    "people. A clinician must approve any limits.",
    "The tissue is a model that was not validated against an experiment. Heating rates and time budgets are derived.",
    "A few runs show how the monitor reacts to these faults. They are no measure of how often it would miss one.",
)

_COUNTED = (
    "Times count from the event of each case (a fault, the planned end, the last token) to the last edge at a permit "
    "pin, which is what the bound is for, and to the last forward power."
)


@dataclass(frozen=True)
class Head:
    """What stands above a report: its title, the command that repeats it, the names and versions of what ran."""

    title: str
    command: str
    versions: tuple[tuple[str, str], ...]


def page(head: Head, cases: Sequence[Case]) -> str:
    """The whole page.

    Raises:
        ValueError: if there is no case.
    """
    if not cases:
        raise ValueError("a report needs at least one case")
    checked = report(cases[0].limits)
    parts = [_header(head, cases, checked), _results(cases), *map(_case, cases)]
    parts += [_limits(checked), _not(cases[0].run.tier), _footer(cases)]
    return document(head.title, parts)


def _badge(passed: bool) -> str:
    return (
        '<span class="badge good">✓ as expected</span>'
        if passed
        else '<span class="badge bad">✗ not as expected</span>'
    )


def _header(head: Head, cases: Sequence[Case], checked: CheckReport) -> str:
    good = sum(case.outcome.passed for case in cases)
    did = "case did what it should" if len(cases) == 1 else "cases did what they should"
    kind, sign = ("good", "✓") if good == len(cases) else ("bad", "✗")
    first = cases[0].run
    facts = [
        ("limit set", f"{_e(checked.name)} {_e(checked.version)}, board {_e(checked.board)}, host {_e(checked.host)}"),
        ("its SHA-256", f'<span class="digest">{checked.digest}</span>'),
        ("tier", f"{_e(first.tier)}: {_e(TIERS[first.tier])}"),
        ("seed", ", ".join(dict.fromkeys(str(case.run.seed) for case in cases))),
        ("versions", _e(", ".join(f"{name} {version}" for name, version in head.versions))),
        ("repeat it", f"<code>{_e(head.command)}</code>"),
    ]
    return (
        f'<header>\n<div class="kicker">sonofuse · hardware in the loop</div>\n<h1>{_e(head.title)}</h1>\n'
        f'<div class="verdict {kind}"><span aria-hidden="true">{sign}</span><div>{good} of {len(cases)} {did}'
        f"<small>tier: {_e(first.tier)} · research use only, no claim of clearance</small></div></div>\n"
        f"{_facts(facts)}\n</header>"
    )


def _results(cases: Sequence[Case]) -> str:
    head = [
        ("name", "case"), ("words", "expected"), ("words", "seen"), ("number", "permit low"), ("number", "bound"),
        ("number", "RF off"), ("", "verdict"),
    ]  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for case in cases:
        name = f'<a href="#{_e(case.scenario.name)}">{_e(case.scenario.title)}</a>'
        times = (case.after(case.permit_low_us), case.bound, case.after(case.rf_off_us))
        rows.append((name, _e(case.outcome.expected), _e(case.outcome.seen), *times, _badge(case.outcome.passed)))
    table = f'{_table(head, rows)}\n<p class="small">{_COUNTED}</p>'
    return f'<section>\n<div class="head"><h2>Results</h2></div>\n{table}\n</section>'


def _case(case: Case) -> str:
    outcome = case.outcome
    facts = [
        ("expected", outcome.expected),
        ("seen", outcome.seen),
        ("permit low", f"{case.after(case.permit_low_us)} after: {case.event}"),
    ]
    if outcome.scenario.expect.alarm and outcome.reaction_us is not None:
        facts.append(("alarm", f"{outcome.reaction_us / 1e3:.2f} ms after: {case.event}"))
    if case.scenario.cooling_gap_s is not None:
        facts.append(
            (
                "limit set",
                f"the same but for a cooling gap of {case.scenario.cooling_gap_s:g} s, SHA-256 {case.digest[:16]}…",
            )
        )
    facts += [("guarantee", outcome.guarantee)] + ([("problem", outcome.reason)] if outcome.reason else [])
    rows = "".join(f"<dt>{_e(name)}</dt><dd>{_e(text)}</dd>" for name, text in facts)
    peaks = "".join(f"<span>{label} <b>{case.peak_c(place):.1f} °C</b></span>" for place, label in _PEAKS)
    return f"""<section class="case" id="{_e(case.scenario.name)}">
<div class="head"><h2>{_e(case.scenario.title)}</h2>{_badge(case.outcome.passed)}</div>
<p>{_e(case.scenario.description)}</p>
<dl class="expected">{rows}</dl>
<figure>
{curves.overview(case)}
<figcaption>The whole run. Dashed lines are limits; the band below each is its guard band, where the monitor already
trips. Fat and periosteum have no sensor on this board: only the model knows them.</figcaption>
</figure>
<figure>
{curves.instant(case)}
<figcaption>The instant. Green: edges on the permit pins, each hold at most 2 ms. Blue: interlock relays closed; either
one open ends RF.</figcaption>
</figure>
<div class="peaks"><span>Highest true temperature:</span>{peaks}</div>
</section>"""


def _hazards(records: Sequence[HazardRecord]) -> list[HazardRecord]:
    """The fastest way to detect each hazard, in the order of their numbers."""
    best: dict[tuple[str, str], HazardRecord] = {}
    for record in records:
        if record.detector:
            best.setdefault((record.hazard, record.harm), record)
    return sorted(best.values(), key=lambda record: int(record.hazard[1:]))


def _limits(checked: CheckReport) -> str:
    blind = "".join(
        f"<li><b>{_e(record.hazard)} {_e(record.harm)}</b>: {_e(record.note)}</li>"
        for record in checked.hazards
        if record.outcome == "not covered"
    )
    head = [
        ("name", "hazard"),
        ("", "fastest check"),
        ("number", "RF off after"),
        ("number", "budget"),
        ("number", "true overshoot"),
        ("", "outcome"),
    ]
    rows = [
        (
            f"{_e(record.hazard)} {_e(record.harm)}", f"<code>{_e(record.detector)}</code> {_e(record.note)}",
            "–" if record.total_s is None else f"{record.total_s * 1e3:.1f} ms",
            "–" if record.budget_s is None else f"{record.budget_s * 1e3:g} ms",
            "–" if record.overshoot_k is None else f"{record.overshoot_k:.2f} K",
            f'<span class="badge {"good" if record.outcome == "MET" else "bad"}">{_e(record.outcome)}</span>',
        )
        for record in _hazards(checked.hazards)
    ]  # fmt: skip
    return f"""<section>
<div class="head"><h2>What the limits cover</h2></div>
<h3>Not covered by this board</h3>
<ul>{blind}</ul>
<h3>Covered, worst case by calculation</h3>
{_table(head, rows)}
<p>Sensor lag, conversions, debounce, ticks, charge pump and relay added up; largest set power is
{checked.set_max_w:.1f} W. Heating rates and budgets are derived, not validated.
<code>sonofuse check</code> prints every check.</p>
</section>"""


def _not(tier: str) -> str:
    figures = f'Every figure is from the tier "{tier}": {TIERS[tier]}.'
    items = "".join(f"<li>{_e(text)}</li>" for text in (*_NOT, figures))
    return f'<div class="note">\n<h2>What this is not</h2>\n<ul>{items}</ul>\n</div>'


def _footer(cases: Sequence[Case]) -> str:
    digests = "<br>".join(
        f'{_e(case.scenario.title)}: <span class="digest">{case.run.digest()}</span>' for case in cases
    )
    said = "Everything that was recorded of each run, as SHA-256; the same seed gives the same:"
    return f"<footer>{said}<br>{digests}</footer>"
