"""A View out of the record that holds it."""

from collections.abc import Mapping
from typing import Any

from sonofuse.live.view import Bound, Budget, Reading, Session, View

_UNKNOWN: dict[str, Any] = {"time_to_limit_s": None, "receipt_age_s": None, "session": None}  # what a record leaves out


def view_of(values: Mapping[str, Any]) -> View:
    """The View that live/record.py made a record of.

    Raises:
        TypeError, KeyError: if it is another kind of record.
    """
    found = _UNKNOWN | dict(values)
    found["readings"] = tuple(_reading(reading) for reading in values["readings"])
    found["budgets"] = tuple(Budget(**budget) for budget in values["budgets"])
    if found["session"] is not None:
        found["session"] = Session(**found["session"])
    return View(**found)


def _reading(values: Mapping[str, Any]) -> Reading:
    found: dict[str, Any] = {"value": None, "margin": None} | dict(values)
    for side in ("high", "low"):
        found[side] = _bound(values.get(side))
    return Reading(**found)


def _bound(values: Mapping[str, Any] | None) -> Bound | None:
    found: dict[str, Any] = {"warn": None}
    return None if values is None else Bound(**(found | dict(values)))
