"""The verification as one HTML page: the table, then every case with its figure, tolerance, source and plot."""

from collections.abc import Sequence

from ...report.blocks import document, escape, facts, table
from .case import Case, Found, allowed, shown
from .figures import figure

TITLE = "Verification of the plant"
_NOT = (
    "Verification, not validation: it shows that the equations are solved right, not that they are the right ones. No "
    "measurement of tissue, bench or patient was used, and none is claimed to be met.",
    "Perfusion, absorption and conductivity do not change with temperature or damage, bone is flat, and no bubble or "
    "lens is in the way: errors of the model are not among these figures.",
    "Layer figures and sources of heat are listed in docs/plant.md with where they come from; some are from memory.",
)

Results = Sequence[tuple[Case, Found]]


def page(results: Results, versions: str, command: str) -> str:
    """The whole page."""
    return document(TITLE, [_header(results, versions, command), _table(results), *map(_case, results), _not()])


def _badge(passed: bool) -> str:
    kind, text = ("good", "✓ within") if passed else ("bad", "✗ out of tolerance")
    return f'<span class="badge {kind}">{text}</span>'


def _header(results: Results, versions: str, command: str) -> str:
    good = sum(case.passes(found.value) for case, found in results)
    kind, sign = ("good", "✓") if good == len(results) else ("bad", "✗")
    said = facts([("versions", escape(versions)), ("repeat it", f"<code>{escape(command)}</code>")])
    return (
        f'<header>\n<div class="kicker">sonofuse · hardware in the loop</div>\n<h1>{TITLE}</h1>\n'
        f'<div class="verdict {kind}"><span aria-hidden="true">{sign}</span><div>{good} of {len(results)} cases within '
        "their tolerance<small>the model against closed forms, itself and a second solver; not against an experiment"
        f"</small></div></div>\n{said}\n</header>"
    )


def _table(results: Results) -> str:
    head = [
        ("name", "case"), ("", "claim"), ("", "figure"), ("number", "found"), ("number", "allowed"), ("", "verdict"),
    ]  # fmt: skip
    rows = [
        (
            f'<a href="#{case.name}">{case.name}</a>', escape(case.what), escape(case.figure),
            escape(shown(case, found)), escape(allowed(case)), _badge(case.passes(found.value)),
        )
        for case, found in results
    ]  # fmt: skip
    return f'<section>\n<div class="head"><h2>Cases</h2></div>\n{table(head, rows)}\n</section>'


def _case(result: tuple[Case, Found]) -> str:
    case, found = result
    pairs = [(case.figure, shown(case, found)), ("allowed", allowed(case)), ("expected from", case.source)]
    if found.note:
        pairs.append(("seen", found.note))
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in pairs)
    plot = "" if found.plot is None else f"<figure>\n{figure(case.name, case.what, found.plot)}\n</figure>\n"
    return (
        f'<section id="{case.name}">\n<div class="head"><h2>{case.name}</h2>{_badge(case.passes(found.value))}</div>\n'
        f'<p>{escape(case.what)}</p>\n<dl class="expected">{rows}</dl>\n{plot}</section>'
    )


def _not() -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in _NOT)
    return f'<div class="note">\n<h2>What this is not</h2>\n<ul>{items}</ul>\n</div>'
