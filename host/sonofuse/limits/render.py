"""The report and a comparison as text."""

from collections.abc import Sequence

from sonofuse.limits.diff import Change
from sonofuse.limits.report import CheckRecord, CheckReport, HazardRecord

FOOT = "Research use: a clinician must approve any limits. Heating rates and budgets are derived, not validated."


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.4g}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines with aligned columns."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]
    ]


def _hazard(record: HazardRecord) -> tuple[str, ...]:
    parts = (record.lag_s, record.sampling_s, record.tick_s, record.pump_hold_s, record.relay_release_s)
    shown = (*map(_ms, parts), _ms(record.total_s), _ms(record.budget_s))
    return (record.hazard, record.detector, record.outcome, *shown, _number(record.overshoot_k), record.note)


def _check(record: CheckRecord) -> tuple[str, ...]:
    levels = (record.warn, record.limit, record.guard, record.threshold)
    debounce = str(record.debounce) if record.debounce else "-"
    reaction = (_ms(record.reaction_s), _ms(record.max_reaction_s))
    return (record.name, *map(_number, levels), record.unit, debounce, *reaction, " ".join(record.hazards))


def render_report(report: CheckReport) -> str:
    """The report as text: first what is not covered, then each hazard's chain, then each check."""
    lines = [f"{report.name} {report.version} for board {report.board}, host {report.host}"]
    lines += [f"limit set SHA-256 {report.digest}", f"largest set power {report.set_max_w:.2f} W", ""]
    for record in report.hazards:
        if record.outcome == "not covered":
            lines.append(f"{record.hazard} {record.harm}: not covered ({record.note})")
    head = (
        "hazard",
        "check",
        "outcome",
        "lag ms",
        "sampling ms",
        "tick ms",
        "pump ms",
        "relay ms",
        "total ms",
        "budget ms",
    )
    rows = [_hazard(record) for record in report.hazards if record.detector]
    lines += ["", *table((*head, "overshoot K", ""), rows), ""]
    head = (
        "check",
        "warn",
        "limit",
        "guard band",
        "threshold",
        "unit",
        "debounce",
        "reaction ms",
        "at most ms",
        "hazards",
    )
    return "\n".join([*lines, *table(head, [_check(record) for record in report.checks]), "", FOOT, ""])


def render_diff(changes: list[Change]) -> str:
    """The changes as text, what became looser first."""
    if not changes:
        return "no difference\n"
    rows = [(change.direction, change.key, change.old, change.new) for change in changes]
    return "\n".join([*table(("", "what", "old", "new"), rows), ""])
