"""A limit set as a person reads it: every word under its name."""

from typing import Any, cast

from sonofuse.layout import K
from sonofuse.limits.declared import CHECKS
from sonofuse.limits.model import LimitsFile
from sonofuse.limits.words import words

NAMES = {number: name for number, name, _, _ in CHECKS}
TABLES = ("R_TRIP", "R_WARN", "R_DEBOUNCE")


def _named(prefix: str) -> dict[str, int]:
    return {
        name: value
        for name, value in cast("dict[str, int]", vars(K)).items()
        if name.startswith(prefix) and name not in TABLES
    }


def readable(limits: LimitsFile) -> dict[str, Any]:
    """All words of the compiled limits by name, with each channel's knots and the dose table."""
    out = words(limits)
    header = {name: out[at] for name, at in _named("H_").items() if name != "H_ROWS"}
    rows: dict[str, Any] = {}
    for c, channel in enumerate(limits.channels):
        row = K.H_ROWS + c * K.ROW_WORDS
        entry: dict[str, Any] = {name: out[row + at] for name, at in _named("R_").items()}
        for table in TABLES:
            start = row + getattr(K, table)
            entry[table] = {NAMES[n]: out[start + n] for n in range(1, 16) if entry["R_CHECKS"] >> n & 1}
        entry["knots"] = out[entry["R_KNOTS"] : entry["R_KNOTS"] + entry["R_KNOTS_N"]] if entry["R_KNOTS"] else []
        rows[channel.name] = entry
    dose = out[header["H_DOSE"] : header["H_DOSE"] + header["H_DOSE_N"]]
    return {"header": header, "channels": rows, "dose": dose}
