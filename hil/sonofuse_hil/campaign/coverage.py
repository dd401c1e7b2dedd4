"""What of the declared faults a campaign has drawn, when, and which causes showed: empty cells are the point."""

from collections.abc import Sequence
from typing import Any

from ..faults import get
from ..report.blocks import escape as _e
from ..report.blocks import table
from .expected import declared_causes
from .kinds import PHASES

_EMPTY = '<span class="badge bad">0</span>'


def section(coverage: dict[str, dict[str, Any]], blind: Sequence[str]) -> str:
    """The table of faults, phases and causes; `blind` are the faults that the board cannot show, which come first."""
    head = [
        ("name", "fault"), ("", "rows"), *(("number", phase) for phase in PHASES),
        ("many", "causes seen"), ("", "declared, never seen"),
    ]  # fmt: skip
    rows = [
        (
            _e(name.replace("_", " ")),
            ", ".join(map(str, get(name).numbers)) or "–",
            *(_cell(found["phases"], phase) for phase in PHASES),
            _e(", ".join(f"{cause} {number}" for cause, number in _most_first(found["causes"]))) or "–",
            _e(", ".join(sorted(declared_causes(name) - set(found["causes"])))) or "–",
        )
        for name, found in coverage.items()
    ]
    cells = [number for found in coverage.values() for number in found["phases"].values()]
    text = (
        f"{sum(map(bool, cells))} of {len(cells)} pairs of fault and phase were drawn. A dash: the fault is not drawn "
        "then; a zero in colour: it could have been, and was not. Rows are those of the catalogue; of two faults both "
        "are counted, with the cause that came first. A trip that is not of the fault itself may follow from a second."
    )
    missing = f"<p>Not covered by this board: {_e(', '.join(blind))}.</p>" if blind else ""
    return (
        '<section>\n<div class="head"><h2>Coverage: faults, phases, causes</h2></div>\n'
        f"{missing}<p>{text}</p>\n{table(head, rows)}\n</section>"
    )


def _most_first(causes: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(causes.items(), key=lambda each: (-each[1], each[0]))


def _cell(phases: dict[str, int], phase: str) -> str:
    if phase not in phases:
        return "–"
    return str(phases[phase]) if phases[phase] else _EMPTY
